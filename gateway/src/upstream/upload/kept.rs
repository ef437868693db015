//! What was taken of a body, kept to send it again. Instances of HTTP/2 say when they have not begun with a request; those that
//! have a body would otherwise fail for it.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use hyper::body::Frame;

/// Data that is smaller is copied and gathered: each piece would cost as much as this to hold, and hold on to the buffer that it was
/// read into. A body may come byte by byte.
const SMALL: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub(super) enum Kept {
    /// Nothing was taken.
    #[default]
    Untouched,
    /// All that was taken, and how much of it has been sent again.
    All { parts: Vec<Part>, bytes_left: usize, sent_again: usize },
    /// Something is gone.
    Gone,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Data(Bytes),
    /// Many small pieces.
    Gathered(BytesMut),
    Trailers(HeaderMap),
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Gathered(gathered) => gathered.len(),
            Self::Trailers(_) => 0,
        }
    }
}

impl Kept {
    /// From now on it is kept, up to so many bytes.
    pub(super) fn begin(&mut self, bytes_max: usize) {
        if matches!(self, Self::Untouched) {
            *self = Self::All { parts: Vec::new(), bytes_left: bytes_max, sent_again: 0 };
        }
    }

    /// It need not be kept any more, but for what is still to be sent again.
    pub(super) fn let_go(&mut self) {
        if self.is_over() {
            *self = Self::Gone;
        } else if let Self::All { bytes_left, .. } = self {
            *bytes_left = 0;
        }
    }

    /// Bytes that are still to be sent again.
    pub(super) fn bytes_to_send(&self) -> u64 {
        let Self::All { parts, sent_again, .. } = self else { return 0 };
        parts.iter().skip(*sent_again).map(|part| part.len() as u64).sum()
    }

    /// Takes it down as it passes.
    pub(super) fn keep(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        match self {
            Self::All { parts, bytes_left, sent_again } => {
                let part = match frame.data_ref() {
                    Some(data) if data.len() > *bytes_left => None,
                    Some(data) => {
                        *bytes_left -= data.len();
                        match parts.last_mut() {
                            _ if data.len() >= SMALL => Some(Part::Data(data.clone())),
                            Some(Part::Gathered(gathered)) if gathered.len() < SMALL => {
                                gathered.extend_from_slice(data);
                                *sent_again = parts.len();
                                return frame;
                            }
                            _ => Some(Part::Gathered(BytesMut::from(&data[..]))),
                        }
                    }
                    None => frame.trailers_ref().cloned().map(Part::Trailers),
                };
                match part {
                    Some(part) => {
                        parts.push(part);
                        *sent_again = parts.len();
                    }
                    None => *self = Self::Gone,
                }
            }
            Self::Untouched => *self = Self::Gone,
            Self::Gone => {}
        }
        frame
    }

    /// The next part that is sent again.
    pub(super) fn next(&mut self) -> Option<Frame<Bytes>> {
        let Self::All { parts, sent_again, .. } = self else { return None };
        let part = parts.get(*sent_again)?.clone();
        *sent_again += 1;
        Some(match part {
            Part::Data(data) => Frame::data(data),
            Part::Gathered(gathered) => Frame::data(gathered.freeze()),
            Part::Trailers(trailers) => Frame::trailers(trailers),
        })
    }

    /// Whether nothing is to be sent again any more.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::All { parts, sent_again, .. } => *sent_again == parts.len(),
            Self::Untouched | Self::Gone => true,
        }
    }

    /// Begins anew; `false`: something is gone.
    pub(super) fn rewind(&mut self) -> bool {
        match self {
            Self::Untouched => true,
            Self::All { sent_again, .. } => {
                *sent_again = 0;
                true
            }
            Self::Gone => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(kept: &mut Kept, text: &'static str) {
        kept.keep(Frame::data(Bytes::from_static(text.as_bytes())));
    }

    fn again(kept: &mut Kept) -> Vec<Bytes> {
        std::iter::from_fn(|| kept.next()).map(|frame| frame.into_data().unwrap_or_default()).collect()
    }

    #[test]
    fn what_fits_is_sent_again_from_its_beginning() {
        let mut kept = Kept::default();
        kept.begin(6);
        data(&mut kept, "one");
        data(&mut kept, "two");
        assert!(kept.is_over() && again(&mut kept).is_empty());
        assert!(kept.rewind() && !kept.is_over());
        assert_eq!(again(&mut kept), ["onetwo"]);
        assert!(kept.is_over() && kept.rewind());
        assert_eq!(again(&mut kept).len(), 1);
        // Trailers cost no bytes of it.
        kept.keep(Frame::trailers(HeaderMap::new()));
        assert!(kept.rewind());
        assert_eq!(again(&mut kept).len(), 2);
        data(&mut kept, "x");
        assert!(!kept.rewind());
    }

    #[test]
    fn a_body_that_comes_byte_by_byte_is_few_parts() {
        let mut kept = Kept::default();
        kept.begin(65_536);
        let large = Bytes::from(vec![b'l'; SMALL]);
        (0..5_000).for_each(|_| data(&mut kept, "s"));
        kept.keep(Frame::data(large.clone()));
        (0..5_000).for_each(|_| data(&mut kept, "s"));
        assert!(kept.is_over() && kept.rewind());
        assert_eq!(kept.bytes_to_send(), 10_000 + large.len() as u64);
        let parts = again(&mut kept);
        let pieces = "s".repeat(5_000);
        assert_eq!(parts.concat(), [pieces.as_bytes(), &large, pieces.as_bytes()].concat());
        assert_eq!(parts.len(), 11);
    }

    #[test]
    fn what_nobody_kept_is_gone() {
        let mut kept = Kept::default();
        assert!(kept.rewind());
        data(&mut kept, "one");
        assert!(!kept.rewind());
        let mut kept = Kept::default();
        kept.begin(10);
        data(&mut kept, "one");
        kept.let_go();
        data(&mut kept, "two");
        assert!(!kept.rewind());
    }
}
