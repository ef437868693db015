//! What the log says of a call to a gateway, for whoever reads it at night.

use crate::entry::Ack;
use crate::store::NodeUpdate;

/// What came of one call.
pub(super) fn call(update: &NodeUpdate) {
    let NodeUpdate { number, node, app, instance_id, ack, attempts, .. } = update;
    match ack {
        Ack::Applied | Ack::Superseded => {
            log::info!("entry {number}: gateway {node} {ack} {app}/{instance_id} (attempt {attempts})");
        }
        Ack::Pending | Ack::Retrying(_) | Ack::Rejected(_) if *attempts > 1 => {
            log::debug!("entry {number}: gateway {node} about {app}/{instance_id}: {ack} (attempt {attempts})");
        }
        Ack::Pending | Ack::Retrying(_) | Ack::Rejected(_) => {
            log::warn!("entry {number}: gateway {node} has not heard about {app}/{instance_id}: {ack}; asking again");
        }
        Ack::PassedOver(_) => {
            log::info!("entry {number}: gateway {node} need not hear about {app}/{instance_id}: {ack}");
        }
        Ack::Gone => log::info!("entry {number}: gateway {node} has left the registry; it is not told any more"),
        Ack::Refused(_) | Ack::GaveUp(_) => log::error!(
            "entry {number}: gateway {node} was not told about {app}/{instance_id}: {ack}; it follows with its next fetch"
        ),
    }
}
