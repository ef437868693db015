//! One page with every timeline drawn. Nothing is loaded from anywhere: style, drawings and words are in it.

mod drawing;

use super::super::duration::seconds;
use super::super::history::Happening;
use super::super::run::Outcome;
use super::line;

const STYLE: &str = include_str!("html/style.css");

/// The page.
pub fn of(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| !outcome.is_passed()).count();
    let all = outcomes.len();
    let verdict = if failed == 0 {
        format!("<p class=\"good\">All {all} scenarios as expected.</p>")
    } else {
        format!("<p class=\"bad\">{failed} of {all} scenarios not as expected.</p>")
    };
    let contents: String = outcomes.iter().enumerate().map(|(place, outcome)| entry(place, outcome)).collect();
    let sections: String = outcomes.iter().enumerate().map(|(place, outcome)| section(place, outcome)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>eurus harness</title><style>{STYLE}</style></head>\
         <body><main><h1>eurus harness</h1>{verdict}<ol class=\"contents\">{contents}</ol>{sections}</main></body></html>\n"
    )
}

fn entry(place: usize, outcome: &Outcome) -> String {
    format!("<li>{} <a href=\"#s{place}\">{}</a></li>", badge(outcome), text(&outcome.scenario.name))
}

fn badge(outcome: &Outcome) -> &'static str {
    if outcome.is_passed() { "<b class=\"good\">ok</b>" } else { "<b class=\"bad\">failed</b>" }
}

fn section(place: usize, outcome: &Outcome) -> String {
    let scenario = &outcome.scenario;
    let virtual_ms = scenario.length_ms + scenario.rest_ms;
    format!(
        "<section id=\"s{place}\"><h2>{} {}</h2><p>{}</p><p class=\"small\">{} · {} of virtual time in {} ms</p>{}{}{}{}</section>",
        badge(outcome),
        text(&scenario.name),
        text(&scenario.about),
        text(&scenario.file),
        seconds(virtual_ms),
        outcome.took_ms,
        outcome
            .failure
            .as_ref()
            .map_or(String::new(), |why| format!("<p class=\"bad\">It broke off: {}</p>", text(why))),
        drawing::of(outcome),
        expectations(outcome),
        requests(outcome),
    )
}

fn expectations(outcome: &Outcome) -> String {
    let row = |verdict: &super::super::judge::Verdict| {
        let mark = if verdict.is_met { "<b class=\"good\">✓</b>" } else { "<b class=\"bad\">✗</b>" };
        format!("<li>{mark} {}: <em>{}</em></li>", text(&verdict.expected), text(&verdict.seen))
    };
    let rows: String = outcome.verdicts.iter().map(row).collect();
    format!("<details open><summary>Expected and seen</summary><ul class=\"verdicts\">{rows}</ul></details>")
}

fn requests(outcome: &Outcome) -> String {
    let ended = outcome.history.events.iter().filter_map(|event| match &event.what {
        Happening::Ended { outcome, .. } => Some(outcome.is_ok()),
        _ => None,
    });
    let (answered, failed): (Vec<bool>, Vec<bool>) = ended.partition(|is_ok| *is_ok);
    match answered.len() + failed.len() {
        0 => String::new(),
        all => format!("<p class=\"small\">{all} requests, {} failed.</p>", failed.len()),
    }
}

/// What the line says, for whoever looks at the drawing only.
pub(super) fn summary(outcome: &Outcome) -> String {
    text(&line::seen(outcome))
}

/// Escaped for text and attributes.
pub(super) fn text(raw: &str) -> String {
    quick_xml::escape::escape(raw).into_owned()
}
