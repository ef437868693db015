//! What a registry answered, made of drafts: only what tells an instance from others must be there.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::applications::{Application, Applications};
use crate::draft::{DataCenterDraft, Identity, RegistrationDraft};
use crate::instance::InstanceInfo;
use crate::registration::said;

impl RegistrationDraft {
    /// Makes the draft an instance.
    /// `list_app` is the name of the application that it was listed under.
    pub(crate) fn into_fetched(mut self, list_app: Option<&str>) -> Result<InstanceInfo, &'static str> {
        let instance_id = self.take_id().ok_or("an instance without instanceId and hostName")?;
        let app = said(self.app.take()).or_else(|| list_app.map(ToOwned::to_owned));
        let app = app.ok_or("an instance without app")?.to_uppercase();
        let host_name = self.host_name.take().unwrap_or_default();
        let ip_addr = self.ip_addr.take().unwrap_or_default();
        let data_center = self.data_center.take().and_then(DataCenterDraft::normalised).unwrap_or_default();
        // A registry that says no time knows none.
        Ok(self.complete(Identity { instance_id, host_name, app, ip_addr, data_center }, 0))
    }
}

/// An application without a name has that of its instances.
pub(crate) fn application(name: Option<String>, drafts: Vec<RegistrationDraft>) -> Result<Application, &'static str> {
    let mut application = Application { name: name.unwrap_or_default().to_uppercase(), ..Application::default() };
    for draft in drafts {
        let listed_under = Some(application.name.as_str()).filter(|name| !name.is_empty());
        let instance = draft.into_fetched(listed_under)?;
        if application.name.is_empty() {
            application.name.clone_from(&instance.app);
        }
        application.instances.insert(instance.instance_id.clone(), Arc::new(instance));
    }
    Ok(application)
}

/// Adds an application to a list. A registry that joins regions may list one once for each.
pub(crate) fn merge(applications: &mut Applications, application: Application) {
    match applications.by_name.entry(application.name.clone()) {
        Entry::Vacant(free) => {
            free.insert(application);
        }
        Entry::Occupied(mut held) => held.get_mut().instances.extend(application.instances),
    }
}
