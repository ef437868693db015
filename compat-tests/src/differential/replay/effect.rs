//! What a request leaves behind at both, and how they are brought back to equal states.

use serde_json::Value;

use super::{Differing, Replay, Seen};
use crate::Failure;
use crate::differential::aftermath::{Around, Left, left_behind};
use crate::differential::compare::Mismatch;
use crate::differential::request::{Request, encoded};
use crate::differential::step::{Effect, Operation, Place};
use crate::differential::tree::{field, tree};
use crate::differential::visits::{cancellation, plain_visit};
use crate::differential::wire::Answer;

impl Replay<'_> {
    /// One request: both answers, and what it left behind.
    pub(super) async fn step(&mut self, operation: &Operation) -> Result<Seen, Failure> {
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
                    let is_late = self.beat.is_late();
                    return Ok(Some(Box::new(Differing { mismatches: vec![mismatch], java, ours, is_late })));
                }
            }
        }
        Ok(None)
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

    pub(super) async fn instances(&mut self, place: Place) -> Result<(Option<Value>, Option<Value>), Failure> {
        let (java, ours) = self.pair.look(&self.show(place)).await?;
        let instance = |answer: &Answer| if answer.status == 200 { tree(&answer.body) } else { None };
        Ok((instance(&java), instance(&ours)))
    }

    /// Takes instances out of both with all that is kept of them, so that both are in the same state, whatever it was: they
    /// are gone, and in the delta as they were last registered.
    pub(super) async fn take_out(&mut self, places: &[Place]) -> Result<(), Failure> {
        // First all: an override is of all that have the id.
        let mut requests: Vec<Request> = places.iter().map(|place| cancellation(place.app(), &place.id())).collect();
        requests.extend(places.iter().flat_map(|place| plain_visit(place.app(), &place.id())));
        for request in requests {
            self.pair.ask(&request.named(&self.name), &self.java_clock, &mut self.timelines).await?;
        }
        Ok(())
    }
}
