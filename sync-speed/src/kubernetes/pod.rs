//! What is kept of a pod. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::Pod as ApiPod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::config::KubernetesConfig;

/// The value of the annotation that opts in.
const OPTED_IN: &str = "true";
/// Phases after which none comes.
const ENDED: [&str; 2] = ["Succeeded", "Failed"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pod {
    /// Never used twice, unlike names and addresses.
    pub(super) uid: String,
    pub(super) namespace: String,
    pub(super) name: String,
    /// Two where the cluster speaks IPv4 and IPv6.
    pub(super) ips: BTreeSet<IpAddr>,
    /// Whole seconds.
    pub(super) created_ms: i64,
    /// When its deletion was asked for: whole seconds.
    pub(super) deletion_asked_ms: Option<i64>,
    pub(super) is_opted_in: bool,
    /// The one application that is meant.
    pub(super) app: Option<String>,
    /// Its address is the node's, and so that of others.
    pub(super) has_the_nodes_address: bool,
    /// Its containers have all ended, and do not begin again.
    pub(super) has_ended: bool,
}

impl Pod {
    /// `None`: it has no uid, as no real one has.
    pub(super) fn of(pod: &ApiPod, config: &KubernetesConfig) -> Option<Self> {
        let metadata = &pod.metadata;
        let annotation = |name: &str| metadata.annotations.as_ref().and_then(|all| all.get(name));
        Some(Self {
            uid: metadata.uid.clone()?,
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            ips: addresses(pod),
            created_ms: metadata.creation_timestamp.as_ref().map_or(0, milliseconds),
            // The timestamp is when it must be gone: the time it has for that comes on top of the moment of asking.
            deletion_asked_ms: metadata.deletion_timestamp.as_ref().map(|gone_at| {
                let grace_ms = metadata.deletion_grace_period_seconds.unwrap_or(0).saturating_mul(1_000);
                milliseconds(gone_at).saturating_sub(grace_ms)
            }),
            is_opted_in: annotation(&config.annotation).is_some_and(|value| value == OPTED_IN),
            app: annotation(&config.app_annotation).filter(|name| !name.is_empty()).map(|name| name.to_uppercase()),
            has_the_nodes_address: pod.spec.as_ref().and_then(|spec| spec.host_network).unwrap_or(false),
            has_ended: pod
                .status
                .as_ref()
                .and_then(|status| status.phase.as_deref())
                .is_some_and(|phase| ENDED.contains(&phase)),
        })
    }

    /// `namespace/name`, for people.
    pub(super) fn in_words(&self) -> String {
        format!("{}/{}", self.namespace.escape_debug(), self.name.escape_debug())
    }
}

fn addresses(pod: &ApiPod) -> BTreeSet<IpAddr> {
    let Some(status) = &pod.status else { return BTreeSet::new() };
    let all = status.pod_ips.iter().flatten().map(|ip| ip.ip.as_str()).chain(status.pod_ip.as_deref());
    all.filter_map(|ip| ip.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical()).collect()
}

fn milliseconds(time: &Time) -> i64 {
    time.0.as_millisecond()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(change: impl FnOnce(&mut Value)) -> Pod {
        let mut json = json!({
            "metadata": {
                "name": "java-7", "namespace": "shop", "uid": "u-1", "creationTimestamp": "2026-11-22T10:00:00Z",
                "annotations": {"eurus.io/offline-on-delete": "true", "else": "x"},
            },
            "spec": {"containers": []},
            "status": {"podIP": "10.1.0.7", "podIPs": [{"ip": "10.1.0.7"}, {"ip": "fd00::7"}], "phase": "Running"},
        });
        change(&mut json);
        Pod::of(&serde_json::from_value(json).unwrap(), &KubernetesConfig::stock()).unwrap()
    }

    #[test]
    fn what_is_kept() {
        let kept = pod(|_| {});
        assert_eq!(kept.ips, ["10.1.0.7", "fd00::7"].map(|ip| ip.parse().unwrap()).into());
        assert_eq!((kept.created_ms, kept.deletion_asked_ms), (1_795_341_600_000, None));
        assert!(kept.is_opted_in && !kept.has_the_nodes_address && kept.app.is_none());
        assert_eq!(kept.in_words(), "shop/java-7");
    }

    #[test]
    fn deletion_was_asked_for_before_the_grace_period() {
        for (grace, asked) in
            [(json!(30), 1_795_341_600_000), (json!(0), 1_795_341_630_000), (json!(null), 1_795_341_630_000)]
        {
            let leaving = pod(|json| {
                json["metadata"]["deletionTimestamp"] = json!("2026-11-22T10:00:30Z");
                json["metadata"]["deletionGracePeriodSeconds"] = grace.clone();
            });
            assert_eq!(leaving.deletion_asked_ms, Some(asked), "{grace}");
        }
    }

    #[test]
    fn what_is_missing_or_strange() {
        assert!(pod(|json| json["status"] = json!(null)).ips.is_empty());
        assert!(pod(|json| json["status"] = json!({"podIP": "none"})).ips.is_empty());
        assert_eq!(
            pod(|json| json["status"] = json!({"podIP": "::ffff:10.1.0.9"})).ips,
            ["10.1.0.9".parse().unwrap()].into()
        );
        for (value, opted_in) in
            [(json!("true"), true), (json!("false"), false), (json!("True"), false), (json!(""), false)]
        {
            let kept = pod(|json| json["metadata"]["annotations"]["eurus.io/offline-on-delete"] = value.clone());
            assert_eq!(kept.is_opted_in, opted_in, "{value}");
        }
        assert!(!pod(|json| json["metadata"]["annotations"] = json!(null)).is_opted_in);
        for (phase, has_ended) in [("Running", false), ("Pending", false), ("Succeeded", true), ("Failed", true)] {
            assert_eq!(pod(|json| json["status"]["phase"] = json!(phase)).has_ended, has_ended, "{phase}");
        }
        assert!(pod(|json| json["spec"]["hostNetwork"] = json!(true)).has_the_nodes_address);
        let app = |name: &str| pod(|json| json["metadata"]["annotations"]["eurus.io/app"] = json!(name)).app;
        assert_eq!((app("java-service").as_deref(), app("")), (Some("JAVA-SERVICE"), None));
    }
}
