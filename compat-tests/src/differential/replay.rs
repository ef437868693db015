//! One sequence at both servers, under a name that nobody has had, from nothing to nothing.
//!
//! | module | what |
//! |---|---|
//! | this | step after step, and the final state |
//! | `ask`, `judge` | one request: are the answers the same, or is it meant that they are not? |
//! | `effect` | what it left behind |
//! | `beat`, `settle`, `amiss` | when requests are made where leases end, so that no server's timer is compared with another's; who is not evicted for all that |

mod amiss;
mod ask;
mod beat;
mod effect;
mod judge;
mod settle;

use std::collections::BTreeSet;

use eurus_service::Clock;
use eurus_service::clock::Timer;

use crate::Failure;
use crate::differential::compare::Mismatch;
use crate::differential::differences::{Counts, Difference};
use crate::differential::generate::Flavour;
use crate::differential::outcome::{Finding, Outcome};
use crate::differential::pair::{Pair, Setup};
use crate::differential::request::Request;
use crate::differential::step::{Place, Step};
use crate::differential::timeline::Timelines;
use crate::differential::visits::final_state;
use crate::differential::wire::Answer;

use beat::Beat;

/// A sequence under way.
pub struct Replay<'a> {
    pair: &'a mut Pair,
    name: String,
    java_clock: Clock,
    timer: Timer,
    beat: Beat,
    timelines: Timelines,
    asked: Vec<(Request, u16, u16)>,
    touched: BTreeSet<Place>,
    comma_vips: BTreeSet<String>,
    counts: &'a mut Counts,
    /// How many requests were compared.
    requests: &'a mut usize,
}

/// What one step showed, if its answers were not the same.
type Seen = Option<Box<Differing>>;

struct Differing {
    mismatches: Vec<Mismatch>,
    java: Answer,
    ours: Answer,
    /// The machine was too slow for these answers to mean anything.
    is_late: bool,
}

impl<'a> Replay<'a> {
    /// Runs a sequence as `name`, and takes out all that it registered.
    ///
    /// # Errors
    /// When a server does not answer.
    pub async fn run(
        pair: &'a mut Pair,
        flavour: Flavour,
        name: String,
        steps: &[Step],
        (counts, requests): (&'a mut Counts, &'a mut usize),
    ) -> Result<Outcome, Failure> {
        let timer = pair.clock.timer("differential");
        // Made anew, so that it is right to the millisecond.
        let java_clock = Clock::system();
        let mut replay = Self {
            pair,
            name,
            beat: Beat::first(flavour, java_clock.clone()),
            java_clock,
            timer,
            timelines: Timelines::default(),
            asked: Vec::new(),
            touched: BTreeSet::new(),
            comma_vips: BTreeSet::new(),
            counts,
            requests,
        };
        if replay.pair.setup == Setup::Cached {
            // So that a later one changes nothing in deltas.
            replay.nudge().await?;
        }
        replay.beat = Beat::first(flavour, replay.java_clock.clone());
        let outcome = match flavour {
            Flavour::Lasting => replay.steps(steps).await?,
            // Everything that can end has ended when the final state is read.
            Flavour::Expiring => replay.steps(&[steps, &[Step::Wait]].concat()).await?,
        };
        let touched: Vec<_> = replay.touched.iter().copied().collect();
        replay.take_out(&touched).await?;
        Ok(outcome)
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<Outcome, Failure> {
        for (place, step) in steps.iter().enumerate() {
            match step {
                Step::Wait if self.beat.is_late() => return Ok(Outcome::Late),
                Step::Wait => {
                    if let Some(seen) = self.next_beat().await? {
                        return Ok(self.found(place, *seen));
                    }
                }
                Step::Ask(operation) => {
                    if let Some(seen) = self.step(operation).await? {
                        return Ok(self.found(place, *seen));
                    }
                }
            }
        }
        for operation in final_state() {
            if let Some(seen) = self.compared(&operation).await? {
                return Ok(self.found(steps.len(), *seen));
            }
        }
        Ok(if self.beat.is_late() { Outcome::Late } else { Outcome::Same })
    }

    async fn next_beat(&mut self) -> Result<Seen, Failure> {
        let from_ms = self.java_clock.now_ms();
        let next_ms = self.beat.next_ms();
        if self.pair.setup == Setup::Cached {
            self.timer.sleep_ms(next_ms - beat::SETTLING_MS - from_ms).await;
            let seen = self.settle().await?;
            if seen.is_some() {
                return Ok(seen);
            }
        }
        self.timer.sleep_ms(next_ms - self.java_clock.now_ms()).await;
        let to_ms = self.java_clock.now_ms();
        self.timelines.java.push(from_ms, to_ms);
        self.timelines.ours.push(from_ms, to_ms);
        Ok(None)
    }

    fn found(&mut self, step: usize, Differing { mismatches, java, ours, is_late }: Differing) -> Outcome {
        if is_late {
            return Outcome::Late;
        }
        let asked = std::mem::take(&mut self.asked);
        Outcome::Different(Box::new(Finding { asked, step, mismatches, java: java.summary(), ours: ours.summary() }))
    }

    fn count(&mut self, difference: Difference) {
        *self.counts.entry(difference).or_default() += 1;
    }
}
