//! How a call ends.

use super::Book;
use super::open_call::Fate;
use crate::entry::Ack;
use crate::notify::batch::Call;
use crate::store::NodeUpdate;

impl Book {
    /// Closes a call, and those that follow it. One that is under way ends with its answer.
    pub(super) fn settle(&mut self, id: u64, ack: Ack, now_us: i64) -> Vec<NodeUpdate> {
        let mut updates = Vec::new();
        let mut to_settle = vec![id];
        while let Some(id) = to_settle.pop() {
            let Some(mut open) = self.calls.remove(&id) else { continue };
            if open.under_way {
                open.fate = Fate::Settled(ack.clone());
                self.calls.insert(id, open);
                continue;
            }
            self.by_instance.remove(&open.call.order, id);
            if let Some(due_ms) = open.due_ms {
                self.due.remove(&(due_ms, id));
            }
            to_settle.append(&mut open.followers);
            let is_heard = matches!(ack, Ack::Applied | Ack::Superseded);
            let latency_us = open.first_started_us.filter(|_| is_heard).map(|started_us| now_us - started_us);
            self.close(&open.call, &ack);
            updates.push(open.update(ack.clone(), latency_us));
        }
        updates
    }

    fn close(&mut self, call: &Call, ack: &Ack) {
        let number = call.order.number;
        if let Some(entry) = self.entries.get_mut(&number) {
            entry.open = entry.open.saturating_sub(1);
            entry.incomplete |= ack.is_failed();
            if *ack == Ack::Gone {
                // Should it come up again, it is told again.
                let targets = entry.targets.iter_mut();
                for target in targets.filter(|target| target.order.is_about_the_instance_of(&call.order)) {
                    target.known.remove(&(call.group.clone(), call.node.clone()));
                }
            }
        }
        self.finish_if_over(number);
    }
}
