//! One pair of servers, and the sequences that are replayed there.

use eurus_service::Clock;
use fastrand::Rng;

use super::Plan;
use crate::Failure;
use crate::differential::differences::Counts;
use crate::differential::generate::{Flavour, sequence};
use crate::differential::outcome::{Finding, Outcome};
use crate::differential::pair::{Pair, Setup};
use crate::differential::progress::Progress;
use crate::differential::replay::Replay;
use crate::differential::report::{Found, Report};
use crate::differential::shrink::{Trial, shrink};
use crate::differential::step::Step;

/// How many requests a sequence has.
const REQUESTS: std::ops::RangeInclusive<usize> = 40..=80;
/// A sequence in which leases end takes seconds, and few requests fit between two beats.
const EXPIRING_REQUESTS: std::ops::RangeInclusive<usize> = 24..=42;
/// A sequence that the machine was too slow for is tried again this often.
const LATE_MAX: usize = 8;
/// So many sequences may be given up for that, then so may the machine.
const GIVEN_UP_MAX: usize = 20;
/// How often a sequence is tried when it is shrunk.
const TRIALS: usize = 300;
/// The same, where each takes seconds.
const EXPIRING_TRIALS: usize = 25;

/// One pair of servers and what is found there.
pub(super) struct Session<'a> {
    pair: Pair,
    rng: Rng,
    clock: Clock,
    report: Report,
    progress: &'a Progress,
    next_name: usize,
}

impl<'a> Session<'a> {
    /// Starts both servers, compares so many requests, and ends them.
    pub(super) async fn run(
        setup: Setup,
        operations: usize,
        plan: Plan,
        progress: &'a Progress,
    ) -> Result<Report, Failure> {
        let report = Report::new(plan.seed);
        if operations == 0 && plan.expiring_sequences == 0 {
            return Ok(report);
        }
        let pair = Pair::start(setup).await?;
        progress.servers(setup);
        // Other sequences in the other setup.
        let rng = Rng::with_seed(plan.seed.wrapping_mul(2).wrapping_add(u64::from(setup == Setup::Cached)));
        let mut session = Self { pair, rng, clock: Clock::system(), report, progress, next_name: 0 };
        session.sequences(operations, plan).await?;
        session.pair.stop().await?;
        Ok(session.report)
    }

    async fn sequences(&mut self, operations: usize, plan: Plan) -> Result<(), Failure> {
        let mut expiring_left = plan.expiring_sequences;
        while self.progress.findings() < plan.findings_max {
            // Not first: a Java server that has just started is too slow for leases of seconds.
            let is_warm = self.report.requests > 0 || operations == 0;
            if expiring_left > 0 && is_warm {
                expiring_left -= 1;
                self.sequence(Flavour::Expiring).await?;
            } else if self.report.requests < operations {
                self.sequence(Flavour::Lasting).await?;
            } else {
                break;
            }
        }
        Ok(())
    }

    async fn sequence(&mut self, flavour: Flavour) -> Result<(), Failure> {
        let began_ms = self.clock.now_ms();
        let lengths = if flavour == Flavour::Expiring { EXPIRING_REQUESTS } else { REQUESTS };
        let length = self.rng.usize(lengths);
        let steps = sequence(&mut self.rng, flavour, length);
        let mut requests = 0;
        let mut counts = Counts::new();
        let outcome = self.replay(flavour, &steps, &mut counts, &mut requests).await?;
        // Nothing is known of a late one, so nothing was compared.
        match outcome {
            Outcome::Late => requests = 0,
            Outcome::Same | Outcome::Different(_) => self.report.add(flavour, requests, &counts),
        }
        let took_ms = self.clock.now_ms() - began_ms;
        let verdict = |words: &str| format!("{words} ({took_ms} ms)");
        let setup = self.pair.setup;
        match outcome {
            Outcome::Same => self.progress.sequence(setup, flavour, requests, &verdict("alike")),
            Outcome::Late => {
                self.progress.sequence(setup, flavour, requests, &verdict("given up: the machine is too slow"));
                self.report.give_up(flavour);
                let given_up = self.report.given_up;
                Failure::unless(given_up <= GIVEN_UP_MAX, || {
                    format!(
                        "{setup}: this machine was too slow for {given_up} sequences: run it while little else runs"
                    )
                })?;
            }
            Outcome::Different(finding) => {
                self.progress.sequence(setup, flavour, requests, &verdict("A DIFFERENCE"));
                self.shrunk(flavour, steps, *finding).await?;
            }
        }
        Ok(())
    }

    /// Replays under a fresh name, again while the machine is too slow.
    async fn replay(
        &mut self,
        flavour: Flavour,
        steps: &[Step],
        counts: &mut Counts,
        requests: &mut usize,
    ) -> Result<Outcome, Failure> {
        for tries in 1..=LATE_MAX {
            self.next_name += 1;
            (*counts, *requests) = (Counts::new(), 0);
            let name = format!("q{:05}", self.next_name);
            let outcome = Replay::run(&mut self.pair, flavour, name, steps, (counts, requests)).await?;
            if !matches!(outcome, Outcome::Late) {
                return Ok(outcome);
            }
            self.report.late += 1;
            self.progress.late(self.pair.setup, tries);
        }
        Ok(Outcome::Late)
    }

    async fn shrunk(&mut self, flavour: Flavour, mut steps: Vec<Step>, finding: Finding) -> Result<(), Failure> {
        let of = steps.len();
        self.progress.finding(self.pair.setup, &finding, finding.step);
        steps.truncate(finding.step + 1);
        let trials = if flavour == Flavour::Expiring { EXPIRING_TRIALS } else { TRIALS };
        let mut reproduction = Reproduction { session: self, flavour, finding, seen: 0, tries: 0 };
        // The whole once more: what does not show again is a matter of moments, and said so.
        reproduction.fails(&steps).await?;
        let left = if reproduction.seen > 0 { shrink(steps, trials, &mut reproduction).await? } else { steps };
        let Reproduction { finding, seen, tries, .. } = reproduction;
        let found = Found { finding, steps: left.len(), of, setup: self.pair.setup, seen, tries };
        self.progress.found(&found);
        self.report.findings.push(found);
        Ok(())
    }
}

/// Keeps what the shortest failing sequence showed.
struct Reproduction<'a, 'b> {
    session: &'a mut Session<'b>,
    flavour: Flavour,
    finding: Finding,
    seen: usize,
    tries: usize,
}

impl Trial for Reproduction<'_, '_> {
    async fn fails(&mut self, steps: &[Step]) -> Result<bool, Failure> {
        let (mut counts, mut requests) = (Counts::new(), 0);
        self.tries += 1;
        self.session.progress.trial(self.session.pair.setup, self.tries, steps.len());
        match self.session.replay(self.flavour, steps, &mut counts, &mut requests).await? {
            Outcome::Different(finding) => {
                self.finding = *finding;
                self.seen += 1;
                Ok(true)
            }
            Outcome::Same | Outcome::Late => Ok(false),
        }
    }
}
