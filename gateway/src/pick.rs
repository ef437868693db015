//! Which endpoint a try goes to.

use std::sync::Arc;

use crate::endpoint::Endpoint;
use crate::error::{ErrorKind, RequestError};
use crate::service::Service;
use crate::snapshot::Snapshot;

/// What a choice depends on, but for the snapshot.
#[derive(Clone, Copy)]
pub(crate) struct Choice<'a> {
    /// Where this request has failed.
    pub(crate) failed: &'a [Arc<Endpoint>],
    /// Nothing else than where the last request was answered.
    pub(crate) only_where_answered: bool,
    /// Requests under way at one endpoint at most; 0: any number. Requests that are chosen for at the same moment may each
    /// find the last place free.
    pub(crate) requests_max: u64,
    pub(crate) now_ms: i64,
    pub(crate) pause_ms: i64,
    /// The same, for those that did not answer.
    pub(crate) failing_pause_ms: i64,
}

/// An endpoint in rotation that this request has not failed at, preferably one that has not refused a connection lately.
/// `Ok(None)`: it has failed at all of them. When the pause of one that refused is over, one request finds out whether
/// it is back; the others go elsewhere for another `pause_ms`. Whoever has failed
/// once finds out nothing more for others: it goes where the last request was answered.
pub(crate) fn pick(
    snapshot: &Snapshot,
    service_name: &str,
    choice: Choice<'_>,
) -> Result<Option<Arc<Endpoint>>, RequestError> {
    let Choice { failed, only_where_answered, requests_max, now_ms, pause_ms, failing_pause_ms } = choice;
    let pause_of = |endpoint: &Endpoint| if endpoint.is_failing() { failing_pause_ms } else { pause_ms };
    let service = snapshot.service(service_name).ok_or_else(|| unknown(snapshot, service_name))?;
    if service.rotation.is_empty() {
        return Err(nothing_in_rotation(service));
    }
    let untried = |endpoint: &Endpoint| !failed.iter().any(|one| std::ptr::eq(Arc::as_ptr(one), endpoint));
    let is_busy = |endpoint: &Endpoint| requests_max > 0 && endpoint.is_busy(requests_max);
    let possible = |endpoint: &Endpoint| untried(endpoint) && !is_busy(endpoint);
    let is_passed_over = |endpoint: &Endpoint| match failed.is_empty() {
        true => endpoint.is_refused(now_ms),
        false => endpoint.has_refused() || endpoint.has_failed(),
    };
    let preferred = |endpoint: &Endpoint| possible(endpoint) && !is_passed_over(endpoint);
    loop {
        match service.rule.choose(&service.rotation, &preferred) {
            // Each turn of the loop leaves one fewer that is preferred.
            Some(endpoint) if !endpoint.claim(now_ms, pause_of(&endpoint)) => {}
            Some(endpoint) => return Ok(Some(endpoint)),
            None => break,
        }
    }
    if only_where_answered {
        return Ok(None);
    }
    match service.rule.choose(&service.rotation, &possible) {
        None if service.rotation.iter().any(|endpoint| untried(endpoint)) => Err(busy(service, requests_max)),
        chosen => Ok(chosen),
    }
}

fn busy(service: &Service, requests_max: u64) -> RequestError {
    let message = format!(
        "every instance of {} that may be called has {requests_max} requests under way, the limit \
         (eurus.gateway.requests-per-instance-max)",
        service.name
    );
    RequestError::new(ErrorKind::Busy, Some(&service.name), message)
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
    use std::collections::{BTreeMap, HashMap};
    use std::net::SocketAddr;

    const NOW_MS: i64 = 1_000;
    const PAUSE_MS: i64 = 2_000;
    const FAILING_PAUSE_MS: i64 = 10_000;

    const fn choice(now_ms: i64) -> Choice<'static> {
        Choice {
            failed: &[],
            only_where_answered: false,
            requests_max: 0,
            now_ms,
            pause_ms: PAUSE_MS,
            failing_pause_ms: FAILING_PAUSE_MS,
        }
    }

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
        let choice = Choice { failed, ..choice(NOW_MS) };
        let pick = |_| pick(snapshot, "app", choice).unwrap().map(|one| one.instance_id().to_owned());
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

    fn counts(snapshot: &Snapshot, picks: usize, now_ms: i64) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for _ in 0..picks {
            let one = pick(snapshot, "app", choice(now_ms)).unwrap().unwrap();
            *counts.entry(one.instance_id().to_owned()).or_insert(0) += 1;
        }
        counts
    }

    #[test]
    fn what_one_that_refuses_would_have_got_is_shared_evenly() {
        let (snapshot, endpoints) = snapshot(&["1", "2", "3"]);
        endpoints[1].set_refused_until(NOW_MS + 1);
        assert_eq!(counts(&snapshot, 1_200, NOW_MS), BTreeMap::from([("1".to_owned(), 600), ("3".to_owned(), 600)]));
        for endpoint in &endpoints {
            endpoint.set_refused_until(NOW_MS + 1);
        }
        assert!(counts(&snapshot, 1_200, NOW_MS).values().all(|count| *count == 400));
    }

    #[test]
    fn after_the_pause_one_request_finds_out_and_not_a_herd() {
        let (snapshot, endpoints) = snapshot(&["1", "2", "3"]);
        endpoints[1].set_refused_until(NOW_MS);
        assert_eq!(counts(&snapshot, 300, NOW_MS)["2"], 1);
        assert_eq!(counts(&snapshot, 300, NOW_MS + PAUSE_MS)["2"], 1);
        // It is back.
        assert!(endpoints[1].set_connected());
        assert_eq!(counts(&snapshot, 300, NOW_MS + PAUSE_MS)["2"], 100);
        assert!(!endpoints[1].set_connected());
    }

    #[test]
    fn one_that_did_not_answer_thrice_in_a_row_is_passed_over_until_it_does() {
        let (snapshot, endpoints) = snapshot(&["1", "2"]);
        let until_ms = NOW_MS + FAILING_PAUSE_MS;
        let one = &endpoints[0];
        assert_eq!([(); 2].map(|()| one.unanswered(3, until_ms)), [None, None]);
        assert_eq!(picks(&snapshot, &[]), ["1", "2"]);
        // One answer, and it begins anew.
        assert!(!one.answered());
        assert_eq!([(); 4].map(|()| one.unanswered(3, until_ms)), [None, None, Some(3), None]);
        assert_eq!(picks(&snapshot, &[]), ["2"]);
        assert!(!one.set_connected(), "that it accepts connections says nothing");
        assert_eq!(picks(&snapshot, &[]), ["2"]);
        assert_eq!(counts(&snapshot, 300, until_ms)["1"], 1);
        assert!(!counts(&snapshot, 300, until_ms + FAILING_PAUSE_MS - 1).contains_key("1"));
        assert!(one.answered() && !one.answered());
        assert_eq!(counts(&snapshot, 300, NOW_MS)["1"], 150);
        // 0: never.
        assert!((0..9).all(|_| one.unanswered(0, until_ms).is_none()));
        assert_eq!(picks(&snapshot, &[]), ["1", "2"]);
    }

    #[test]
    fn who_has_failed_once_goes_where_nobody_was_refused() {
        let (snapshot, endpoints) = snapshot(&["1", "2", "3", "4"]);
        for refusing in &endpoints[..3] {
            refusing.set_refused_until(NOW_MS);
        }
        assert_eq!(picks(&snapshot, &endpoints[..1]), ["4"]);
        assert_eq!(picks(&snapshot, &[Arc::clone(&endpoints[0]), Arc::clone(&endpoints[3])]), ["2", "3"]);
    }

    #[test]
    fn why_nothing_can_be_picked() {
        let (empty, _) = snapshot(&[]);
        assert_eq!(pick(&empty, "APP", choice(NOW_MS)).unwrap_err().kind, ErrorKind::NothingInRotation);
        assert_eq!(pick(&empty, "other", choice(NOW_MS)).unwrap_err().kind, ErrorKind::UnknownService);
        assert_eq!(pick(&Snapshot::default(), "APP", choice(NOW_MS)).unwrap_err().kind, ErrorKind::NotReady);
    }

    #[test]
    fn an_endpoint_with_as_many_requests_as_it_may_have_is_passed_over() {
        let (snapshot, endpoints) = snapshot(&["1", "2"]);
        endpoints.iter().for_each(|endpoint| endpoint.open());
        let choice = Choice { requests_max: 1, ..choice(NOW_MS) };
        let ticket = endpoints[0].start().unwrap();
        for _ in 0..3 {
            assert_eq!(pick(&snapshot, "app", choice).unwrap().unwrap().instance_id(), "2");
        }
        let _other = endpoints[1].start().unwrap();
        let error = pick(&snapshot, "app", choice).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Busy);
        assert!(error.message.contains("has 1 requests under way"), "{}", error.message);
        // An upgraded connection is none of them.
        let mut upgraded = ticket.first_byte_written().unwrap();
        upgraded.set_upgraded();
        assert_eq!(pick(&snapshot, "app", choice).unwrap().unwrap().instance_id(), "1");
    }
}
