//! Whether every gateway shows what the registry says, for every instance, and that is what was asked for.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::Value;

use super::cluster::Places;
use super::shops::APP;
use crate::Failure;

#[derive(Deserialize)]
struct Services {
    services: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    name: String,
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(rename = "instanceId")]
    instance_id: String,
    fetched_status: String,
    in_rotation: bool,
}

/// Who does not agree yet; `None`: all do.
///
/// # Errors
/// When a node does not answer, or not in a way that is understood.
pub(super) async fn disagreement(
    places: &Places,
    http: &reqwest::Client,
    instances: usize,
    status: &str,
) -> Result<Option<String>, Failure> {
    let registry = at_registry(places, http).await?;
    if registry.len() != instances {
        return Ok(Some(format!("the registry shows {} of {instances} instances", registry.len())));
    }
    if let Some((instance, other)) = registry.iter().find(|(_, shown)| *shown != status) {
        return Ok(Some(format!("the registry shows {instance} {other} and not {status}")));
    }
    let gateways = try_join_all(places.gateways.iter().map(|(origin, _)| at_gateway(origin, http))).await?;
    for (number, shown) in (1..).zip(gateways) {
        if shown.len() != instances {
            return Ok(Some(format!("gateway-{number} shows {} of {instances} instances", shown.len())));
        }
        let is_wrong = |one: &&Instance| one.fetched_status != status || one.in_rotation != (status == "UP");
        if let Some(wrong) = shown.iter().find(is_wrong) {
            let Instance { instance_id, fetched_status, in_rotation } = wrong;
            let words = if *in_rotation { "in rotation" } else { "not in rotation" };
            return Ok(Some(format!(
                "gateway-{number} has {instance_id} {words} and its copy says {fetched_status}, the registry {status}"
            )));
        }
    }
    Ok(None)
}

async fn at_registry(places: &Places, http: &reqwest::Client) -> Result<BTreeMap<String, String>, Failure> {
    let url = format!("{}apps/{APP}", places.registry);
    let answer = http.get(&url).header("accept", "application/json").send().await?;
    if answer.status() == 404 {
        return Ok(BTreeMap::new());
    }
    let body: Value = answer.json().await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let instances = body["application"]["instance"].as_array().cloned().unwrap_or_default();
    Ok(instances.iter().map(|one| (text(&one["instanceId"]), text(&one["status"]))).collect())
}

async fn at_gateway(origin: &str, http: &reqwest::Client) -> Result<Vec<Instance>, Failure> {
    let services: Services = http.get(format!("{origin}/services")).send().await?.json().await?;
    let of_shop = services.services.into_iter().filter(|service| service.name.eq_ignore_ascii_case(APP));
    Ok(of_shop.flat_map(|service| service.instances).collect())
}
