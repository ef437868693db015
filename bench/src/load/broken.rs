//! Why an exchange failed.

use std::fmt;
use std::io;

/// What broke.
#[derive(Debug)]
pub(crate) enum Broken {
    /// No connection, or it was lost.
    Connection(io::Error),
    /// What came is no whole HTTP response.
    Response(&'static str),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "{error}"),
            Self::Response(why) => write!(f, "no valid HTTP response: {why}"),
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}
