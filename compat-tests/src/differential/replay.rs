//! One sequence at both servers, under a name that nobody has had, from nothing to nothing.

use std::collections::BTreeSet;

use eurus_service::Clock;
use eurus_service::clock::Timer;
use serde_json::Value;

use crate::Failure;
use crate::differential::compare::{Comparison, Mismatch};
use crate::differential::differences::{Answered, Around, Counts, Difference, Left, left_behind};
use crate::differential::generate::Flavour;
use crate::differential::outcome::{Finding, Outcome};
use crate::differential::pair::{Pair, Setup};
use crate::differential::request::{Request, encoded, filled};
use crate::differential::second_opinion;
use crate::differential::step::{APPS, Effect, List, Operation, Place, Step};
use crate::differential::timeline::Timelines;
use crate::differential::tree::{field, tree};
use crate::differential::visits::{cancellation, final_state, plain_visit};
use crate::differential::wire::Answer;

/// Leases of three seconds end once or twice that after a request; requests are made at the beginning of beats of this
/// length, so that no lease ends near one.
const BEAT_MS: i64 = 1_800;
/// How long the requests of one beat may take.
const BEAT_BUSY_MS_MAX: i64 = 520;
/// How long a sequence of lasting leases may take: well below the delta's retention and the shortest lease.
const SEQUENCE_MS_MAX: i64 = 18_000;
/// Lists of a read-only cache are compared until they agree, at most this long.
const AGREED_WITHIN_MS: i64 = 3_000;
const PAUSE_MS: i64 = 10;

/// A sequence under way.
pub struct Replay<'a> {
    pair: &'a mut Pair,
    flavour: Flavour,
    name: String,
    java_clock: Clock,
    timer: Timer,
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
}

impl Differing {
    fn seen(mismatches: Vec<Mismatch>, java: Answer, ours: Answer) -> Result<Seen, Failure> {
        Ok(Some(Box::new(Self { mismatches, java, ours })))
    }
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
            flavour,
            name,
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
        let outcome = replay.steps(steps).await?;
        let touched: Vec<_> = replay.touched.iter().copied().collect();
        replay.take_out(&touched).await?;
        Ok(outcome)
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<Outcome, Failure> {
        let started_ms = self.java_clock.now_ms();
        let mut beat_ms = started_ms;
        let last = [Step::Wait];
        let ending = if self.flavour == Flavour::Expiring { &last[..] } else { &[] };
        for (place, step) in steps.iter().chain(ending).enumerate() {
            match step {
                Step::Wait => {
                    if self.is_late(beat_ms, started_ms) {
                        return Ok(Outcome::Late);
                    }
                    let from_ms = self.java_clock.now_ms();
                    beat_ms += BEAT_MS;
                    self.timer.sleep_ms(beat_ms - from_ms).await;
                    let to_ms = self.java_clock.now_ms();
                    self.timelines.java.push(from_ms, to_ms);
                    self.timelines.ours.push(from_ms, to_ms);
                }
                Step::Ask(operation) => {
                    if let Some(seen) = self.step(operation).await? {
                        return Ok(self.found(place, *seen, (beat_ms, started_ms)));
                    }
                }
            }
        }
        for operation in final_state() {
            if let Some(seen) = self.compared(&operation).await? {
                return Ok(self.found(steps.len(), *seen, (beat_ms, started_ms)));
            }
        }
        Ok(if self.is_late(beat_ms, started_ms) { Outcome::Late } else { Outcome::Same })
    }

    fn is_late(&self, beat_ms: i64, started_ms: i64) -> bool {
        let now_ms = self.java_clock.now_ms();
        match self.flavour {
            Flavour::Lasting => now_ms - started_ms > SEQUENCE_MS_MAX,
            Flavour::Expiring => now_ms - beat_ms > BEAT_BUSY_MS_MAX,
        }
    }

    fn found(
        &mut self,
        step: usize,
        Differing { mismatches, java, ours }: Differing,
        (beat_ms, started_ms): (i64, i64),
    ) -> Outcome {
        // A list of a read-only cache was waited for: that it took long is what was found.
        if self.is_late(beat_ms, started_ms) && self.pair.setup == Setup::Immediate {
            return Outcome::Late;
        }
        let asked = std::mem::take(&mut self.asked);
        Outcome::Different(Box::new(Finding { asked, step, mismatches, java: java.summary(), ours: ours.summary() }))
    }

    /// One request: both answers, and what it left behind.
    async fn step(&mut self, operation: &Operation) -> Result<Seen, Failure> {
        let mut before = Vec::new();
        for (place, effect) in &operation.effects {
            self.touched.insert(*place);
            before.push(self.around(*place, effect).await?);
            if let Effect::Register { vips, .. } = effect {
                self.comma_vips.extend(vips.iter().filter(|vip| vip.contains(',')).cloned());
            }
        }
        let seen = self.compared(operation).await?;
        if seen.is_some() {
            return Ok(seen);
        }
        for ((place, effect), mut around) in operation.effects.iter().zip(before) {
            (around.java_after, around.ours_after) = self.instances(*place).await?;
            match left_behind(*place, effect, &around) {
                Left::Nothing => {}
                Left::As(difference) => {
                    self.count(difference);
                    self.take_out(&place.of_same_id()).await?;
                }
                Left::Otherwise(difference, words) => {
                    let mismatch = Mismatch::of(format!("what '{difference}' leaves behind"), "see there", words);
                    let (java, ours) = self.pair.look(&self.show(*place)).await?;
                    return Differing::seen(vec![mismatch], java, ours);
                }
            }
        }
        Ok(None)
    }

    fn count(&mut self, difference: Difference) {
        *self.counts.entry(difference).or_default() += 1;
    }

    async fn around(&mut self, place: Place, effect: &Effect) -> Result<Around, Failure> {
        let mut around = Around::default();
        if matches!(effect, Effect::Metadata | Effect::Register { .. }) {
            return Ok(around);
        }
        (around.java_before, around.ours_before) = self.instances(place).await?;
        if *effect == Effect::Cancel && around.java_before.is_none() && place.is_shared() {
            for place in place.of_same_id() {
                let (elsewhere, _) = self.instances(place).await?;
                let says = |name| elsewhere.as_ref().and_then(|instance| field(instance, name));
                // An override may be UNKNOWN, too, and is shown as none is.
                let is_overridden = says("overriddenStatus").is_some_and(|known| known != "UNKNOWN");
                around.overridden_elsewhere |= is_overridden || says("status").as_deref() == Some("UNKNOWN");
            }
        }
        Ok(around)
    }

    fn show(&self, place: Place) -> Request {
        let path = format!("/eureka/apps/{}/{}", place.app(), encoded(&place.id()));
        Request::new("GET", path).header("accept", "application/json").named(&self.name)
    }

    async fn instances(&mut self, place: Place) -> Result<(Option<Value>, Option<Value>), Failure> {
        let (java, ours) = self.pair.look(&self.show(place)).await?;
        let instance = |answer: &Answer| if answer.status == 200 { tree(&answer.body) } else { None };
        Ok((instance(&java), instance(&ours)))
    }

    /// Asks both, and compares; lists of a read-only cache until they agree.
    async fn compared(&mut self, operation: &Operation) -> Result<Seen, Failure> {
        let request = operation.request.named(&self.name);
        let is_awaited = operation.list.is_some() && self.pair.setup == Setup::Cached;
        let mut until_ms = self.java_clock.now_ms() + if is_awaited { AGREED_WITHIN_MS } else { 0 };
        let mut stale: Option<Answer> = None;
        *self.requests += 1;
        loop {
            let (java, ours) = self.pair.ask(&request, &self.java_clock, &mut self.timelines).await?;
            let (mut meant, left) = self.judged(operation, &request, &java, &ours).await?;
            if !left.is_empty() && is_awaited {
                if self.java_clock.now_ms() < until_ms {
                    self.timer.sleep_ms(PAUSE_MS).await;
                    continue;
                }
                if stale.is_none() {
                    stale = Some(ours);
                    self.nudge().await?;
                    until_ms = self.java_clock.now_ms() + AGREED_WITHIN_MS;
                    continue;
                }
            }
            self.asked.push((request.clone(), java.status, ours.status));
            if !left.is_empty() {
                return Differing::seen(left, java, ours);
            }
            if let Some(before) = stale {
                // Ours must have been right before, too.
                let mismatches = self.between(operation, &before, &ours);
                if !mismatches.is_empty() {
                    return Differing::seen(mismatches, before, ours);
                }
                meant.insert(Difference::ListOfTheMoment);
            }
            if meant.contains(&Difference::Label) {
                self.load_both_formats(&request).await?;
            }
            for difference in meant {
                self.count(difference);
            }
            return Ok(None);
        }
    }

    fn between(&self, operation: &Operation, before: &Answer, after: &Answer) -> Vec<Mismatch> {
        // Both are ours: with our moments on both sides.
        let timelines = Timelines { java: self.timelines.ours.clone(), ours: self.timelines.ours.clone() };
        let name = self.name.to_uppercase();
        Comparison { timelines: &timelines, loosely: true, name: &name }.answers(operation, before, after).1
    }

    /// Makes both forget their lists.
    async fn nudge(&mut self) -> Result<(), Failure> {
        for app in APPS {
            for request in plain_visit(app, "~t~-nudge") {
                self.pair.ask(&request.named(&self.name), &self.java_clock, &mut self.timelines).await?;
            }
        }
        Ok(())
    }

    /// One server has answered from its JSON and the other from its XML, and each keeps that: now both have both.
    async fn load_both_formats(&mut self, request: &Request) -> Result<(), Failure> {
        for accept in ["application/json", "application/xml"] {
            let mut other = request.clone();
            other.headers.retain(|(name, _)| *name != "accept");
            self.pair.look(&other.header("accept", accept)).await?;
        }
        Ok(())
    }

    /// The meant differences of two answers, and what else is different.
    async fn judged(
        &mut self,
        operation: &Operation,
        request: &Request,
        java: &Answer,
        ours: &Answer,
    ) -> Result<(BTreeSet<Difference>, Vec<Mismatch>), Failure> {
        let name = self.name.to_uppercase();
        let loosely = self.pair.setup == Setup::Cached && operation.list.is_some();
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
        if let Some(List::Vip { address, secure }) = &operation.list
            && !left.is_empty()
            && request.method == "GET"
        {
            let (java_now, _) = self.pair.look(&second_opinion::request(request)).await?;
            let address = filled(address, &self.name);
            let comparison = Comparison { timelines: &self.timelines, loosely: true, name: &name };
            let agrees = second_opinion::agrees(&comparison, &java_now, ours, &address, *secure);
            if agrees {
                meant.insert(self.stale_vip(request, &address));
                left.clear();
            }
        }
        Ok((meant, left))
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

    /// Takes instances out of both with all that is kept of them, so that both are in the same state, whatever it was: they
    /// are gone, and in the delta as they were last registered.
    async fn take_out(&mut self, places: &[Place]) -> Result<(), Failure> {
        // First all: an override is of all that have the id.
        let mut requests: Vec<Request> = places.iter().map(|place| cancellation(place.app(), &place.id())).collect();
        requests.extend(places.iter().flat_map(|place| plain_visit(place.app(), &place.id())));
        for request in requests {
            self.pair.ask(&request.named(&self.name), &self.java_clock, &mut self.timelines).await?;
        }
        Ok(())
    }
}
