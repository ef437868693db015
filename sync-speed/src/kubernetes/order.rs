//! The order for a pod, as any other request's: the same way, the same journal, the same guards.

use crate::config::KubernetesConfig;
use crate::downline::Downline;
use crate::entry::{Entry, EntryState};
use crate::error::Refusal;
use crate::request::{Kind, Request, Target};

use super::decision::Answer;
use super::pods::Due;

/// Who asks, in the journal.
const CALLER: &str = "kubernetes";

/// Takes offline what the pod has registered.
pub(super) async fn carry_out(due: &Due, config: &KubernetesConfig, downline: &Downline) -> Answer {
    let (answer, words) = understood(downline.carry_out_own(&request(due, config)).await);
    let (pod, attempt) = (due.pod.in_words(), due.attempt);
    let is_leaving = if due.is_gone { "is gone" } else { "is being deleted" };
    match answer {
        Answer::Taken => log::info!("pod {pod} {is_leaving}: {words}"),
        // Most pods that are not in the registry never were, or took themselves out.
        Answer::Absent => log::debug!("pod {pod} {is_leaving}, attempt {attempt}: {words}"),
        Answer::NotNow => log::warn!("pod {pod} {is_leaving} and not taken offline, attempt {attempt}: {words}"),
        Answer::Never => log::warn!("pod {pod} {is_leaving} and not taken offline: {words}"),
    }
    answer
}

fn request(due: &Due, config: &KubernetesConfig) -> Request {
    let pod = &due.pod;
    let target = Target {
        ips: pod.ips.clone(),
        app: pod.app.clone(),
        registered_before_ms: Some(due.registered_before_ms),
        ..Target::default()
    };
    let reason = format!("Kubernetes deletes pod {}/{} ({})", pod.namespace, pod.name, pod.uid);
    let own = Request::own(Kind::Offline, target, CALLER, &reason);
    Request {
        // The same on all nodes of sync-speed that follow the cluster, and after a restart: it is one entry.
        idempotency_key: Some(format!("{CALLER}/{}/{}", pod.uid, due.attempt)),
        ..if config.force { own.forced() } else { own }
    }
}

fn understood(carried_out: Result<Entry, Refusal>) -> (Answer, String) {
    match carried_out {
        Ok(entry) if entry.state == EntryState::Failed || entry.is_uncertain() => {
            (Answer::NotNow, format!("{} failed: {}", entry.id, entry.note.unwrap_or_default()))
        }
        Ok(entry) => (Answer::Taken, format!("{} is {}", entry.id, entry.state_in_words())),
        Err(refusal) => {
            let answer = match &refusal {
                Refusal::NoInstance { .. } => Answer::Absent,
                Refusal::NotAllowed { .. } | Refusal::TooMany { .. } => Answer::Never,
                // Another instance may come UP, the registry may come back.
                _ => Answer::NotNow,
            };
            (answer, refusal.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::pod::Pod;

    fn due() -> Due {
        let pod = Pod {
            uid: "u-1".to_owned(),
            namespace: "shop".to_owned(),
            name: "java-7".to_owned(),
            ips: ["10.1.0.7".parse().unwrap()].into(),
            created_ms: 1_000,
            deletion_asked_ms: Some(5_000),
            is_opted_in: true,
            app: Some("JAVA-SERVICE".to_owned()),
            has_the_nodes_address: false,
            has_ended: false,
        };
        Due { pod, attempt: 2, registered_before_ms: 6_000, is_gone: false }
    }

    #[test]
    fn what_is_asked() {
        let asked = request(&due(), &KubernetesConfig::stock());
        assert_eq!(
            asked.target.to_string(),
            "IP 10.1.0.7, application JAVA-SERVICE, registered before 6000 ms since 1970"
        );
        assert_eq!(asked.reason.as_deref(), Some("Kubernetes deletes pod shop/java-7 (u-1)"));
        assert_eq!((asked.caller.as_str(), asked.force), ("kubernetes", false));
        assert_eq!(asked.idempotency_key.as_deref(), Some("kubernetes/u-1/2"));
        let forced = request(&due(), &KubernetesConfig { force: true, ..KubernetesConfig::stock() });
        assert!(
            forced.force && forced.body.contains(r#""force":true"#) && forced.body.contains("shop/java-7"),
            "{}",
            forced.body
        );
    }

    #[test]
    fn what_a_refusal_means() {
        let target = || Target::address([10, 1, 0, 7].into());
        for (refusal, expected) in [
            (Refusal::NoInstance { target: target(), copy_age_ms: 1 }, Answer::Absent),
            (Refusal::NotAllowed { target: target(), skipped: Vec::new() }, Answer::Never),
            (Refusal::TooMany { target: target(), found: 65, allowed: 64 }, Answer::Never),
            (Refusal::LastUp { app: "A".to_owned(), taken: Vec::new() }, Answer::NotNow),
            (Refusal::Registry { entry: None, why: "away".to_owned() }, Answer::NotNow),
            (Refusal::Busy("full".to_owned()), Answer::NotNow),
        ] {
            assert_eq!(understood(Err(refusal)).0, expected);
        }
    }
}
