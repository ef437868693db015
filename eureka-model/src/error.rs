//! Why a body could not be read.

use std::fmt;

/// A message quotes what it found, which may be as long as a body; it is cut for whoever logs it.
const MESSAGE_BYTES_MAX: usize = 300;

/// Why a body could not be read: what is wrong, where, and what is allowed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Not readable at all, or readable and refused.
    pub kind: DecodeErrorKind,
    /// Line and column, as far as they are known.
    pub location: String,
    /// What was found, in which field, and what is allowed.
    pub message: String,
}

/// The two ways to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// Not well-formed, or not of the shape that was expected.
    Unparsable,
    /// Perhaps well-formed, but refused on purpose: a DTD, an entity, another encoding, a limit.
    Unsupported,
}

impl DecodeError {
    pub(crate) fn unparsable(location: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(DecodeErrorKind::Unparsable, location.into(), message.into())
    }

    pub(crate) fn unsupported(location: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(DecodeErrorKind::Unsupported, location.into(), message.into())
    }

    fn new(kind: DecodeErrorKind, location: String, mut message: String) -> Self {
        if message.len() > MESSAGE_BYTES_MAX {
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
            message.push('…');
        }
        Self { kind, location, message }
    }

    /// Refuses a body before it is read, when it is longer than any good one.
    pub(crate) fn check_size(body: &[u8], max: usize) -> Result<(), Self> {
        if body.len() > max {
            let message = format!("the body has {} bytes, allowed are {max}", body.len());
            return Err(Self::unsupported("the whole body", message));
        }
        Ok(())
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            DecodeErrorKind::Unparsable => "cannot be parsed",
            DecodeErrorKind::Unsupported => "is not supported",
        };
        write!(f, "{kind}: {} ({})", self.message, self.location)
    }
}

impl std::error::Error for DecodeError {}
