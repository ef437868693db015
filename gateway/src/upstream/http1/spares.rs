//! Buffers that are not in use, for the next request of the thread: connections that wait for one hold none.

use std::cell::RefCell;
use std::collections::VecDeque;

use bytes::BytesMut;

/// Room in one of them.
pub(super) const ROOM: usize = 8 * 1024;
/// How many are kept.
const KEPT_MAX: usize = 128;

/// See the module. The one that was given longest ago is taken first: what was read into it is likely to be used up by now, and then
/// its memory is free again.
#[derive(Debug, Default)]
pub(crate) struct Spares(RefCell<VecDeque<BytesMut>>);

impl Spares {
    /// An empty one.
    pub(super) fn take(&self) -> BytesMut {
        let mut buffer = self.0.borrow_mut().pop_front().unwrap_or_default();
        buffer.reserve(ROOM);
        buffer
    }

    /// Keeps one that had [`ROOM`].
    pub(super) fn give(&self, mut buffer: BytesMut) {
        let mut all = self.0.borrow_mut();
        if all.len() < KEPT_MAX {
            buffer.clear();
            all.push_back(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_when_nobody_holds_what_was_in_it() {
        let spares = Spares::default();
        let mut buffer = spares.take();
        let begin = buffer.as_ptr();
        buffer.extend_from_slice(b"head and body");
        let held = buffer.split_to(4).freeze();
        spares.give(buffer);
        drop(held);
        let again = spares.take();
        assert_eq!((again.as_ptr(), again.len(), again.capacity() >= ROOM), (begin, 0, true));
    }

    #[test]
    fn what_is_held_is_left_alone() {
        let spares = Spares::default();
        let mut buffer = spares.take();
        buffer.extend_from_slice(b"head and body");
        let held = buffer.split_to(4).freeze();
        spares.give(buffer);
        let mut again = spares.take();
        again.extend_from_slice(&[b'x'; ROOM]);
        assert_eq!(held, "head");
        (0..KEPT_MAX + 1).for_each(|_| spares.give(BytesMut::new()));
        assert_eq!(spares.0.borrow().len(), KEPT_MAX);
    }
}
