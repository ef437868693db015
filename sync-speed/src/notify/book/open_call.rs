//! A call that has not ended, and how it will.

use crate::entry::Ack;
use crate::notify::batch::Call;
use crate::store::NodeUpdate;

/// One call that nobody has acknowledged.
pub(super) struct OpenCall {
    pub(super) call: Call,
    pub(super) first_started_us: Option<i64>,
    pub(super) under_way: bool,
    /// Its place in `due`.
    pub(super) due_ms: Option<i64>,
    pub(super) fate: Fate,
    /// Older calls that end as this one does.
    pub(super) followers: Vec<u64>,
}

/// What decides how a call ends.
pub(super) enum Fate {
    /// Its own answer.
    Own,
    /// A newer entry asks the same of the same node: its outcome, unless an answer under way is a yes.
    Follows,
    /// This, unless an answer under way is a yes.
    Settled(Ack),
}

impl OpenCall {
    /// Whether a newer call asks the same of the same node.
    pub(super) fn is_repeated_by(&self, newer: &Call) -> bool {
        let older = &self.call;
        older.kind == newer.kind
            && older.order.number < newer.order.number
            && older.node == newer.node
            && older.group == newer.group
            && older.order.is_about_the_instance_of(&newer.order)
    }

    /// For the journal.
    pub(super) fn update(&self, ack: Ack, latency_us: Option<i64>) -> NodeUpdate {
        let call = &self.call;
        NodeUpdate {
            number: call.order.number,
            node: call.node.clone(),
            group: call.group.clone(),
            app: call.order.application.clone(),
            instance_id: call.order.instance_id.clone(),
            ack,
            attempts: call.attempts,
            latency_us,
        }
    }
}
