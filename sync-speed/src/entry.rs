//! One entry of the journal: what was asked, what the registry did, what each gateway node answered. Pure.

mod drain;
mod instance;
mod node;
mod plan;

use crate::request::Kind;

pub use drain::{Drain, DrainState};
pub use instance::{InstanceRecord, Step};
pub use node::{Ack, NodeRecord};
pub use plan::{Plan, Planned};

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// Written down; the registry has not been asked, or its answer is not written down yet.
    Recorded,
    /// The registry did it; some gateway has not acknowledged yet and is asked again.
    Notifying,
    /// The registry and every gateway did it.
    Done,
    /// Not everywhere, and nothing is being retried any more.
    Partial,
    /// Nothing changed.
    Failed,
}

impl EntryState {
    const ALL: [Self; 5] = [Self::Recorded, Self::Notifying, Self::Done, Self::Partial, Self::Failed];

    /// The name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Notifying => "notifying",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }

    /// The opposite of [`EntryState::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// After the registry did its part: what the instances and nodes add up to.
    /// `without_node`: some application has gateway groups, and no node of them is known yet.
    pub fn of(instances: &[InstanceRecord], nodes: &[NodeRecord], without_node: bool) -> Self {
        let incomplete = instances.iter().any(|instance| matches!(instance.step, Step::Refused | Step::Uncertain))
            || nodes.iter().any(|node| node.ack.is_failed());
        if without_node || nodes.iter().any(|node| node.ack.is_open()) {
            Self::Notifying
        } else if incomplete {
            Self::Partial
        } else {
            Self::Done
        }
    }
}

impl Entry {
    /// One more remark for a person.
    pub fn add_note(&mut self, more: &str) {
        match &mut self.note {
            Some(text) => {
                text.push_str("; ");
                text.push_str(more);
            }
            None => self.note = Some(more.to_owned()),
        }
    }

    /// Whether everybody has been told, or is given up.
    pub fn is_told(&self) -> bool {
        !matches!(self.state, EntryState::Recorded | EntryState::Notifying)
    }

    /// Whether nothing of it changes any more by itself.
    pub fn is_final(&self) -> bool {
        let is_drained = self.drain.as_ref().is_none_or(|drain| drain.state != DrainState::Waiting);
        self.is_told() && (is_drained || self.state == EntryState::Failed)
    }

    /// Whoever waited for the answer is gone, and so is what was counted. Whether that changes anything.
    pub fn stop_waiting_for_requests(&mut self) -> bool {
        let Some(drain) = self.drain.as_mut().filter(|drain| drain.state == DrainState::Waiting) else { return false };
        drain.state = DrainState::BoundReached;
        drain.not_known = vec!["sync-speed stopped while it waited, or its database failed: ask again".to_owned()];
        true
    }

    /// Whether shares of it are still to come.
    pub fn is_rolling(&self) -> bool {
        self.plan.is_some() && self.state == EntryState::Recorded
    }

    /// The state, as the API's documentation calls it. `notifying` is the journal's word for a `partial` that is still being
    /// worked on.
    pub fn state_in_words(&self) -> &'static str {
        match self.state {
            EntryState::Recorded if self.is_rolling() => "rolling",
            EntryState::Recorded if self.is_uncertain() => EntryState::Failed.as_str(),
            EntryState::Notifying => EntryState::Partial.as_str(),
            other => other.as_str(),
        }
    }

    /// Whether it was reported as failed, and the registry may have done it all the same.
    pub fn is_uncertain(&self) -> bool {
        self.state == EntryState::Recorded && self.instances.iter().any(|one| one.step == Step::Uncertain)
    }
}

/// Why an instance is passed over that an order of later has taken on: that one stands.
pub const OVERTAKEN: &str = "a newer entry deals with it";

/// A whole entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Rises with every entry.
    pub number: i64,
    /// Such as `offline-1795317444909`.
    pub id: String,
    /// Which way.
    pub kind: Kind,
    /// The body of the request.
    pub request: String,
    /// Who asked: a name and the address, `ci (10.0.0.1)`; an address alone, where that was enough; or a part of this service.
    pub caller: String,
    /// How far it is.
    pub state: EntryState,
    /// For a person: what is special.
    pub note: Option<String>,
    /// When it was recorded.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
    /// The instances behind the address, skipped ones too.
    pub instances: Vec<InstanceRecord>,
    /// The gateway nodes.
    pub nodes: Vec<NodeRecord>,
    /// When the instances are brought back by themselves.
    pub expires_ms: Option<i64>,
    /// What a rolling one goes by.
    pub plan: Option<Plan>,
    /// The rolling entry that this is a share of.
    pub part_of: Option<i64>,
    /// How long the answer waits for requests under way, and what that came to.
    pub drain: Option<Drain>,
}

#[cfg(test)]
mod tests {
    use eurus_model::InstanceInfo;

    use super::*;

    fn node(ack: Ack) -> NodeRecord {
        NodeRecord {
            node: "g".to_owned(),
            group: "GW".to_owned(),
            app: "A".to_owned(),
            instance_id: "a".to_owned(),
            address: None,
            ack,
            attempts: 0,
            latency_us: None,
        }
    }

    #[test]
    fn states() {
        let why = || "why".to_owned();
        for (steps, acks, expected) in [
            (vec![Step::Done], vec![], EntryState::Done),
            (vec![Step::Done], vec![Ack::Applied, Ack::Superseded, Ack::Gone], EntryState::Done),
            (vec![Step::Done, Step::Skipped, Step::PassedOver], vec![Ack::Applied], EntryState::Done),
            (vec![Step::Done], vec![Ack::Applied, Ack::Pending], EntryState::Notifying),
            (vec![Step::Done], vec![Ack::Refused(why()), Ack::Retrying(why())], EntryState::Notifying),
            (vec![Step::Done], vec![Ack::Applied, Ack::Rejected(why())], EntryState::Notifying),
            (vec![Step::Done], vec![Ack::PassedOver(why())], EntryState::Done),
            (vec![Step::Done], vec![Ack::Applied, Ack::Refused(why())], EntryState::Partial),
            (vec![Step::Done], vec![Ack::GaveUp(why())], EntryState::Partial),
            (vec![Step::Done, Step::Refused], vec![Ack::Applied], EntryState::Partial),
        ] {
            let instances: Vec<InstanceRecord> = steps
                .iter()
                .map(|step| InstanceRecord {
                    step: *step,
                    ..InstanceRecord::of(&InstanceInfo::new("A", "a", "h", "1.1.1.1"))
                })
                .collect();
            let nodes: Vec<NodeRecord> = acks.into_iter().map(node).collect();
            assert_eq!(EntryState::of(&instances, &nodes, false), expected, "{steps:?} {nodes:?}");
            assert_eq!(EntryState::of(&instances, &nodes, true), EntryState::Notifying, "somebody may still register");
        }
    }

    #[test]
    fn names_round_trip() {
        for state in EntryState::ALL {
            assert_eq!(EntryState::parse(state.as_str()), Some(state));
        }
        for step in Step::ALL {
            assert_eq!(Step::parse(step.as_str()), Some(step));
        }
        for kind in [Kind::Offline, Kind::Online] {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        let why = || "why".to_owned();
        for ack in [
            Ack::Pending,
            Ack::Retrying(why()),
            Ack::Rejected(why()),
            Ack::Applied,
            Ack::Superseded,
            Ack::PassedOver(why()),
            Ack::Gone,
            Ack::Refused(why()),
            Ack::GaveUp(why()),
        ] {
            assert_eq!(Ack::parse(ack.as_str(), ack.detail().map(str::to_owned)), Some(ack));
        }
        assert_eq!(Ack::parse("lost", None), None);
    }
}
