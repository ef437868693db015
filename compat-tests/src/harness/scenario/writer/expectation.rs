//! What must be seen.

use super::super::super::duration::span;
use super::super::expectation::{Bound, Expectation, Sees};
use super::flow::{map, setting, text};

pub(super) fn of(expectation: &Expectation) -> String {
    let (word, what) = match expectation {
        Expectation::Sees(what) => ("sees", sees(what)),
        Expectation::Never(what) => ("never", sees(what)),
        Expectation::Always(what) => ("always", sees(what)),
        Expectation::Failed { through, after, count } => {
            let through = through.as_deref().map(text);
            ("failed", map(&[("through", through), ("after", after.as_deref().map(text)), bound(*count)]))
        }
        Expectation::Begun { instance, after, count } => {
            let after = after.as_deref().map(text);
            ("begun", map(&[("instance", Some(text(instance))), ("after", after), bound(*count)]))
        }
        Expectation::Answer { step, is } => ("answer", map(&[("step", Some(text(step))), ("is", Some(setting(is)))])),
        Expectation::Violation(rule) => ("violation", rule.name().to_owned()),
    };
    map(&[(word, Some(what))])
}

fn sees(sees: &Sees) -> String {
    map(&[
        ("node", Some(text(&sees.node))),
        ("layer", Some(sees.layer.name().to_owned())),
        ("instance", Some(text(&sees.instance))),
        ("is", Some(text(&sees.is))),
        ("after", sees.after.as_deref().map(text)),
        ("from", (sees.from_ms != 0).then(|| span(sees.from_ms))),
        ("by", sees.by_ms.map(span)),
    ])
}

fn bound(bound: Bound) -> (&'static str, Option<String>) {
    match bound {
        Bound::Exactly(count) => ("is", Some(count.to_string())),
        Bound::AtLeast(count) => ("at-least", Some(count.to_string())),
    }
}
