//! Writes a scenario as the file that it would be read from.

mod expectation;
mod flow;
mod parts;
mod step;

use super::super::duration::span;
use super::{REST_MS, Scenario, Time};
pub(super) use flow::map;
use flow::text;

/// The scenario as YAML. What is as it is by default is left out, except where a reader would ask.
pub fn write(scenario: &Scenario) -> String {
    let mut page = Page::default();
    page.line(&format!("name: {}", text(&scenario.name)));
    if !scenario.about.is_empty() {
        page.line(&format!("about: {}", text(&scenario.about)));
    }
    if scenario.start_ms != 0 {
        page.line(&format!("start: {}", span(scenario.start_ms)));
    }
    page.line(&format!("length: {}", span(scenario.length_ms)));
    let is_real = scenario.time == Time::Real;
    if is_real {
        page.line("time: real");
    }
    if scenario.rest_ms != if is_real { 0 } else { REST_MS } {
        page.line(&format!("rest: {}", span(scenario.rest_ms)));
    }
    page.line("");
    let only = match scenario.registries.as_slice() {
        [one] => Some(one.name.as_str()),
        _ => None,
    };
    page.map("registries", scenario.registries.iter().map(|part| parts::node(part, only)));
    page.map("gateways", scenario.gateways.iter().map(|part| parts::node(part, only)));
    page.map("sync-speeds", scenario.sync_speeds.iter().map(|part| parts::node(part, only)));
    page.map("callers", scenario.callers.iter().map(parts::caller));
    page.map("producers", parts::producers(&scenario.producers, only).into_iter());
    page.list("load", scenario.loads.iter().map(parts::load));
    page.list("steps", scenario.steps.iter().map(step::of));
    match scenario.expectations.is_empty() {
        true => page.line("\nexpect: []"),
        false => page.list("expect", scenario.expectations.iter().map(expectation::of)),
    }
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// Names with what they are.
    fn map(&mut self, name: &str, entries: impl Iterator<Item = (String, String)>) {
        let mut entries = entries.peekable();
        if entries.peek().is_some() {
            self.line(&format!("{name}:"));
        }
        for (name, what) in entries {
            self.line(&format!("  {name}: {what}"));
        }
    }

    fn list(&mut self, name: &str, items: impl Iterator<Item = String>) {
        let mut items = items.peekable();
        if items.peek().is_some() {
            self.line(&format!("\n{name}:"));
        }
        for item in items {
            self.line(&format!("  - {item}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::harness::files;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        for scenario in files::scenarios(&[folder]).unwrap() {
            let written = write(&scenario);
            let read = Scenario::parse(&scenario.file, &written).unwrap_or_else(|wrong| panic!("{wrong}\n{written}"));
            assert_eq!(read, scenario, "\n{written}");
        }
    }
}
