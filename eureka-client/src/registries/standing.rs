//! Which service URL is asked next.

/// The URL in use and the quarantine, by position in the configured list. Pure.
pub(super) struct Standing {
    current: usize,
    quarantined: Vec<bool>,
}

impl Standing {
    pub(super) fn new(count: usize) -> Self {
        Self { current: 0, quarantined: vec![false; count] }
    }

    /// The URL in use, then those after it in the list's order, without the quarantined and those this call has tried.
    pub(super) fn next(&self, tried: &[usize]) -> Option<usize> {
        let count = self.quarantined.len();
        (0..count)
            .map(|offset| (self.current + offset) % count)
            .find(|url| !self.quarantined[*url] && !tried.contains(url))
    }

    /// Puts it in quarantine. When all are there, none is: one of them may be back.
    pub(super) fn failed(&mut self, url: usize) {
        self.quarantined[url] = true;
        if self.quarantined.iter().all(|quarantined| *quarantined) {
            self.quarantined.fill(false);
        }
    }

    /// It is in use from now on; says which one was before, if that was another.
    pub(super) fn answered(&mut self, url: usize) -> Option<usize> {
        self.quarantined[url] = false;
        let before = std::mem::replace(&mut self.current, url);
        (before != url).then_some(before)
    }

    /// The URL in use.
    pub(super) fn current(&self) -> usize {
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_in_use_stays_until_it_fails() {
        let mut standing = Standing::new(3);
        assert_eq!(standing.next(&[]), Some(0));
        standing.failed(0);
        assert_eq!(standing.next(&[0]), Some(1));
        assert_eq!(standing.answered(1), Some(0));
        assert_eq!(standing.next(&[]), Some(1), "sticky");
        standing.failed(1);
        assert_eq!(standing.next(&[1]), Some(2), "0 is in quarantine still");
    }

    #[test]
    fn the_quarantine_is_cleared_when_all_are_in_it() {
        let mut standing = Standing::new(2);
        standing.failed(0);
        assert_eq!(standing.next(&[0]), Some(1));
        assert_eq!(standing.answered(1), Some(0));
        standing.failed(1);
        assert_eq!(standing.next(&[1]), Some(0), "0 failed long ago: worth a try again");
        standing.failed(0);
        assert_eq!(standing.next(&[1, 0]), None, "but none twice in one call");
    }

    #[test]
    fn a_single_url_is_always_asked() {
        let mut standing = Standing::new(1);
        standing.failed(0);
        assert_eq!(standing.next(&[0]), None);
        assert_eq!(standing.next(&[]), Some(0));
    }
}
