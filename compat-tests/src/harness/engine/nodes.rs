//! What runs where, for whoever drives a run from outside.

use serde_json::{Map, Value, json};

use super::Engine;
use crate::Failure;

impl Engine {
    /// Looks at everything once what is under way has come to rest: somebody else may have called a node.
    pub(in crate::harness) async fn look_now(&mut self) -> Result<(), Failure> {
        self.world.pace.settle().await?;
        self.look().await
    }

    /// Nodes, instances and links with their addresses.
    pub(in crate::harness) fn nodes(&self) -> Value {
        let world = &self.world;
        let mut nodes = Map::new();
        for registry in &world.registries {
            let kind = json!({"kind": "registry", "url": registry.url(), "running": registry.running.is_up()});
            nodes.insert(registry.part.name.clone(), kind);
        }
        for gateway in &world.gateways {
            let (at, is_up) = (gateway.address(), gateway.running.is_up());
            let kind = json!({"kind": "gateway", "url": at.url, "admin": at.admin, "running": is_up});
            nodes.insert(gateway.part.name.clone(), kind);
        }
        for sync_speed in &world.sync_speeds {
            let kind = json!({"kind": "sync-speed", "url": sync_speed.url(), "running": sync_speed.running.is_up()});
            nodes.insert(sync_speed.part.name.clone(), kind);
        }
        for caller in &world.callers {
            nodes.insert(caller.part.name.clone(), json!({"kind": "caller", "simulated": true}));
        }
        let instance = |one: &super::super::world::Instance| {
            let address = one.address.map(|address| format!("http://{address}"));
            let about =
                json!({"app": one.app(), "instanceId": one.id, "url": address, "running": one.producer.is_some()});
            (one.part.name.clone(), about)
        };
        let instances: Map<String, Value> = world.instances.iter().map(instance).collect();
        let links: Vec<&String> = world.links.keys().collect();
        json!({"nodes": nodes, "instances": instances, "links": links})
    }
}
