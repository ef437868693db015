//! The heads of HTTP/2's frames, among the bytes of a connection as they pass. What the frames carry is passed over.

const HEAD_BYTES: usize = 9;
/// What every connection begins with.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What is looked at of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
}

/// Of one direction of one connection.
#[derive(Debug)]
pub(crate) struct FrameHeads {
    head: [u8; HEAD_BYTES],
    head_bytes: usize,
    /// Bytes until the next head.
    skipped: usize,
}

impl FrameHeads {
    /// Of what a connection's opener sends.
    pub(crate) fn behind_the_preface() -> Self {
        Self { head: [0; HEAD_BYTES], head_bytes: 0, skipped: PREFACE.len() }
    }

    /// Takes bytes as they pass, in pieces of any size.
    ///
    /// # Errors
    /// What `seen` returns: nothing more is looked at.
    pub(crate) fn pass<E>(
        &mut self,
        mut bytes: &[u8],
        mut seen: impl FnMut(FrameHead) -> Result<(), E>,
    ) -> Result<(), E> {
        while !bytes.is_empty() {
            let over = self.skipped.min(bytes.len());
            self.skipped -= over;
            bytes = &bytes[over..];
            let taken = (HEAD_BYTES - self.head_bytes).min(bytes.len());
            self.head[self.head_bytes..self.head_bytes + taken].copy_from_slice(&bytes[..taken]);
            self.head_bytes += taken;
            bytes = &bytes[taken..];
            if self.head_bytes == HEAD_BYTES {
                self.head_bytes = 0;
                let [a, b, c, kind, _, stream @ ..] = self.head;
                self.skipped = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                seen(FrameHead { kind, stream: u32::from_be_bytes(stream) })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_head_is_seen_once_whatever_the_pieces() {
        let frame = |length: u8, kind, stream: u8| {
            [&[0, 0, length, kind, 0, 0, 0, 0, stream][..], &vec![b'x'; usize::from(length)]].concat()
        };
        let bytes = [PREFACE, &frame(0, 4, 0), &frame(5, 1, 1), &frame(3, 0, 1), &frame(4, 3, 1)].concat();
        let expected = [(4, 0), (1, 1), (0, 1), (3, 1)].map(|(kind, stream)| FrameHead { kind, stream });
        for piece in [1, 2, 5, 9, 1_000] {
            let (mut heads, mut seen) = (FrameHeads::behind_the_preface(), Vec::new());
            for bytes in bytes.chunks(piece) {
                let noted: Result<(), ()> = heads.pass(bytes, |head| {
                    seen.push(head);
                    Ok(())
                });
                noted.unwrap();
            }
            assert_eq!(seen, expected, "{piece}");
        }
        let first = FrameHeads::behind_the_preface().pass(&bytes, Err);
        assert_eq!(first, Err(expected[0]));
    }
}
