//! gRPC's messages in the bodies of HTTP/2: a flag, a length, and so many bytes.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::HeaderMap;

use super::content::Content;

const HEAD_BYTES: usize = 5;
/// What gRPC's implementations take by default.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// As it goes over the wire.
pub(super) fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(HEAD_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// Messages as they come, cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Messages {
    unread: BytesMut,
}

impl Messages {
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.unread.extend_from_slice(piece);
    }

    /// The next whole one.
    ///
    /// # Errors
    /// What came is none.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, String> {
        let Some((head, _)) = self.unread.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if head[0] != 0 || length > MESSAGE_BYTES_MAX {
            return Err(format!("no head of a message: {head:?}"));
        }
        if self.unread.len() < HEAD_BYTES + length {
            return Ok(None);
        }
        self.unread.advance(HEAD_BYTES);
        Ok(Some(self.unread.split_to(length).freeze()))
    }

    /// Whether nothing is left of a message that was begun.
    pub(super) fn is_between(&self) -> bool {
        self.unread.is_empty()
    }
}

/// Whether a message is the one that a request's number makes.
pub(super) fn is_right(content: Content, number: u64, size: u64, message: &[u8]) -> bool {
    message.len() as u64 == size && content.message(number).first_difference(0, message).is_none()
}

/// How a call that went well ends.
pub(super) fn well() -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), http::HeaderValue::from_static("0"))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_however_they_are_cut() {
        let bytes = [framed(b"one"), framed(b""), framed(b"three")].concat();
        for step in 1..bytes.len() {
            let mut messages = Messages::default();
            let mut seen = Vec::new();
            for piece in bytes.chunks(step) {
                messages.take(piece);
                while let Some(message) = messages.next().unwrap() {
                    seen.push(message);
                }
            }
            assert_eq!(seen, [&b"one"[..], b"", b"three"]);
            assert!(messages.is_between());
        }
        let mut messages = Messages::default();
        messages.take(b"\x07\0\0\0\0");
        assert!(messages.next().is_err());
    }
}
