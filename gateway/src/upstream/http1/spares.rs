//! Memory that is not in use, for the next request of the thread: connections that wait for one hold none.

use std::cell::RefCell;
use std::collections::VecDeque;

use bytes::BytesMut;
use http::HeaderMap;

/// Room in one of them.
pub(super) const ROOM: usize = 8 * 1024;
/// How many are kept, of each kind.
const KEPT_MAX: usize = 128;
/// Maps with room for more headers than this are not.
const HEADERS_MAX: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    /// The one that was given longest ago is taken first: what was read into it is likely to be used up by now, and then its memory is
    /// free again.
    buffers: RefCell<VecDeque<BytesMut>>,
    /// Of requests that were answered, for the next answers.
    headers: RefCell<Vec<HeaderMap>>,
}

impl Spares {
    /// An empty one.
    pub(super) fn take(&self) -> BytesMut {
        let mut buffer = self.buffers.borrow_mut().pop_front().unwrap_or_default();
        buffer.reserve(ROOM);
        buffer
    }

    /// Keeps one that had [`ROOM`].
    pub(super) fn give(&self, mut buffer: BytesMut) {
        let mut all = self.buffers.borrow_mut();
        if all.len() < KEPT_MAX {
            buffer.clear();
            all.push_back(buffer);
        }
    }

    /// An empty one.
    pub(super) fn take_headers(&self) -> HeaderMap {
        self.headers.borrow_mut().pop().unwrap_or_default()
    }

    /// Keeps their memory, and none of them.
    pub(super) fn give_headers(&self, mut headers: HeaderMap) {
        let mut all = self.headers.borrow_mut();
        if all.len() < KEPT_MAX && headers.capacity() <= HEADERS_MAX {
            headers.clear();
            all.push(headers);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

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
        assert_eq!(spares.buffers.borrow().len(), KEPT_MAX);
    }

    #[test]
    fn of_headers_only_the_memory_is_kept() {
        let spares = Spares::default();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert("x-secret", HeaderValue::from_static("s"));
        let room = headers.capacity();
        spares.give_headers(headers);
        let again = spares.take_headers();
        assert_eq!((again.len(), again.capacity()), (0, room));
        spares.give_headers(HeaderMap::with_capacity(2 * HEADERS_MAX));
        assert_eq!(spares.take_headers().capacity(), 0);
        (0..KEPT_MAX + 1).for_each(|_| spares.give_headers(HeaderMap::with_capacity(8)));
        assert_eq!(spares.headers.borrow().len(), KEPT_MAX);
    }
}
