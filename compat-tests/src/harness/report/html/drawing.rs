//! The timeline, drawn: a row for each layer of each node and each instance that the scenario is about. The bars are
//! drawings that stretch; all words stand beside them as text, so that they are read at any width.

use std::collections::BTreeSet;

use super::super::super::duration::seconds;
use super::super::super::history::{Event, Happening};
use super::super::super::layer::Layer;
use super::super::super::run::Outcome;
use super::super::super::scenario::Expectation;
use super::{summary, text};

/// Instances that are drawn at most: those that are expected something of come first.
const INSTANCES_MAX: usize = 6;
/// Marks closer than this share of the length stand below each other.
const MARK_PERCENT: f64 = 5.0;
const LANES: usize = 4;
const TICKS: i64 = 6;

/// The drawing of one outcome.
pub(super) fn of(outcome: &Outcome) -> String {
    let length_ms = outcome.scenario.length_ms.max(1);
    let steps: Vec<&Event> = outcome.history.events.iter().filter(|event| is_drawn(event, length_ms)).collect();
    let groups: String = instances(outcome).iter().map(|instance| group(outcome, instance, &steps)).collect();
    let label = summary(outcome);
    format!(
        "<figure role=\"group\" aria-label=\"{label}\">{}{groups}{}{}{}</figure>",
        marks(&steps, length_ms),
        failures(outcome, &steps, length_ms),
        axis(length_ms),
        legend(&steps),
    )
}

fn is_drawn(event: &Event, length_ms: i64) -> bool {
    matches!(&event.what, Happening::Step { .. }) && event.at_ms <= length_ms
}

/// Those that expectations and steps name, in the order of the file.
fn instances(outcome: &Outcome) -> Vec<String> {
    let mut named: Vec<&str> = Vec::new();
    for expectation in &outcome.scenario.expectations {
        match expectation {
            Expectation::Sees(sees) | Expectation::Never(sees) | Expectation::Always(sees) => {
                named.push(&sees.instance);
            }
            Expectation::Begun { instance, .. } => named.push(instance),
            Expectation::Failed { .. } | Expectation::Answer { .. } | Expectation::Violation(_) => {}
        }
    }
    named.extend(outcome.scenario.steps.iter().filter_map(|step| step.action.instance()));
    if named.is_empty() {
        named.extend(outcome.scenario.producers.iter().map(|part| part.name.as_str()));
    }
    let mut seen = BTreeSet::new();
    named.retain(|name| seen.insert(*name));
    named.into_iter().take(INSTANCES_MAX).map(ToOwned::to_owned).collect()
}

fn group(outcome: &Outcome, instance: &str, steps: &[&Event]) -> String {
    let scenario = &outcome.scenario;
    let registries = scenario.registries.iter().map(|part| part.name.as_str());
    let gateways = scenario.gateways.iter().map(|part| part.name.as_str());
    let callers = scenario.callers.iter().map(|part| part.name.as_str());
    let with = |layers: &'static [Layer]| move |node| layers.iter().map(move |layer| (node, *layer));
    let rows = registries
        .flat_map(with(&[Layer::Store, Layer::ReadWrite, Layer::ReadOnly]))
        .chain(gateways.flat_map(with(&[Layer::ClientCopy, Layer::Routable])))
        .chain(callers.flat_map(with(&[Layer::ServerList])));
    // Of other programs some layers cannot be seen.
    let rows = rows.filter(|(node, layer)| outcome.timeline.listing(node, *layer).is_some());
    let rows: String = rows.map(|(node, layer)| row(outcome, node, layer, instance, steps)).collect();
    format!("<h3>{}</h3>{rows}", text(instance))
}

fn row(outcome: &Outcome, node: &str, layer: Layer, instance: &str, steps: &[&Event]) -> String {
    let length_ms = outcome.scenario.length_ms.max(1);
    let states = outcome.timeline.states(node, layer, instance, 0);
    let mut bars = String::new();
    let mut words = Vec::new();
    for (place, (at_ms, state)) in states.iter().enumerate() {
        let end_ms = states.get(place + 1).map_or(length_ms, |(next_ms, _)| *next_ms).min(length_ms);
        if *at_ms > length_ms || (end_ms == *at_ms && place + 1 < states.len()) {
            continue;
        }
        let shown = state.unwrap_or("absent");
        let class = shown.to_lowercase().replace('_', "-");
        bars.push_str(&format!(
            "<rect class=\"{class}\" x=\"{at_ms}\" y=\"0\" width=\"{}\" height=\"10\"><title>{shown} from {} to {}</title></rect>",
            end_ms - at_ms,
            seconds(*at_ms),
            seconds(end_ms)
        ));
        if !(words.is_empty() && shown == "absent") {
            words.push(format!("<span class=\"{class}\">{shown} {}</span>", seconds(*at_ms)));
        }
    }
    let simulated = if layer.is_simulated() { " <i>(simulated)</i>" } else { "" };
    let words = if words.is_empty() { "never listed".to_owned() } else { words.join(" ") };
    format!(
        "<div class=\"row\"><div class=\"name\"><b>{layer}</b> {}{simulated}</div>\
         <svg viewBox=\"0 0 {length_ms} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{bars}{}</svg>\
         <div class=\"words\">{words}</div></div>",
        text(node),
        lines(steps)
    )
}

/// Where steps happened, through every bar.
fn lines(steps: &[&Event]) -> String {
    let line = |event: &&Event| {
        format!("<line x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"10\" vector-effect=\"non-scaling-stroke\"/>", event.at_ms)
    };
    steps.iter().map(line).collect()
}

#[allow(clippy::cast_precision_loss)] // Places on a drawing.
fn percent(at_ms: i64, length_ms: i64) -> f64 {
    at_ms as f64 * 100.0 / length_ms as f64
}

/// The steps' numbers above the bars; those too close to each other in lanes.
fn marks(steps: &[&Event], length_ms: i64) -> String {
    let mut ends = [f64::MIN; LANES];
    let mut marks = String::new();
    for (place, event) in steps.iter().enumerate() {
        let at = percent(event.at_ms, length_ms);
        let lane = ends.iter().position(|end| *end <= at).unwrap_or(LANES - 1);
        ends[lane] = at + MARK_PERCENT;
        marks.push_str(&format!("<span style=\"left:{at:.2}%;top:{:.1}em\">{}</span>", 1.4 * lane as f64, place + 1));
    }
    let lanes = ends.iter().filter(|end| **end > f64::MIN).count();
    format!(
        "<div class=\"row\"><div class=\"name\"></div><div class=\"marks\" style=\"height:{:.1}em\">{marks}</div></div>",
        1.4 * lanes as f64
    )
}

fn failures(outcome: &Outcome, steps: &[&Event], length_ms: i64) -> String {
    let ended = |event: &Event| match &event.what {
        Happening::Ended { through, started_ms, outcome } => Some((through.clone(), *started_ms, outcome.is_err())),
        _ => None,
    };
    let ended: Vec<(String, i64, bool)> = outcome.history.events.iter().filter_map(ended).collect();
    let ways: BTreeSet<&String> = ended.iter().map(|(through, ..)| through).collect();
    let row = |through: &&String| {
        let of_way: Vec<&(String, i64, bool)> = ended.iter().filter(|(way, ..)| way == *through).collect();
        let failed: Vec<&&(String, i64, bool)> = of_way.iter().filter(|(.., is_failed)| *is_failed).collect();
        let line = |(_, at_ms, is_failed): &&(String, i64, bool)| {
            let class = if *is_failed { "failed" } else { "answered" };
            format!(
                "<line class=\"{class}\" x1=\"{at_ms}\" x2=\"{at_ms}\" y1=\"0\" y2=\"10\" vector-effect=\"non-scaling-stroke\"/>"
            )
        };
        // Failures above what was answered at the same place.
        let answered = of_way.iter().filter(|(.., is_failed)| !is_failed).map(line);
        let drawn: String = answered.chain(failed.iter().map(|one| line(one))).collect();
        format!(
            "<div class=\"row\"><div class=\"name\"><b>requests</b> {}</div>\
             <svg viewBox=\"0 0 {length_ms} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{drawn}{}</svg>\
             <div class=\"words\">{} sent, <span class=\"{}\">{} failed</span></div></div>",
            text(through),
            lines(steps),
            of_way.len(),
            if failed.is_empty() { "up" } else { "down" },
            failed.len()
        )
    };
    let rows: String = ways.iter().map(row).collect();
    if rows.is_empty() { rows } else { format!("<h3>requests</h3>{rows}") }
}

fn axis(length_ms: i64) -> String {
    let tick = |number: i64| {
        let at_ms = length_ms * number / TICKS;
        let class = match number {
            0 => " class=\"first\"",
            TICKS => " class=\"last\"",
            _ => "",
        };
        format!("<span{class} style=\"left:{:.2}%\">{} s</span>", percent(at_ms, length_ms), (at_ms + 500) / 1_000)
    };
    let ticks: String = (0..=TICKS).map(tick).collect();
    format!("<div class=\"row\"><div class=\"name\"></div><div class=\"axis\">{ticks}</div></div>")
}

fn legend(steps: &[&Event]) -> String {
    let entry = |event: &&Event| {
        let Happening::Step { name, outcome } = &event.what else { return String::new() };
        let outcome = outcome.as_ref().map_or(String::new(), |outcome| format!(" → {}", text(outcome)));
        format!("<li>{}: {}{outcome}</li>", seconds(event.at_ms), text(name))
    };
    let entries: String = steps.iter().map(entry).collect();
    if entries.is_empty() { entries } else { format!("<ol class=\"steps\">{entries}</ol>") }
}
