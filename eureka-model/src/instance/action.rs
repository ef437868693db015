//! What happened to an instance.

/// What last happened to an instance, as a delta says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActionType {
    /// Registered, or registered again.
    Added,
    /// Its status changed.
    Modified,
    /// Cancelled or evicted.
    Deleted,
}

impl ActionType {
    /// What a body means by a name; nothing, when nobody knows it.
    pub(crate) fn from_wire(name: &str) -> Option<Self> {
        Some(match name {
            "ADDED" => Self::Added,
            "MODIFIED" => Self::Modified,
            "DELETED" => Self::Deleted,
            _ => return None,
        })
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}
