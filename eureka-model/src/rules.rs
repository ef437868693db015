//! How strictly an instance is read.

/// Who wrote it decides what is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// A client's registration: what a Eureka server refuses is refused.
    Posted,
    /// A registry's answer: whatever other registries write is read.
    Fetched,
}
