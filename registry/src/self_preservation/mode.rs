//! Which rule decides whether leases that are over may end.

use std::fmt;
use std::str::FromStr;

/// `eurus.registry.self-preservation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfPreservationMode {
    /// As Netflix: all leases stay while fewer heartbeats arrive than expected, for as long as that lasts.
    Netflix,
    /// An application that loses most of its leases keeps them for a bounded time; the others go on as usual.
    PerApp,
    /// Leases end when they are over.
    Off,
}

impl SelfPreservationMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Netflix, Self::PerApp, Self::Off];
    /// What can be written, for messages.
    pub const ALLOWED: &str = "netflix, per-app or off";

    /// As it is written in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Netflix => "netflix",
            Self::PerApp => "per-app",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for SelfPreservationMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SelfPreservationMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // YAML reads a bare `off` as a boolean.
        let text = if text.eq_ignore_ascii_case("false") { "off" } else { text };
        Self::ALL.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text)).ok_or(())
    }
}
