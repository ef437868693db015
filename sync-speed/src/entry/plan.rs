//! What a rolling offline goes by: written down once, so that a restart goes on with the same.

use eurus_model::InstanceInfo;
use serde::{Deserialize, Serialize};

use crate::registration::Registration;

/// One instance whose turn comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// Upper case.
    pub app: String,
    /// The instance.
    pub instance_id: String,
    /// The registration that was there when it was asked: a newer one stays in service.
    pub registration: Registration,
    /// Its port, for people.
    pub port: i32,
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// How many at a time.
    pub share: usize,
    /// How many must be UP besides a share, per application.
    pub min_up: usize,
    /// Until when, epoch milliseconds.
    pub until_ms: i64,
    /// Take the last UP instance too.
    pub force: bool,
    /// Of each share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_within_ms: Option<i64>,
    /// Of each share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after_ms: Option<i64>,
    /// In the order in which their turns come.
    pub instances: Vec<Planned>,
}

impl Plan {
    /// So many at a time of so many; one at least.
    pub fn share_of(percent: u8, instances: usize) -> usize {
        (instances * usize::from(percent)).div_ceil(100).max(1)
    }
}

impl Planned {
    /// From a live read.
    pub fn of(instance: &InstanceInfo) -> Self {
        let port = if instance.port.enabled { instance.port } else { instance.secure_port };
        Self {
            app: instance.app.to_uppercase(),
            instance_id: instance.instance_id.clone(),
            registration: Registration::of(instance),
            port: port.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        for (percent, instances, share) in
            [(25, 8, 2), (10, 50, 5), (1, 50, 1), (1, 101, 2), (33, 10, 4), (100, 3, 3), (50, 1, 1), (10, 0, 1)]
        {
            assert_eq!(Plan::share_of(percent, instances), share, "{percent} % of {instances}");
        }
    }
}
