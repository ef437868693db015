//! Who must hear of an entry: the groups of each application, the nodes of each group. Nodes are those that the registry's
//! copy shows, and those that announced themselves: the latter are looked for only once the entry is in the journal as
//! done, see [`live_marks`](crate::live_marks).

use crate::downline::Downline;
use crate::entry::{Entry, EntryState, NodeRecord, Step};
use crate::nodes::{self, Announced};
use crate::notify::GroupsByApp;
use crate::points;
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
        let groups = self.groups_of(entry).await?;
        entry.nodes.extend(self.nodes_of(entry, &groups, &[]));
        // Until it is known who announced himself it is not finished, whatever else it comes to.
        let may_come = groups.values().any(|groups| !groups.is_empty());
        entry.state = EntryState::of(&entry.instances, &entry.nodes, may_come);
        self.write_answer(entry).await?;
        self.faults.pass(&points::ANNOUNCED_READ, "").await;
        self.name_announced(entry, &groups).await;
        let (state_before, note_before) = (entry.state, entry.note.clone());
        let without_node = note_who_has_no_node(entry, &groups);
        entry.state = EntryState::of(&entry.instances, &entry.nodes, without_node);
        if (entry.state, &entry.note) != (state_before, &note_before)
            && let Err(error) = self.write_answer(entry).await
        {
            // It is in the journal as not finished: it becomes so, or is taken up after a restart.
            log::error!("{}: what it came to is not in the journal yet: {error}", entry.id);
        }
        Ok(groups)
    }

    /// Adds nodes that announced themselves, to an entry that is in the journal as done. Where the journal fails, those
    /// that are known are told all the same.
    pub(crate) async fn name_announced(&self, entry: &mut Entry, groups: &GroupsByApp) {
        let now_ms = self.clock.now_ms();
        let announced = match self.store.announced(now_ms).await {
            Ok(announced) => announced,
            Err(error) => {
                log::error!("{}: gateways that announced themselves and are not registered: {error}", entry.id);
                return;
            }
        };
        let is_named = |known: &NodeRecord, node: &NodeRecord| {
            (&known.node, &known.group, &known.app, &known.instance_id)
                == (&node.node, &node.group, &node.app, &node.instance_id)
        };
        let mut came = Vec::new();
        for node in self.nodes_of(entry, groups, &announced) {
            match entry.nodes.iter_mut().find(|known| is_named(known, &node)) {
                // The registry does not say where it is, and it does.
                Some(known) if known.address.is_none() && node.address.is_some() => *known = node.clone(),
                Some(_) => continue,
                None => entry.nodes.push(node.clone()),
            }
            came.push((entry.number, node));
        }
        if !came.is_empty()
            && let Err(error) = self.store.nodes_came(&came, now_ms).await
        {
            log::error!("{}: gateways that announced themselves are told, and not in the journal: {error}", entry.id);
        }
    }

    fn nodes_of(&self, entry: &Entry, groups: &GroupsByApp, announced: &[Announced]) -> Vec<NodeRecord> {
        let copy = self.client.registry();
        let mut records = Vec::new();
        for instance in entry.instances.iter().filter(|instance| instance.step == Step::Done) {
            for group in groups.get(&instance.app).into_iter().flatten() {
                let nodes = nodes::known_of_group(&copy, announced, group, &self.gateway_networks);
                records.extend(nodes.into_iter().map(|node| node.record(&instance.app, &instance.instance_id)));
            }
        }
        records
    }
}

/// Whether some application has gateway groups and no node of them is known.
fn note_who_has_no_node(entry: &mut Entry, groups_by_app: &GroupsByApp) -> bool {
    let mut without_node = false;
    for (app, groups) in groups_by_app {
        if groups.is_empty() {
            entry.add_note(&format!("{app} has no gateway group (PUT /gateway-groups/{app}): none was told"));
        } else if !entry.nodes.iter().any(|node| node.app == *app) {
            without_node = true;
            let named: Vec<&str> = groups.iter().map(String::as_str).collect();
            entry.add_note(&format!(
                "the gateway groups of {app} ({}) had no registered node when it was asked: nodes that \
                     register in time are told",
                named.join(", ")
            ));
        }
    }
    without_node
}
