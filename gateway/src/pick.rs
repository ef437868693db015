//! Which endpoint a try goes to.

use std::sync::Arc;

use crate::endpoint::Endpoint;
use crate::error::{ErrorKind, RequestError};
use crate::service::Service;
use crate::snapshot::Snapshot;

/// An endpoint in rotation that this request has not failed at, preferably one that has not refused a connection lately.
/// `Ok(None)`: it has failed at all of them.
pub(crate) fn pick(
    snapshot: &Snapshot,
    service_name: &str,
    failed: &[Arc<Endpoint>],
    now_ms: i64,
) -> Result<Option<Arc<Endpoint>>, RequestError> {
    let service = snapshot.service(service_name).ok_or_else(|| unknown(snapshot, service_name))?;
    if service.rotation.is_empty() {
        return Err(nothing_in_rotation(service));
    }
    let untried = |endpoint: &Endpoint| !failed.iter().any(|one| std::ptr::eq(Arc::as_ptr(one), endpoint));
    let preferred = |endpoint: &Endpoint| untried(endpoint) && !endpoint.is_refused(now_ms);
    // Nearly always the first choice will do.
    let first = service.rule.choose(&service.rotation);
    if first.as_ref().is_some_and(|endpoint| preferred(endpoint)) {
        return Ok(first);
    }
    let among = |accept: &dyn Fn(&Endpoint) -> bool| {
        let candidates: Vec<_> = service.rotation.iter().filter(|endpoint| accept(endpoint)).cloned().collect();
        service.rule.choose(&candidates)
    };
    Ok(among(&preferred).or_else(|| among(&untried)))
}

fn unknown(snapshot: &Snapshot, service_name: &str) -> RequestError {
    let name = service_name.to_uppercase();
    if snapshot.received_ms.is_none() {
        let message = "nothing was fetched from a registry yet: this gateway knows no service. Is the registry up?";
        return RequestError::new(ErrorKind::NotReady, Some(&name), message);
    }
    let message = format!("no service {name} is registered");
    RequestError::new(ErrorKind::UnknownService, Some(&name), message)
}

fn nothing_in_rotation(service: &Service) -> RequestError {
    const SHOWN_MAX: usize = 5;
    let mut shown: Vec<String> = service
        .instances
        .iter()
        .take(SHOWN_MAX)
        .map(|view| format!("{}: {}", view.fetched.instance_id, view.why))
        .collect();
    if service.instances.len() > SHOWN_MAX {
        shown.push(format!("and {} more", service.instances.len() - SHOWN_MAX));
    }
    let message = format!("no instance of {} may be called ({})", service.name, shown.join("; "));
    RequestError::new(ErrorKind::NothingInRotation, Some(&service.name), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::round_robin::RoundRobin;
    use std::collections::HashMap;
    use std::net::SocketAddr;

    const NOW_MS: i64 = 1_000;

    fn snapshot(ids: &[&str]) -> (Snapshot, Vec<Arc<Endpoint>>) {
        let address = SocketAddr::from(([127, 0, 0, 2], 80));
        let rotation: Vec<_> = ids.iter().map(|id| Arc::new(Endpoint::new("APP", id, address))).collect();
        let service = Service {
            name: "APP".to_owned(),
            rule: Arc::new(RoundRobin::default()),
            rotation: rotation.clone(),
            instances: Vec::new(),
        };
        let services = HashMap::from([("APP".to_owned(), Arc::new(service))]);
        (Snapshot { services, received_ms: Some(0) }, rotation)
    }

    fn picks(snapshot: &Snapshot, failed: &[Arc<Endpoint>]) -> Vec<String> {
        let pick = |_| pick(snapshot, "app", failed, NOW_MS).unwrap().map(|one| one.instance_id().to_owned());
        let mut picks: Vec<String> = (0..6).filter_map(pick).collect();
        picks.sort();
        picks.dedup();
        picks
    }

    #[test]
    fn those_that_failed_are_not_tried_again_and_those_that_refused_are_the_last_resort() {
        let (snapshot, endpoints) = snapshot(&["1", "2", "3"]);
        assert_eq!(picks(&snapshot, &[]), ["1", "2", "3"]);
        assert_eq!(picks(&snapshot, &endpoints[..1]), ["2", "3"]);
        endpoints[1].set_refused_until(NOW_MS + 1);
        assert_eq!(picks(&snapshot, &[]), ["1", "3"]);
        assert_eq!(picks(&snapshot, &[Arc::clone(&endpoints[0]), Arc::clone(&endpoints[2])]), ["2"]);
        assert!(picks(&snapshot, &endpoints).is_empty());
        endpoints[1].set_refused_until(NOW_MS);
        assert_eq!(picks(&snapshot, &[]), ["1", "2", "3"]);
    }

    #[test]
    fn why_nothing_can_be_picked() {
        let (empty, _) = snapshot(&[]);
        assert_eq!(pick(&empty, "APP", &[], NOW_MS).unwrap_err().kind, ErrorKind::NothingInRotation);
        assert_eq!(pick(&empty, "other", &[], NOW_MS).unwrap_err().kind, ErrorKind::UnknownService);
        assert_eq!(pick(&Snapshot::default(), "APP", &[], NOW_MS).unwrap_err().kind, ErrorKind::NotReady);
    }
}
