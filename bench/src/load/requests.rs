//! The requests of one operation, made ready before the clock runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

/// Digits of a timestamp in milliseconds.
pub(crate) const STAMP_DIGITS: usize = 13;

/// A request's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    /// Where a timestamp stands that rises from request to request.
    pub(crate) stamps: Vec<usize>,
}

/// Timestamps that never repeat, over all slices.
pub(crate) struct Stamps(AtomicI64);

impl Stamps {
    pub(crate) fn from_ms(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    fn next(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// How often requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Again and again, round robin.
    Forever,
    /// Each once.
    Once,
}

/// Requests, handed out in turn to all connections.
pub(crate) struct Requests {
    each: Arc<[Request]>,
    repeat: Repeat,
    next: AtomicUsize,
    stamps: Arc<Stamps>,
}

impl Requests {
    pub(crate) fn new(each: impl Into<Arc<[Request]>>, repeat: Repeat, stamps: &Arc<Stamps>) -> Self {
        Self { each: each.into(), repeat, next: AtomicUsize::new(0), stamps: Arc::clone(stamps) }
    }

    /// The bytes to send next; `outgoing` is room for a copy. `None`: each was sent.
    pub(crate) fn next<'b>(&'b self, outgoing: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if self.each.is_empty() || self.repeat == Repeat::Once && number >= self.each.len() {
            return None;
        }
        let request = &self.each[number % self.each.len()];
        if request.stamps.is_empty() {
            return Some(&request.bytes);
        }
        outgoing.clear();
        outgoing.extend_from_slice(&request.bytes);
        let stamp = digits(self.stamps.next());
        for at in &request.stamps {
            outgoing[*at..at + STAMP_DIGITS].copy_from_slice(&stamp);
        }
        Some(outgoing)
    }
}

/// A number as 13 digits.
fn digits(mut number: i64) -> [u8; STAMP_DIGITS] {
    let mut digits = [b'0'; STAMP_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Request {
        Request { bytes: text.as_bytes().to_vec(), stamps: Vec::new() }
    }

    #[test]
    fn requests_go_round() {
        let stamps = Arc::new(Stamps::from_ms(0));
        let requests = Requests::new(vec![plain("a"), plain("b")], Repeat::Forever, &stamps);
        let sent: Vec<Vec<u8>> = (0..5).map(|_| requests.next(&mut Vec::new()).unwrap().to_vec()).collect();
        assert_eq!(sent.concat(), b"ababa");
    }

    #[test]
    fn once_is_once() {
        let stamps = Arc::new(Stamps::from_ms(0));
        let requests = Requests::new(vec![plain("a"), plain("b")], Repeat::Once, &stamps);
        assert!(requests.next(&mut Vec::new()).is_some() && requests.next(&mut Vec::new()).is_some());
        assert!(requests.next(&mut Vec::new()).is_none());
    }

    #[test]
    fn timestamps_rise_and_nothing_else_changes() {
        let stamps = Arc::new(Stamps::from_ms(1_795_317_444_999));
        let request = Request { bytes: b"<0000000000000|0000000000000>".to_vec(), stamps: vec![1, 15] };
        let requests = Requests::new(vec![request], Repeat::Forever, &stamps);
        let mut outgoing = Vec::new();
        assert_eq!(requests.next(&mut outgoing).unwrap(), b"<1795317444999|1795317444999>");
        assert_eq!(requests.next(&mut outgoing).unwrap(), b"<1795317445000|1795317445000>");
    }
}
