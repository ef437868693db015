//! Many host patterns, each with the paths below it. The usual ones are found by their name, or by what they end with: what a
//! lookup costs depends on the host, not on how many there are. Others are looked at one after the other.

use std::collections::HashMap;

use super::host_pattern::{Host, HostPattern, Label};
use super::path_tree::{PathTree, Rank};
use super::segment::Segment;

/// See the module. Ports are not looked at.
#[derive(Debug, Default)]
pub(super) struct HostTree {
    /// `shop.example`.
    whole: HashMap<String, PathTree>,
    /// `**.shop.example`, `*.shop.example`: by what they end with.
    below: HashMap<String, PathTree>,
    one_below: HashMap<String, PathTree>,
    others: Vec<(HostPattern, PathTree)>,
    /// Of routes for any host.
    any: PathTree,
}

impl HostTree {
    /// The paths of a pattern; `None`: of any host.
    pub(super) fn paths(&mut self, pattern: Option<&HostPattern>) -> &mut PathTree {
        let Some(pattern) = pattern else { return &mut self.any };
        match pattern.labels.as_slice() {
            [Label::Many, others @ ..] if let Some(end) = literal(others) => self.below.entry(end).or_default(),
            [Label::One(Segment::Any(_)), others @ ..] if let Some(end) = literal(others) => {
                self.one_below.entry(end).or_default()
            }
            labels if let Some(whole) = literal(labels) => self.whole.entry(whole).or_default(),
            _ => {
                let place = self.others.iter().position(|(known, _)| known.text == pattern.text);
                let place = place.unwrap_or_else(|| {
                    self.others.push((pattern.clone(), PathTree::default()));
                    self.others.len() - 1
                });
                &mut self.others[place].1
            }
        }
    }

    /// The first route that is for this host and path and is taken, if it goes before `best`.
    pub(super) fn find(&self, host: Option<&Host<'_>>, path: &str, best: &mut Rank, is_taken: &dyn Fn(Rank) -> bool) {
        self.any.find(path, best, is_taken);
        let Some(host) = host else { return };
        let name = &*host.name;
        let mut look = |paths: Option<&PathTree>| paths.iter().for_each(|paths| paths.find(path, best, is_taken));
        look(self.whole.get(name));
        // An IPv6 address has no labels.
        let is_name = !name.starts_with('[');
        if is_name && !self.one_below.is_empty() {
            look(name.split_once('.').and_then(|(_, end)| self.one_below.get(end)));
        }
        if is_name && !self.below.is_empty() {
            let mut end = Some(name);
            while let Some(name) = end {
                look(self.below.get(name));
                end = name.split_once('.').map(|(_, end)| end);
            }
        }
        for (pattern, paths) in &self.others {
            if pattern.name_fits(name) {
                look(Some(paths));
            }
        }
    }
}

/// Labels that are all as they stand, at least one.
fn literal(labels: &[Label]) -> Option<String> {
    let texts: Vec<&str> = labels
        .iter()
        .map(|label| match label {
            Label::One(Segment::Literal(literal)) => std::str::from_utf8(literal).ok(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    (!texts.is_empty()).then(|| texts.join("."))
}
