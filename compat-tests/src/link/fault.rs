//! What may go wrong on a link.

use bytes::Bytes;

/// What happens to answers of one path.
#[derive(Clone, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// `apps__hashcode` is replaced by one that fits nothing.
    WrongHash,
    /// The answer is fetched at once and handed over only after [`Link::release`](super::Link::release).
    Held,
    /// This body is answered instead of the registry's.
    Replaced(Bytes),
    /// The request is sent twice; the second answer is handed over.
    Twice,
    /// The connection breaks before anything is asked.
    Cut,
    /// The connection is reset before anything is asked.
    Reset,
    /// The answer is fetched at once and arrives by so many bytes a second of the clock: only on a clock.
    Slow(usize),
    /// The answer is fetched at once and handed over so many milliseconds of the clock later: only on a clock.
    Delayed(i64),
}
