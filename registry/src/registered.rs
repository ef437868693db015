//! A registered instance: what it says, its lease, and its ready-made bytes.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use eurus_model::{InstanceInfo, InstanceStatus, LeaseInfo};

use crate::form::Form;
use crate::fragment::Fragment;
use crate::held_bytes::{HeldBytes, Weight};
use crate::lease::Lease;

/// One state of one instance. Never changed: a change makes a new one that shares the lease.
#[derive(Debug)]
pub(crate) struct Registered {
    info: InstanceInfo,
    lease: Arc<Lease>,
    weight: Weight,
    /// The bytes that lists are assembled from, serialised at the first list that needs them, never twice.
    fragments: [OnceLock<Fragment>; Form::ALL.len()],
}

impl Registered {
    pub(crate) fn new(info: InstanceInfo, lease: Arc<Lease>, held: &HeldBytes) -> Arc<Self> {
        let weight = held.weigh(info.bytes_held());
        Arc::new(Self { info, lease, weight, fragments: [const { OnceLock::new() }; Form::ALL.len()] })
    }

    pub(crate) fn info(&self) -> &InstanceInfo {
        &self.info
    }

    pub(crate) fn lease(&self) -> &Arc<Lease> {
        &self.lease
    }

    /// The bytes that it says; not the fragments made of them.
    pub(crate) fn bytes(&self) -> u64 {
        self.weight.bytes()
    }

    pub(crate) fn status(&self) -> InstanceStatus {
        self.info.status
    }

    /// The instance as it is shown now, with its lease.
    pub(crate) fn shown(&self) -> InstanceInfo {
        let mut info = self.info.clone();
        info.lease = LeaseInfo {
            registration_ms: self.lease.registered_ms(),
            last_renewal_ms: self.lease.last_update_ms(),
            eviction_ms: self.lease.cancelled_ms(),
            service_up_ms: self.lease.service_up_ms(),
            ..info.lease
        };
        info
    }

    /// Its bytes for lists, as of now.
    pub(crate) fn fragment(&self, form: Form) -> Cow<'_, [u8]> {
        self.serialised(form).renewed_at(self.lease.last_update_ms())
    }

    /// About how many bytes that is.
    pub(crate) fn fragment_len(&self, form: Form) -> usize {
        self.serialised(form).len()
    }

    fn serialised(&self, form: Form) -> &Fragment {
        self.fragments[form.index()].get_or_init(|| Fragment::new(&self.shown(), form))
    }

    /// The comma-separated virtual addresses.
    pub(crate) fn vips(&self) -> impl Iterator<Item = &str> {
        split_vips(self.info.vip_address.as_deref())
    }

    /// The comma-separated virtual addresses of the TLS port.
    pub(crate) fn secure_vips(&self) -> impl Iterator<Item = &str> {
        split_vips(self.info.secure_vip_address.as_deref())
    }
}

fn split_vips(addresses: Option<&str>) -> impl Iterator<Item = &str> {
    addresses.into_iter().flat_map(|addresses| addresses.split(','))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::LeaseDuration;

    #[test]
    fn the_lease_is_shown_as_it_is_now() {
        let lease = Arc::new(Lease::new(1_000, 90_000, 0, LeaseDuration::Netflix));
        let registered =
            Registered::new(InstanceInfo::new("a", "1", "h", "10.0.0.1"), Arc::clone(&lease), &HeldBytes::default());
        lease.service_up(1_001);
        lease.renew(2_000);
        let shown = registered.shown().lease;
        assert_eq!((shown.registration_ms, shown.last_renewal_ms, shown.service_up_ms), (1_000, 92_000, 1_001));
    }

    #[test]
    fn addresses_are_split_at_commas_and_not_trimmed() {
        let mut info = InstanceInfo::new("a", "1", "h", "10.0.0.1");
        info.vip_address = Some("one,two, three".to_owned());
        let registered =
            Registered::new(info, Arc::new(Lease::new(0, 1, 0, LeaseDuration::Netflix)), &HeldBytes::default());
        assert_eq!(registered.vips().collect::<Vec<_>>(), ["one", "two", " three"]);
        assert_eq!(registered.secure_vips().count(), 0);
    }
}
