//! Where a value was set.

use std::fmt;
use std::path::PathBuf;

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By the program itself.
    Default,
    /// In a file.
    File(PathBuf),
    /// By an environment variable of this name.
    Environment(String),
    /// In `SPRING_APPLICATION_JSON`.
    Json,
    /// On the command line.
    Flag,
}

impl Origin {
    pub(super) fn is_above_environment(&self) -> bool {
        matches!(self, Self::Json | Self::Flag)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the defaults"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Json => f.write_str("SPRING_APPLICATION_JSON"),
            Self::Flag => f.write_str("the command line"),
        }
    }
}
