//! The registry's copy by address: an order names addresses, and to look through ten thousand instances for one takes longer
//! than to ask the registry.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use eurus_model::{Applications, InstanceInfo};
use parking_lot::Mutex;

use crate::selection::address_of;

/// Of one copy.
type Index = HashMap<IpAddr, Vec<Arc<InstanceInfo>>>;

/// The index of the newest copy that was asked about, made by whoever asks first.
#[derive(Default)]
pub(crate) struct ByAddress(Mutex<Option<(Arc<Applications>, Arc<Index>)>>);

impl ByAddress {
    /// The instances of a copy at any of these addresses, by application, then id.
    pub(crate) fn at(&self, copy: &Arc<Applications>, addresses: &BTreeSet<IpAddr>) -> Vec<Arc<InstanceInfo>> {
        let index = self.index_of(copy);
        let found = addresses.iter().filter_map(|address| index.get(address)).flatten();
        let mut instances: Vec<Arc<InstanceInfo>> = found.map(Arc::clone).collect();
        instances.sort_by_cached_key(|instance| (instance.app.to_uppercase(), instance.instance_id.clone()));
        instances
    }

    fn index_of(&self, copy: &Arc<Applications>) -> Arc<Index> {
        if let Some((of, index)) = &*self.0.lock()
            && Arc::ptr_eq(of, copy)
        {
            return Arc::clone(index);
        }
        // Not under the lock: two that come at once make it twice.
        let mut index = Index::new();
        for instance in copy.instances() {
            if let Some(address) = address_of(instance) {
                index.entry(address).or_default().push(Arc::clone(instance));
            }
        }
        let index = Arc::new(index);
        *self.0.lock() = Some((Arc::clone(copy), Arc::clone(&index)));
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(instances: &[(&str, &str, &str)]) -> Arc<Applications> {
        let mut copy = Applications::default();
        for (app, id, ip) in instances {
            copy.insert(Arc::new(InstanceInfo::new(app, id, "h", ip)));
        }
        Arc::new(copy)
    }

    #[test]
    fn each_copy_has_its_own_addresses() {
        let by_address = ByAddress::default();
        let at = |copy: &Arc<Applications>, addresses: &[&str]| -> Vec<String> {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            by_address.at(copy, &addresses).iter().map(|instance| instance.instance_id.clone()).collect()
        };
        let first = copy(&[
            ("B", "1", "10.0.0.1"),
            ("A", "3", "10.0.0.2"),
            ("A", "2", "::ffff:10.0.0.1"),
            ("A", "9", "a-name"),
            ("A", "4", "10.0.0.3"),
        ]);
        assert_eq!(at(&first, &["10.0.0.1"]), ["2", "1"]);
        assert_eq!(at(&first, &["10.0.0.2", "10.0.0.1"]), ["2", "3", "1"]);
        assert!(at(&first, &["10.0.0.9"]).is_empty());
        let second = copy(&[("A", "3", "10.0.0.1")]);
        assert_eq!(at(&second, &["10.0.0.1"]), ["3"]);
        assert_eq!(at(&first, &["10.0.0.1"]), ["2", "1"]);
    }
}
