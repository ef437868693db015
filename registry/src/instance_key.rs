//! By what an instance is known: application and id.

use std::hash::{Hash, Hasher};

use papaya::Equivalent;

/// Application and id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InstanceKey {
    app: Box<str>,
    instance_id: Box<str>,
}

impl InstanceKey {
    pub(crate) fn new(app: &str, instance_id: &str) -> Self {
        Self { app: app.into(), instance_id: instance_id.into() }
    }

    pub(crate) fn as_ref(&self) -> KeyRef<'_> {
        KeyRef { app: &self.app, instance_id: &self.instance_id }
    }
}

/// A key that is looked for, without making one.
pub(crate) struct KeyRef<'a> {
    pub(crate) app: &'a str,
    pub(crate) instance_id: &'a str,
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.app.hash(state);
        self.instance_id.hash(state);
    }
}

impl Hash for InstanceKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl Equivalent<InstanceKey> for KeyRef<'_> {
    fn equivalent(&self, key: &InstanceKey) -> bool {
        *self.app == *key.app && *self.instance_id == *key.instance_id
    }
}
