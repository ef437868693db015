//! alerts.yml names only metrics and labels that exist: a rule over nothing never fires.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Metrics of METRICS.md, which another test compares with what is exported: labels by name.
fn documented(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut known = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let labels = cells[3].split(", ").map(|label| label.trim_matches('`').to_owned());
        // Who scrapes adds where it came from.
        let labels: BTreeSet<String> = labels.chain(["job", "instance"].map(ToOwned::to_owned)).collect();
        if cells[2] == "histogram" {
            known.insert(format!("{name}_count"), labels.clone());
            known.insert(format!("{name}_sum"), labels.clone());
            known.insert(format!("{name}_bucket"), labels.into_iter().chain(["le".to_owned()]).collect());
        } else {
            known.insert(name, labels);
        }
    }
    known
}

/// Metrics that an expression names, with the labels in their braces.
fn named(expression: &str) -> Vec<(String, Vec<String>)> {
    let is_word = |one: char| one.is_ascii_alphanumeric() || one == '_';
    let mut found = Vec::new();
    for (place, _) in expression.match_indices(|one: char| one.is_ascii_alphabetic()) {
        let rest = &expression[place..];
        let is_start = !expression[..place].ends_with(is_word);
        if !is_start || !["eurus_", "process_", "eureka_"].iter().any(|prefix| rest.starts_with(prefix)) {
            continue;
        }
        let (name, after) = rest.split_at(rest.find(|one| !is_word(one)).unwrap_or(rest.len()));
        let braces = after.strip_prefix('{').map_or("", |after| after.split('}').next().unwrap());
        let labels = braces.split(',').filter(|pair| !pair.is_empty());
        let labels = labels.map(|pair| pair.split('=').next().unwrap().trim_end_matches('!').trim().to_owned());
        found.push((name.to_owned(), labels.collect()));
    }
    found
}

#[test]
#[allow(clippy::disallowed_methods)] // A test reads its data.
fn every_rule_is_about_something_that_exists() {
    let read = |name: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let known = documented(&read("METRICS.md"));
    let alerts = read("alerts.yml");
    let expressions: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert_eq!(expressions.len(), alerts.matches("- alert: ").count(), "each alert has its expression on one line");
    let descriptions = alerts.lines().filter(|line| line.trim().starts_with("description: "));
    let named: Vec<_> = expressions.iter().copied().chain(descriptions).flat_map(named).collect();
    assert!(named.len() > expressions.len(), "{named:?}");
    for (name, labels) in named {
        // Prose names a histogram as a whole.
        let Some(has) = known.get(&name).or_else(|| known.get(&format!("{name}_count"))) else {
            panic!("alerts.yml: {name} is not exported");
        };
        for label in labels {
            assert!(has.contains(&label), "alerts.yml: {name} has no label {label}");
        }
    }
}
