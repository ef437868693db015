//! The list of applications that a fetch brings, and how a delta changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::hash;
use crate::instance::{ActionType, InstanceInfo, InstanceStatus};

/// The instances of one application, by instance id. Instances are shared: a delta copies none that it leaves alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// Upper-case name.
    pub name: String,
    /// By instance id.
    pub instances: BTreeMap<String, Arc<InstanceInfo>>,
}

/// What `apps` or `apps/delta` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applications {
    /// `versions__delta`, as text: "1" on a full list, a counter on a delta.
    pub version: String,
    /// `apps__hashcode` as the registry sent it: the hash of ITS full list, also on a delta.
    pub hashcode: String,
    /// By upper-case name.
    pub by_name: BTreeMap<String, Application>,
}

impl Applications {
    /// Adds or replaces one instance, under its upper-case application name.
    pub fn insert(&mut self, instance: Arc<InstanceInfo>) {
        let name = instance.app.to_uppercase();
        let application =
            self.by_name.entry(name.clone()).or_insert_with(|| Application { name, instances: BTreeMap::new() });
        application.instances.insert(instance.instance_id.clone(), instance);
    }

    /// Removes one instance; an application without instances goes with its last one.
    pub fn remove(&mut self, app: &str, instance_id: &str) -> Option<Arc<InstanceInfo>> {
        let name = app.to_uppercase();
        let application = self.by_name.get_mut(&name)?;
        let removed = application.instances.remove(instance_id);
        if application.instances.is_empty() {
            self.by_name.remove(&name);
        }
        removed
    }

    /// One instance of one application; the name in any case.
    pub fn get(&self, app: &str, instance_id: &str) -> Option<&Arc<InstanceInfo>> {
        self.by_name.get(&app.to_uppercase())?.instances.get(instance_id)
    }

    /// All instances, application by application.
    pub fn instances(&self) -> impl Iterator<Item = &Arc<InstanceInfo>> {
        self.by_name.values().flat_map(|application| application.instances.values())
    }

    /// The hash of what is held here, to compare with the registry's `hashcode`.
    pub fn reconcile_hash(&self) -> String {
        hash::reconcile(self.instances().map(|instance| instance.status))
    }

    /// Applies a delta: ADDED and MODIFIED replace, DELETED removes. Applying one twice changes nothing.
    /// The hash and version of the delta are taken over.
    pub fn apply_delta(&mut self, delta: &Self) {
        for instance in delta.instances() {
            match instance.action {
                Some(ActionType::Deleted) => {
                    self.remove(&instance.app, &instance.instance_id);
                }
                Some(ActionType::Added | ActionType::Modified) | None => self.insert(Arc::clone(instance)),
            }
        }
        self.hashcode.clone_from(&delta.hashcode);
        self.version.clone_from(&delta.version);
    }

    /// How many instances have this status.
    pub fn count(&self, status: InstanceStatus) -> usize {
        self.instances().filter(|instance| instance.status == status).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(app: &str, id: &str, action: ActionType) -> Arc<InstanceInfo> {
        let mut instance = InstanceInfo::new(app, id, "h", "10.0.0.1");
        instance.action = Some(action);
        Arc::new(instance)
    }

    #[test]
    fn a_delta_applied_twice_changes_nothing_more() {
        let mut held = Applications::default();
        held.insert(instance("a", "1", ActionType::Added));
        held.insert(instance("a", "2", ActionType::Added));
        let mut delta = Applications { hashcode: "UP_2_".into(), ..Applications::default() };
        delta.insert(instance("A", "1", ActionType::Deleted));
        delta.insert(instance("B", "3", ActionType::Added));
        held.apply_delta(&delta);
        let once = held.clone();
        held.apply_delta(&delta);
        assert_eq!(held, once);
        assert_eq!(held.reconcile_hash(), "UP_2_");
        assert!(held.get("a", "1").is_none());
        assert!(held.get("b", "3").is_some());
    }

    #[test]
    fn an_application_goes_with_its_last_instance() {
        let mut held = Applications::default();
        held.insert(instance("a", "1", ActionType::Added));
        held.remove("A", "1");
        assert!(held.by_name.is_empty());
    }
}
