//! Which of two answers' differences are meant; where an answer alone does not tell, others are asked for.

use std::collections::BTreeSet;

use super::Replay;
use crate::Failure;
use crate::differential::compare::{Comparison, Mismatch};
use crate::differential::differences::{Answered, Difference};
use crate::differential::pair::Setup;
use crate::differential::request::{Request, filled};
use crate::differential::second_opinion;
use crate::differential::step::{List, Operation};
use crate::differential::wire::Answer;

impl Replay<'_> {
    /// The meant differences of two answers, and what else is different.
    pub(super) async fn judged(
        &mut self,
        operation: &Operation,
        request: &Request,
        java: &Answer,
        ours: &Answer,
    ) -> Result<(BTreeSet<Difference>, Vec<Mismatch>), Failure> {
        let name = self.name.to_uppercase();
        let loosely = self.is_loose(operation);
        let comparison = Comparison { timelines: &self.timelines, loosely, name: &name };
        let (shows_id, mismatches) = comparison.answers(operation, java, ours);
        let answered = Answered { operation, request, java, ours };
        let mut meant: BTreeSet<_> = shows_id.then_some(Difference::ShownId).into_iter().collect();
        let mut left = Vec::new();
        for mismatch in mismatches {
            match answered.difference(&mismatch) {
                Some(difference) => drop(meant.insert(difference)),
                None => left.push(mismatch),
            }
        }
        if !left.is_empty() && request.method == "GET" {
            let opinion = match &operation.list {
                Some(List::Vip { address, secure }) => self.of_full_list(request, ours, address, *secure).await?,
                Some(List::Plain) => self.of_plain_bytes(operation, request, (java, ours)).await?,
                _ => None,
            };
            if let Some(difference) = opinion {
                meant.insert(difference);
                left.clear();
            }
        }
        Ok((meant, left))
    }

    /// A second opinion on a list by virtual address: the part of the Java server's full list that it must be.
    async fn of_full_list(
        &mut self,
        request: &Request,
        ours: &Answer,
        address: &str,
        secure: bool,
    ) -> Result<Option<Difference>, Failure> {
        let (java_now, _) = self.pair.look(&second_opinion::request(request)).await?;
        let address = filled(address, &self.name);
        let name = self.name.to_uppercase();
        let comparison = Comparison { timelines: &self.timelines, loosely: true, name: &name };
        let agrees = second_opinion::agrees(&comparison, &java_now, ours, &address, secure);
        Ok(agrees.then(|| self.stale_vip(request, &address)))
    }

    /// A second opinion on a compressed full list, in which our times of the last renewal may lag: the same list
    /// uncompressed must be the same at both to the moment, and nothing but these times may differ in the compressed one.
    async fn of_plain_bytes(
        &mut self,
        operation: &Operation,
        request: &Request,
        (java, ours): (&Answer, &Answer),
    ) -> Result<Option<Difference>, Failure> {
        let is_full = request.route().trim_end_matches('/').ends_with("/apps");
        if !is_full || ours.header("content-encoding") != Some("gzip") {
            return Ok(None);
        }
        let mut uncompressed = request.clone();
        uncompressed.headers.retain(|(name, _)| *name != "accept-encoding");
        let (java_plain, our_plain) = self.pair.look(&uncompressed).await?;
        let name = self.name.to_uppercase();
        let comparison = |loosely| Comparison { timelines: &self.timelines, loosely, name: &name };
        let is_lag = |mismatch: &Mismatch| mismatch.at.contains("lastRenewalTimestamp");
        let (_, at_once) = comparison(false).answers(operation, java, ours);
        let (_, at_any_time) = comparison(true).answers(operation, java, ours);
        let (_, plain) = comparison(self.is_loose(operation)).answers(operation, &java_plain, &our_plain);
        let only_lags = at_once.iter().all(is_lag) && at_any_time.is_empty() && plain.is_empty();
        Ok(only_lags.then_some(Difference::RenewalInGzip))
    }

    /// Whether a list may have been built between requests, by a timer.
    fn is_loose(&self, operation: &Operation) -> bool {
        self.pair.setup == Setup::Cached && operation.list.is_some()
    }

    /// Why a list by virtual address is out of date at the Java server.
    fn stale_vip(&self, request: &Request, address: &str) -> Difference {
        let has_comma = |vips: &String| filled(vips, &self.name).split(',').any(|vip| vip == address);
        if request.says("x-eureka-accept", "compact") {
            Difference::CompactVip
        } else if self.comma_vips.iter().any(has_comma) {
            Difference::TwoVips
        } else {
            Difference::FormerVip
        }
    }
}
