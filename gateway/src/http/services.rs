//! `GET /services`: the balancer's list, every instance with its status and why.

use actix_web::web::{Data, Json};
use serde::Serialize;

use super::auth::Authorized;
use super::{Admin, Failure};
use crate::service::{InstanceView, Service};

/// All services, by name.
#[derive(Serialize)]
pub(super) struct Services {
    /// When the fetched copy arrived, epoch milliseconds; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    fetched_ms: Option<i64>,
    services: Vec<ServiceBody>,
}

#[derive(Serialize)]
struct ServiceBody {
    name: String,
    /// By which an instance is chosen.
    rule: &'static str,
    instances: Vec<InstanceBody>,
}

#[derive(Serialize)]
struct InstanceBody {
    #[serde(rename = "instanceId")]
    instance_id: String,
    /// Absent when there is none to connect to.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    status: &'static str,
    /// What the fetched copy says, whatever was ordered.
    fetched_status: &'static str,
    why: String,
    in_rotation: bool,
    /// Requests begun there since it is known.
    requests: u64,
    /// Of these, not answered to the end.
    under_way: u64,
    /// Requests that became upgraded connections, as a WebSocket's does, since it is known.
    upgrades: u64,
    /// Of those under way: upgraded connections.
    upgraded: u64,
}

pub(super) async fn services(_: Authorized, admin: Data<Admin>) -> Result<Json<Services>, Failure> {
    let snapshot = admin.directory.snapshot();
    let mut services: Vec<_> = snapshot.services.values().map(|service| ServiceBody::of(service)).collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(Services { fetched_ms: snapshot.received_ms, services }))
}

impl ServiceBody {
    fn of(service: &Service) -> Self {
        let instances = service.instances.iter().map(InstanceBody::of).collect();
        Self { name: service.name.clone(), rule: service.rule.name().as_str(), instances }
    }
}

impl InstanceBody {
    fn of(view: &InstanceView) -> Self {
        let endpoint = view.endpoint.as_ref();
        Self {
            instance_id: view.fetched.instance_id.clone(),
            address: endpoint.map(|endpoint| endpoint.address().to_string()),
            status: view.status.as_str(),
            fetched_status: view.fetched.status.as_str(),
            why: view.why.to_string(),
            in_rotation: view.in_rotation(),
            requests: endpoint.map_or(0, |endpoint| endpoint.requests()),
            under_way: endpoint.map_or(0, |endpoint| endpoint.under_way()),
            upgrades: endpoint.map_or(0, |endpoint| endpoint.upgrades()),
            upgraded: endpoint.map_or(0, |endpoint| endpoint.upgraded()),
        }
    }
}
