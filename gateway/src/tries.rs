//! The tries of one request: how many are left, and where it is not to go again.
//!
//! When none is left, a request whose instances all broke off or answered nonsense may go on to those whose last request was answered.
//! So it finds the one that is well among many that are not; and where nobody answers, everybody is asked once beyond the limit, and then
//! known. Time-outs do not go on like that: what is slow everywhere is not to be asked of everybody.

use std::sync::Arc;

use crate::endpoint::Endpoint;
use crate::error::{ErrorKind, RequestError, Retry};
use crate::tally::{Limit, Tally};
use crate::upstream::connection::Kept;

/// See the module. Two kinds of failure cost the instances nothing and do not count: a kept connection that had ended, once
/// (from then on connections are new); and one that is refused by an instance of which nobody knew it, once for each
/// instance and pause.
pub(crate) struct Tries {
    left: usize,
    failed: Vec<Arc<Endpoint>>,
    errors: Vec<RequestError>,
    kept: Kept,
    is_beyond: bool,
}

impl Tries {
    pub(crate) fn new(max: usize) -> Self {
        Self { left: max, failed: Vec::new(), errors: Vec::new(), kept: Kept::Welcome, is_beyond: false }
    }

    /// Where it is not tried again.
    pub(crate) fn failed(&self) -> &[Arc<Endpoint>] {
        &self.failed
    }

    /// Whether the next one may only go where the last request was answered.
    pub(crate) fn only_where_answered(&self) -> bool {
        self.is_beyond
    }

    /// Whether the next one may go over a connection that was kept.
    pub(crate) fn kept(&self) -> Kept {
        self.kept
    }

    /// Takes a failed try down; an error when it was the last.
    pub(crate) fn note(&mut self, error: RequestError, at: Arc<Endpoint>, tally: &Tally) -> Result<(), RequestError> {
        let retry = error.retry;
        self.errors.push(error);
        if self.counts(retry) {
            self.left = self.left.saturating_sub(1);
        }
        if matches!(retry, Retry::Elsewhere | Retry::Uncounted) {
            self.failed.push(at);
        }
        if retry != Retry::No && self.left > 0 {
            return Ok(());
        }
        if retry != Retry::No && !std::mem::replace(&mut self.is_beyond, true) {
            tally.limit(Limit::Tries);
        }
        if retry == Retry::Elsewhere && self.all_broke() {
            return Ok(());
        }
        Err(summary(std::mem::take(&mut self.errors)))
    }

    fn all_broke(&self) -> bool {
        self.errors.iter().all(|error| error.kind == ErrorKind::BadAnswer || error.retry == Retry::Uncounted)
    }

    fn counts(&mut self, retry: Retry) -> bool {
        match retry {
            Retry::Anywhere => std::mem::replace(&mut self.kept, Kept::No) == Kept::No,
            Retry::Uncounted => false,
            Retry::No | Retry::Elsewhere => true,
        }
    }

    /// No endpoint is left to try.
    pub(crate) fn into_error(self) -> RequestError {
        summary(self.errors)
    }
}

/// The last try's error, with what each try met.
fn summary(mut errors: Vec<RequestError>) -> RequestError {
    const SHOWN_MAX: usize = 5;
    let count = errors.len();
    let mut each: Vec<String> = errors
        .iter()
        .take(SHOWN_MAX)
        .map(|error| format!("{}: {}", error.instance.as_deref().unwrap_or("no instance"), error.message))
        .collect();
    if count > SHOWN_MAX {
        each.push(format!("and {} more", count - SHOWN_MAX));
    }
    let Some(mut last) = errors.pop() else {
        return RequestError::new(ErrorKind::NothingInRotation, None, "no instance is left to try");
    };
    if !errors.is_empty() {
        last.message = format!("{count} tries failed: {}", each.join("; "));
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    fn endpoint() -> Arc<Endpoint> {
        Arc::new(Endpoint::new("APP", "1", SocketAddr::from(([127, 0, 0, 2], 80))))
    }

    /// After how many failures of these kinds in turn it is over, and with what text.
    fn over_after(max: usize, kinds: &[Retry]) -> Option<(usize, String)> {
        let (mut tries, tally) = (Tries::new(max), Tally::default());
        kinds.iter().enumerate().find_map(|(index, retry)| {
            let error = RequestError { retry: *retry, ..RequestError::new(ErrorKind::ResponseTimeout, None, "why") };
            tries.note(error, endpoint(), &tally).err().map(|error| (index + 1, error.message))
        })
    }

    #[test]
    fn which_failures_count() {
        use Retry::{Anywhere, Elsewhere, No, Uncounted};
        let cases: [(usize, &[Retry], Option<usize>); 8] = [
            (3, &[No], Some(1)),
            (3, &[Elsewhere, Elsewhere], None),
            (3, &[Elsewhere, Elsewhere, Elsewhere], Some(3)),
            (1, &[Uncounted, Uncounted, Uncounted, Elsewhere], Some(4)),
            (1, &[Uncounted, No], Some(2)),
            (1, &[Anywhere], None),
            (1, &[Anywhere, Anywhere], Some(2)),
            (2, &[Anywhere, Elsewhere, Uncounted, Anywhere], Some(4)),
        ];
        for (max, kinds, expected) in cases {
            assert_eq!(over_after(max, kinds).map(|(count, _)| count), expected, "{max} {kinds:?}");
        }
    }

    #[test]
    fn those_that_broke_leave_the_others_to_be_tried() {
        let broke = |kind| RequestError { retry: Retry::Elsewhere, ..RequestError::new(kind, None, "why") };
        let (mut tries, tally) = (Tries::new(2), Tally::default());
        for is_beyond in [false, true, true] {
            tries.note(broke(ErrorKind::BadAnswer), endpoint(), &tally).unwrap();
            assert_eq!(tries.only_where_answered(), is_beyond);
        }
        tries.note(broke(ErrorKind::ResponseTimeout), endpoint(), &tally).unwrap_err();

        let mut tries = Tries::new(2);
        tries.note(broke(ErrorKind::ResponseTimeout), endpoint(), &tally).unwrap();
        tries.note(broke(ErrorKind::BadAnswer), endpoint(), &tally).unwrap_err();
    }

    #[test]
    fn the_last_error_says_what_each_try_met_but_not_without_end() {
        assert_eq!(over_after(1, &[Retry::No]), Some((1, "why".to_owned())));
        let (_, text) = over_after(1, &[[Retry::Uncounted; 6].as_slice(), &[Retry::No]].concat()).unwrap();
        assert!(text.starts_with("7 tries failed: no instance: why; "), "{text}");
        assert!(text.ends_with("; and 2 more"), "{text}");
    }
}
