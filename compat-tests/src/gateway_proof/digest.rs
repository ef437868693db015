//! What an instance says of a body that it was sent.

use std::fmt;

/// The trailer that says it, both ways.
pub(super) const DIGEST_TRAILER: &str = "x-digest";

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Digest {
    hasher: crc32fast::Hasher,
    length: u64,
    /// Whether it was byte by byte what the request's number makes.
    pub(super) is_right: bool,
}

impl Digest {
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
        self.length += piece.len() as u64;
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_right { "right" } else { "wrong" };
        write!(f, "{} bytes {:08x} {verdict}", self.length, self.hasher.clone().finalize())
    }
}
