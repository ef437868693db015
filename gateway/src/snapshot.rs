//! What requests read: one immutable view of all services.

use std::collections::HashMap;
use std::sync::Arc;

use crate::service::Service;

/// The join of the fetched copy and the marks at one moment.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    /// By upper-case name. Services are shared: a change to one copies none of the others.
    pub(crate) services: HashMap<String, Arc<Service>>,
    /// When the fetched copy arrived, epoch milliseconds; `None` before the first.
    pub(crate) received_ms: Option<i64>,
}

impl Snapshot {
    /// A service; its name in any case.
    pub(crate) fn service(&self, name: &str) -> Option<&Arc<Service>> {
        self.services.get(&name.to_uppercase())
    }
}
