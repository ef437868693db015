//! What was taken of a body, kept to send it again. Instances of HTTP/2 say when they have not begun with a request; those that
//! have a body would otherwise fail for it.

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::Frame;

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
    Trailers(HeaderMap),
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
        let bytes = |part: &Part| if let Part::Data(data) = part { data.len() as u64 } else { 0 };
        parts.iter().skip(*sent_again).map(bytes).sum()
    }

    /// Takes it down as it passes.
    pub(super) fn keep(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        match self {
            Self::All { parts, bytes_left, sent_again } => {
                let part = match frame.data_ref() {
                    Some(data) => Some(data.len()).filter(|len| len <= bytes_left).map(|len| {
                        *bytes_left -= len;
                        Part::Data(data.clone())
                    }),
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
        assert_eq!(again(&mut kept), ["one", "two"]);
        assert!(kept.is_over() && kept.rewind());
        assert_eq!(again(&mut kept).len(), 2);
        // Trailers cost no bytes of it.
        kept.keep(Frame::trailers(HeaderMap::new()));
        assert!(kept.rewind());
        assert_eq!(again(&mut kept).len(), 3);
        data(&mut kept, "x");
        assert!(!kept.rewind());
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
