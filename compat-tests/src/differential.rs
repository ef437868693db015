//! A stock Java server and ours, asked the same: random sequences of requests must be answered alike and leave the same state.
//!
//! ```text
//! seed ─► generate ─► replay at both ─► compare ─► differences that are meant are counted
//!                        ▲                └─────► any other: shrink, print as commands for a shell
//!                        └── a fresh name each time, so that sequences know nothing of each other
//! ```
//!
//! `cargo run --release -p compat-tests --bin differential -- --seed 1 --operations 5000`; `./test` runs a part of it.
//!
//! Each sequence has three applications and four ids of its own, so that its requests meet. Times made by a server's clock
//! are compared by the request that made them ([`timeline`]); everything else must be equal, but for order.
//!
//! | module | what |
//! |---|---|
//! | [`step`], [`request`] | what is asked, and what it is meant to do |
//! | [`generate`] | random sequences |
//! | [`pair`], [`wire`] | both servers, set up alike; a connection to each |
//! | [`replay`], [`visits`], [`outcome`] | one sequence at both, and what came of it |
//! | [`tree`], [`compare`], [`timeline`] | what "the same" means; no codec of the product's is used |
//! | [`differences`], [`second_opinion`] | THE list of what differs on purpose |
//! | [`mod@shrink`], [`report`] | what is shown of a difference |

pub mod compare;
pub mod differences;
pub mod generate;
pub mod outcome;
pub mod pair;
pub mod replay;
pub mod report;
pub mod request;
pub mod second_opinion;
pub mod shrink;
pub mod step;
pub mod timeline;
pub mod tree;
pub mod visits;
pub mod wire;

use fastrand::Rng;

use crate::Failure;
use differences::Counts;
use generate::{Flavour, sequence};
use outcome::{Finding, Outcome};
use pair::{Pair, Setup};
use replay::Replay;
use report::Report;
use shrink::{Trial, shrink};
use step::Step;

/// How many requests a sequence has.
const REQUESTS: std::ops::RangeInclusive<usize> = 40..=80;
/// A sequence in which leases end takes seconds, and few requests fit between two beats.
const EXPIRING_REQUESTS: std::ops::RangeInclusive<usize> = 24..=42;
/// A sequence that the machine was too slow for is tried again this often.
const LATE_MAX: usize = 8;
/// How often a sequence is tried when it is shrunk.
const TRIALS: usize = 300;
/// The same, where each takes seconds.
const EXPIRING_TRIALS: usize = 25;

/// How much is compared.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The same seed gives the same sequences.
    pub seed: u64,
    /// How many requests are compared at least, the reads of final states among them.
    pub operations: usize,
    /// Of every hundred requests, how many with the read-only cache on.
    pub cached_percent: usize,
    /// How many sequences in which leases end, with either cache.
    pub expiring_sequences: usize,
    /// After how many differences that are not meant it ends.
    pub findings_max: usize,
}

/// Compares as planned. The report holds the differences that are not meant.
///
/// # Errors
/// When a server cannot be started or does not answer.
pub async fn run(plan: Plan) -> Result<Report, Failure> {
    let mut report = Report::new(plan.seed);
    let cached = plan.operations * plan.cached_percent / 100;
    for (setup, operations) in [(Setup::Immediate, plan.operations - cached), (Setup::Cached, cached)] {
        if report.findings.len() < plan.findings_max {
            let pair = Pair::start(setup).await?;
            let mut session = Session { pair, rng: Rng::with_seed(plan.seed), report: &mut report, next_name: 0 };
            session.run(operations, plan).await?;
            session.pair.stop().await?;
        }
    }
    Ok(report)
}

/// One pair of servers and what is found there.
struct Session<'a> {
    pair: Pair,
    rng: Rng,
    report: &'a mut Report,
    next_name: usize,
}

impl Session<'_> {
    async fn run(&mut self, operations: usize, plan: Plan) -> Result<(), Failure> {
        let until = self.report.requests + operations;
        let mut expiring_left = plan.expiring_sequences;
        while self.report.findings.len() < plan.findings_max {
            if expiring_left > 0 {
                expiring_left -= 1;
                self.sequence(Flavour::Expiring).await?;
            } else if self.report.requests < until {
                self.sequence(Flavour::Lasting).await?;
            } else {
                break;
            }
        }
        Ok(())
    }

    async fn sequence(&mut self, flavour: Flavour) -> Result<(), Failure> {
        let lengths = if flavour == Flavour::Expiring { EXPIRING_REQUESTS } else { REQUESTS };
        let length = self.rng.usize(lengths);
        let steps = sequence(&mut self.rng, flavour, length);
        let mut requests = 0;
        let mut counts = Counts::new();
        let outcome = self.replay(flavour, &steps, &mut counts, &mut requests).await?;
        self.report.add(flavour, requests, &counts);
        match outcome {
            Outcome::Same => Ok(()),
            Outcome::Late => {
                self.report.given_up += 1;
                Ok(())
            }
            Outcome::Different(finding) => self.shrunk(flavour, steps, *finding).await,
        }
    }

    /// Replays under a fresh name, again while the machine is too slow.
    async fn replay(
        &mut self,
        flavour: Flavour,
        steps: &[Step],
        counts: &mut Counts,
        requests: &mut usize,
    ) -> Result<Outcome, Failure> {
        for _ in 0..LATE_MAX {
            self.next_name += 1;
            (*counts, *requests) = (Counts::new(), 0);
            let name = format!("q{:05}", self.next_name);
            let outcome = Replay::run(&mut self.pair, flavour, name, steps, (counts, requests)).await?;
            if !matches!(outcome, Outcome::Late) {
                return Ok(outcome);
            }
            self.report.late += 1;
        }
        Ok(Outcome::Late)
    }

    async fn shrunk(&mut self, flavour: Flavour, mut steps: Vec<Step>, finding: Finding) -> Result<(), Failure> {
        let length = steps.len();
        steps.truncate(finding.step + 1);
        let trials = if flavour == Flavour::Expiring { EXPIRING_TRIALS } else { TRIALS };
        let mut reproduction = Reproduction { session: self, flavour, finding };
        let left = shrink(steps, trials, &mut reproduction).await?;
        let finding = reproduction.finding;
        self.report.findings.push(report::Found { finding, steps: left.len(), of: length, setup: self.pair.setup });
        Ok(())
    }
}

/// Keeps what the shortest failing sequence showed.
struct Reproduction<'a, 'b> {
    session: &'a mut Session<'b>,
    flavour: Flavour,
    finding: Finding,
}

impl Trial for Reproduction<'_, '_> {
    async fn fails(&mut self, steps: &[Step]) -> Result<bool, Failure> {
        let (mut counts, mut requests) = (Counts::new(), 0);
        match self.session.replay(self.flavour, steps, &mut counts, &mut requests).await? {
            Outcome::Different(finding) => {
                self.finding = *finding;
                Ok(true)
            }
            Outcome::Same | Outcome::Late => Ok(false),
        }
    }
}
