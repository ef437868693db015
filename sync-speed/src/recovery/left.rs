//! What recovery is handed while the service runs.

use crate::entry::Entry;

/// An entry that somebody has to go on with.
pub enum Left {
    /// As the journal has it: its node is gone, or what became of it at the registry is not known.
    Open(Entry),
    /// What became of it at the registry is known here, and the journal does not have it.
    Unwritten(Entry),
    /// What waiting for requests under way came to is known here, and the journal does not have it.
    Drained(Entry),
}

impl Left {
    /// For the log.
    pub fn id(&self) -> &str {
        match self {
            Self::Open(entry) | Self::Unwritten(entry) | Self::Drained(entry) => &entry.id,
        }
    }
}
