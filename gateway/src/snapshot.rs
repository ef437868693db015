//! What requests read: one immutable view of all services.

use std::collections::HashMap;
use std::sync::Arc;

use crate::service::Service;

/// Names up to this long are looked up without an allocation.
const NAME_BYTES: usize = 128;

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
        let mut upper = [0; NAME_BYTES];
        match upper.get_mut(..name.len()) {
            Some(upper) if name.is_ascii() => {
                upper.copy_from_slice(name.as_bytes());
                upper.make_ascii_uppercase();
                self.services.get(std::str::from_utf8(upper).ok()?)
            }
            _ => self.services.get(&name.to_uppercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::round_robin::RoundRobin;

    #[test]
    fn names_are_found_in_any_case_and_length() {
        let long = "N".repeat(NAME_BYTES + 1);
        let names = ["JAVA-SERVICE", "ÄRZTE", &long[1..], &long];
        let service = |name: &str| Service {
            name: name.to_owned(),
            rule: Arc::new(RoundRobin::default()),
            rotation: Vec::new(),
            instances: Vec::new(),
        };
        let services = names.iter().map(|name| ((*name).to_owned(), Arc::new(service(name)))).collect();
        let snapshot = Snapshot { services, received_ms: None };
        for name in names {
            for written in [name.to_owned(), name.to_lowercase()] {
                assert_eq!(snapshot.service(&written).map(|service| service.name.as_str()), Some(name));
            }
        }
        assert!(snapshot.service("JAVA").is_none());
        assert!(snapshot.service("").is_none());
    }
}
