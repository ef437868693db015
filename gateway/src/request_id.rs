//! The id of a request, in `X-Request-Id`: the caller's where it may be kept, else one of ours. It goes to the instance, back
//! to the caller, and into what is said of the request.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

use bytes::BytesMut;
use http::header::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes of a caller's id at most: it is written to logs.
const BYTES_MAX: usize = 128;

/// Some hundred ids.
const ROOM_BYTES: usize = 4 * 1024;

/// One thread's own: a random number since its start, and a counter. Neither a lock nor a clock, and no id twice, over all
/// threads, gateways and restarts.
pub(crate) struct RequestIds {
    prefix: String,
    next: Cell<u64>,
    /// Where the next ones are written: many share one block of memory, which goes with the last of them.
    room: RefCell<BytesMut>,
}

impl Default for RequestIds {
    fn default() -> Self {
        // Keyed by the operating system's random numbers, anew for each.
        let random = RandomState::new().build_hasher().finish();
        Self { prefix: format!("{random:016x}-"), next: Cell::new(0), room: RefCell::default() }
    }
}

impl RequestIds {
    /// The one that the caller sent, if it is one and the caller's word counts; else a new one.
    pub(crate) fn of(&self, headers: &HeaderMap, is_trusted: bool) -> HeaderValue {
        let mut sent = headers.get_all(X_REQUEST_ID).iter();
        match (sent.next(), sent.next()) {
            (Some(id), None) if is_trusted && is_valid(id) => id.clone(),
            _ => self.make(),
        }
    }

    fn make(&self) -> HeaderValue {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        // One for each request: formatting machinery would be a third of what it costs.
        let digits = (u64::BITS - number.leading_zeros()).div_ceil(4).max(1);
        let mut id = self.room.borrow_mut();
        if id.capacity() < self.prefix.len() + digits as usize {
            *id = BytesMut::with_capacity(ROOM_BYTES);
        }
        id.extend_from_slice(self.prefix.as_bytes());
        id.extend((0..digits).rev().map(|place| HEX[(number >> (4 * place)) as usize & 0xF]));
        // Hexadecimal digits: always valid.
        HeaderValue::from_maybe_shared(id.split().freeze()).unwrap_or_else(|_| HeaderValue::from_static("none"))
    }
}

/// Visible ASCII: nothing that could break a line or hide in one.
fn is_valid(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn headers(ids: &[&[u8]]) -> HeaderMap {
        ids.iter().map(|id| (X_REQUEST_ID, HeaderValue::from_bytes(id).unwrap())).collect()
    }

    #[test]
    fn a_callers_id_is_kept_when_it_is_one_and_its_word_counts() {
        let ids = RequestIds::default();
        let longest = [b'x'; BYTES_MAX];
        let too_long = [b'x'; BYTES_MAX + 1];
        let table: [(&[&[u8]], bool, bool); 9] = [
            (&[b"a-1"], true, true),
            (&[b"a-1"], false, false),
            (&[&longest], true, true),
            (&[&too_long], true, false),
            (&[b""], true, false),
            (&[b"a b"], true, false),
            (&[b"a\xffb"], true, false),
            (&[b"a\tb"], true, false),
            (&[b"a", b"b"], true, false),
        ];
        for (sent, is_trusted, is_kept) in table {
            let id = ids.of(&headers(sent), is_trusted);
            assert_eq!(id.as_bytes() == sent[0], is_kept, "{sent:?}");
            assert!(is_valid(&id));
        }
    }

    #[test]
    fn no_id_is_made_twice() {
        let made: HashSet<HeaderValue> = (0..4)
            .map(|_| RequestIds::default())
            .flat_map(|ids| (0..1_000).map(|_| ids.of(&HeaderMap::new(), true)).collect::<Vec<_>>())
            .collect();
        assert_eq!(made.len(), 4_000);
    }

    #[test]
    fn an_id_ends_with_its_number() {
        let ids = RequestIds::default();
        for number in [0, 1, 0xf, 0x10, 0xabc, 0x1234_5678_9abc_def0, u64::MAX] {
            ids.next.set(number);
            let expected = format!("{}{number:x}", ids.prefix);
            assert_eq!(ids.of(&HeaderMap::new(), true).to_str().unwrap(), expected);
        }
    }
}
