//! Who must hear of an entry: the groups of each application, the nodes of each group.

use crate::downline::Downline;
use crate::entry::{Entry, EntryState, Step};
use crate::nodes::{self, Node};
use crate::notify::GroupsByApp;
use crate::store::StoreError;

impl Downline {
    /// The gateway groups of each application whose instances the registry has changed.
    pub(crate) async fn groups_of(&self, entry: &Entry) -> Result<GroupsByApp, StoreError> {
        let mut by_app = GroupsByApp::new();
        for instance in entry.instances.iter().filter(|instance| instance.step == Step::Done) {
            let mut groups = self.store.groups_of(&instance.app).await?;
            if groups.is_empty() {
                groups.extend(self.default_group.clone());
            }
            by_app.insert(instance.app.clone(), groups);
        }
        Ok(by_app)
    }

    /// Groups of each application, nodes of each group; written down with what the registry did.
    pub(crate) async fn name_nodes(&self, entry: &mut Entry) -> Result<GroupsByApp, StoreError> {
        let copy = self.client.registry();
        let groups_by_app = self.groups_of(entry).await?;
        let mut without_node = false;
        for (app, groups) in &groups_by_app {
            let nodes: Vec<Node> =
                groups.iter().flat_map(|group| nodes::of_group(&copy, group, &self.gateway_networks)).collect();
            for instance in entry.instances.iter().filter(|one| one.step == Step::Done && one.app == *app) {
                entry.nodes.extend(nodes.iter().cloned().map(|node| node.record(app, &instance.instance_id)));
            }
            if groups.is_empty() {
                entry.add_note(&format!("{app} has no gateway group (PUT /gateway-groups/{app}): none was told"));
            } else if nodes.is_empty() {
                without_node = true;
                let named: Vec<&str> = groups.iter().map(String::as_str).collect();
                entry.add_note(&format!(
                    "the gateway groups of {app} ({}) had no registered node when it was asked: nodes that \
                         register in time are told",
                    named.join(", ")
                ));
            }
        }
        entry.state = EntryState::of(&entry.instances, &entry.nodes, without_node);
        self.write_answer(entry).await?;
        Ok(groups_by_app)
    }
}
