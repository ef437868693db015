//! All accounts, counted; what is wrong is kept in words.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::account::{Account, Outcome};
use super::judge::{Judgement, judge};
use super::kind::Kind;
use super::trouble::Troubles;
use crate::Failure;

/// Violations that are kept in words; further ones are counted.
const WORDS_MAX: usize = 20;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// By kind and outcome.
    pub(super) outcomes: BTreeMap<(Kind, &'static str), u64>,
    /// By the fate that excused them, and kind.
    pub(super) excused: BTreeMap<(&'static str, Kind), u64>,
    pub(super) bytes: u64,
    /// Heads of answers with a status of 2xx that callers saw, and such as they may not have seen.
    pub(super) heads: u64,
    pub(super) unseen: u64,
    pub(super) upgrades: u64,
    pub(super) violations: u64,
    pub(super) words: Vec<String>,
    /// Not told yet.
    pub(super) news: Vec<String>,
}

impl Counts {
    pub(super) fn requests(&self) -> u64 {
        self.outcomes.values().sum()
    }

    fn violate(&mut self, words: String) {
        self.violations += 1;
        if self.words.len() < WORDS_MAX {
            self.words.push(words.clone());
            self.news.push(words);
        }
    }
}

/// See the module.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    /// Of every request that failed, a line, excused or not; `None`: nobody wants it.
    failures: Option<Arc<Mutex<File>>>,
    counts: Arc<Mutex<Counts>>,
    pub(super) troubles: Troubles,
}

impl Ledger {
    /// With a list of what failed in this folder, for whoever wants it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn with_failures(folder: Option<&Path>) -> Result<Self, Failure> {
        let Some(folder) = folder else { return Ok(Self::default()) };
        std::fs::create_dir_all(folder)?;
        let failures = File::create(folder.join("failures.log"))?;
        Ok(Self { failures: Some(Arc::new(Mutex::new(failures))), ..Self::default() })
    }

    /// Said beside the failures, for whoever looks for their cause.
    pub(super) fn say(&self, words: &str) {
        if let Some(failures) = &self.failures {
            writeln!(failures.lock(), "{words}").ok();
        }
    }

    fn list(&self, account: &Account, judgement: &Judgement) {
        let Some(failures) = self.failures.as_ref().filter(|_| *judgement != Judgement::Fine) else { return };
        // A full disk is none of the gateway's faults; the counts are kept all the same.
        writeln!(failures.lock(), "{judgement:?}: {account}").ok();
    }

    /// `heads`: whether a head with a status of 2xx was seen.
    pub(super) fn note(&self, account: &Account, has_head: bool, bytes: u64) {
        let judgement = judge(account, &self.troubles.all());
        self.list(account, &judgement);
        let mut counts = self.counts.lock();
        let kind = account.request.kind;
        *counts.outcomes.entry((kind, account.outcome.word())).or_default() += 1;
        counts.bytes += bytes;
        let is_upgrade = kind == Kind::WebSocket;
        counts.upgrades += u64::from(has_head && is_upgrade);
        counts.heads += u64::from(has_head && !is_upgrade);
        counts.unseen += u64::from(matches!(account.outcome, Outcome::NoAnswer(_) | Outcome::Endless));
        match judgement {
            Judgement::Fine => {}
            Judgement::Excused(fate) => *counts.excused.entry((fate.word(), kind)).or_default() += 1,
            Judgement::Violation(why) => counts.violate(format!("{why}: {account}")),
        }
    }

    /// Something else than a request is wrong.
    pub(super) fn violate(&self, words: String) {
        self.counts.lock().violate(words);
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts.lock().clone()
    }

    /// What was not told yet, and how many requests have ended.
    pub(super) fn news(&self) -> (Vec<String>, u64) {
        let mut counts = self.counts.lock();
        (std::mem::take(&mut counts.news), counts.requests())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fate::Fate;
    use super::super::kind::Request;
    use super::*;

    #[test]
    fn what_is_wrong_is_counted_and_told_once() {
        let ledger = Ledger::default();
        let request = Request { number: 9, kind: Kind::Post, size: 1, count: 1 };
        let refused = Outcome::Refused("502".into());
        let mut account =
            Account { request, is_http2: true, began_ms: 5, ended_ms: 6, instance: None, outcome: refused };
        ledger.note(&account, false, 0);
        ledger.troubles.begin(0, Fate::Crash, 6);
        ledger.note(&account, false, 0);
        account.outcome = Outcome::Whole;
        ledger.note(&account, true, 7);
        let counts = ledger.counts();
        assert_eq!((counts.requests(), counts.violations, counts.bytes, counts.heads), (3, 1, 7, 1));
        assert_eq!(counts.excused[&("crash", Kind::Post)], 1);
        let (news, requests) = ledger.news();
        assert_eq!((news.len(), requests), (1, 3));
        assert!(news[0].contains("request 9 (post over h2c"), "{news:?}");
        assert_eq!(ledger.news().0.len(), 0);
    }
}
