//! Steps.

use super::super::super::duration::span;
use super::super::action::Action;
use super::super::fault::LinkFault;
use super::super::fault_rule::{FaultRule, Injection};
use super::super::step::Step;
use super::flow::{map, text};

pub(super) fn of(step: &Step) -> String {
    let name = (step.name != step.action.in_words()).then(|| text(&step.name));
    let (verb, object) = doing(&step.action);
    map(&[("at", Some(span(step.at_ms))), ("name", name), (verb, Some(object))])
}

fn doing(action: &Action) -> (&'static str, String) {
    match action {
        Action::Start(instance) => ("start", text(instance)),
        Action::Crash(instance) => ("crash", text(instance)),
        Action::Silence(instance) => ("silence", text(instance)),
        Action::Shutdown(instance) => ("shutdown", text(instance)),
        Action::Cancel(instance) => ("cancel", text(instance)),
        Action::Register(instance, status) => ("register", with_status(instance, status)),
        Action::Heartbeat(instance, status, true) => ("heartbeat", with_status(instance, status)),
        Action::Heartbeat(instance, status, false) => ("late-heartbeat", with_status(instance, status)),
        Action::StaleReplica(instance) => ("stale-replica", text(instance)),
        Action::SetStatus(instance, status) => ("set-status", with_status(instance, status)),
        Action::RemoveStatus(instance) => ("remove-status", text(instance)),
        Action::Offline(instance, by, how) => ("offline", how.written(text(instance), text(by))),
        Action::OfflineAddress(instance, by) => {
            ("offline-address", map(&[("instance", Some(text(instance))), ("sync-speed", Some(text(by)))]))
        }
        Action::Online(instance, by) => {
            ("online", map(&[("instance", Some(text(instance))), ("sync-speed", Some(text(by)))]))
        }
        Action::Stop(node) => ("stop", text(node)),
        Action::Run(node) => ("run", text(node)),
        Action::Restart(node) => ("restart", text(node)),
        Action::Pause(node) => ("pause", text(node)),
        Action::Resume(node) => ("resume", text(node)),
        Action::Kill(node) => ("kill", text(node)),
        Action::Fault(rule) => ("fault", fault(rule)),
        Action::ClearFaults(node) => ("clear-faults", text(node)),
        Action::Cache(node, layer, fault) => {
            (fault.word(), map(&[("node", Some(text(node))), ("layer", Some(layer.name().to_owned()))]))
        }
        Action::Link(link, LinkFault::Delay(ms)) => {
            ("delay", map(&[("link", Some(text(link))), ("by", Some(span(*ms)))]))
        }
        Action::Link(link, LinkFault::Slow(rate)) => {
            ("slow", map(&[("link", Some(text(link))), ("bytes-per-second", Some(rate.to_string()))]))
        }
        Action::Link(link, fault) => (fault.word(), text(link)),
    }
}

fn with_status(instance: &str, status: &str) -> String {
    match status {
        "UP" => text(instance),
        status => map(&[("instance", Some(text(instance))), ("status", Some(text(status)))]),
    }
}

fn fault(rule: &FaultRule) -> String {
    let (doing, by) = match rule.injection {
        Injection::Delay(ms) => ("delay", Some(span(ms))),
        Injection::Fail => ("fail", None),
        Injection::Skip => ("skip", None),
        Injection::Kill => ("kill", None),
    };
    map(&[
        ("node", Some(text(&rule.node))),
        ("point", Some(text(rule.point.name))),
        ("do", Some(doing.to_owned())),
        ("by", by),
        ("about", rule.about.as_deref().map(text)),
        ("from", (rule.from != 1).then(|| rule.from.to_string())),
        ("times", rule.times.map_or(Some("always".to_owned()), |times| (times != 1).then(|| times.to_string()))),
    ])
}
