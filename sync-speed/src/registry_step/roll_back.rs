//! An offline that was refused for one instance: the others are put back.

use eurus_model::InstanceStatus;

use super::{AtRegistry, NotDone, Verdict, bring_back};
use crate::entry::{InstanceRecord, Step};

/// Puts back those that were done, or may have been.
pub(super) async fn roll_back(at: AtRegistry<'_>, instances: &mut [InstanceRecord], refusal: String) -> Verdict {
    let (mut left, mut is_final) = (Vec::new(), true);
    let touched = |instance: &&mut InstanceRecord| matches!(instance.step, Step::Done | Step::Uncertain);
    for instance in instances.iter_mut().filter(touched) {
        if instance.status_before == InstanceStatus::OutOfService {
            // It was out before this request: there is nothing to undo.
            instance.step = Step::RolledBack;
            continue;
        }
        match bring_back(at, instance, instance.status_before).await {
            Ok(()) => {
                instance.detail = Some(match instance.step {
                    Step::Uncertain => "put back, because whether it was done was not known".to_owned(),
                    _ => "put back, because another instance was refused".to_owned(),
                });
                instance.step = Step::RolledBack;
            }
            Err(failure) => {
                let (why, is_known) = match failure {
                    NotDone::No(why) => (why, true),
                    NotDone::NotKnown => (super::NOT_KNOWN.to_owned(), true),
                    NotDone::Unknown(why) => (why, false),
                };
                // Without time the turn may be another one's.
                is_final &= is_known && instance.step == Step::Done && !at.time.is_over();
                left.push(instance.name());
                instance.detail = Some(format!("could not be put back: {why}"));
            }
        }
    }
    let names = left.join(", ");
    if left.is_empty() {
        Verdict::Failed(format!("{refusal}; the others are as they were"))
    } else if is_final {
        Verdict::Partly(format!("{refusal}; {names} could not be put back and stay OUT_OF_SERVICE"))
    } else {
        // One that does not answer may be back in a moment: all that is left is undone then.
        instances.iter_mut().filter(touched).for_each(|instance| instance.step = Step::Uncertain);
        Verdict::Unknown(format!("unknown: {refusal}; {names} may be OUT_OF_SERVICE"))
    }
}
