//! One route: which requests take it, where it leads, and what becomes of their path.

use std::sync::Arc;

use http::uri::PathAndQuery;

use super::filter::Filter;
use super::path_pattern::PathPattern;
use super::predicate::{Asked, Predicate};
use crate::tally::ServiceTally;
use crate::terms::{OwnTerms, Terms};

/// What somebody wrote, read and found right.
#[derive(Clone, Debug)]
pub(crate) struct RouteDefinition {
    pub(crate) id: String,
    /// As it is registered, in any case.
    pub(crate) service: String,
    /// The smaller goes first; of the same, the one that was written first.
    pub(crate) order: i32,
    pub(crate) predicates: Vec<Predicate>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) terms: OwnTerms,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) definition: RouteDefinition,
    pub(crate) terms: Terms,
    pub(crate) tally: Arc<ServiceTally>,
    /// Whether filters need what patterns have left free.
    has_variables: bool,
    /// Predicates that the table has not looked at.
    unlooked: Vec<Predicate>,
    has_path: bool,
}

impl Route {
    pub(super) fn new(definition: RouteDefinition, defaults: Terms, tally: Arc<ServiceTally>) -> Self {
        let terms = defaults.with(&definition.terms);
        let has_variables = definition.filters.iter().any(|filter| !filter.names().is_empty());
        let (first_path, first_host) = (definition.paths_place(), definition.hosts_place());
        let is_looked_at = |place: usize, predicate: &Predicate| match predicate {
            Predicate::Path(_) => Some(place) == first_path,
            Predicate::Host(patterns) => {
                Some(place) == first_host && patterns.iter().all(|pattern| pattern.port.is_none())
            }
            Predicate::Method(_) | Predicate::Header(..) => false,
        };
        let unlooked = definition.predicates.iter().enumerate();
        let unlooked = unlooked.filter(|(place, one)| !is_looked_at(*place, one)).map(|(_, one)| one.clone()).collect();
        Self { has_path: first_path.is_some(), definition, terms, tally, has_variables, unlooked }
    }

    /// Whether a request takes it whose host and path the table has found to fit.
    pub(super) fn is_taken(&self, asked: &Asked<'_>, has_dots: bool) -> bool {
        !(has_dots && self.has_path) && self.unlooked.iter().all(|predicate| predicate.fits(asked))
    }

    /// What the instance is asked for, and what was taken from the beginning of the path. `None`: the filters have made
    /// something that is no path.
    pub(super) fn target(&self, given: &PathAndQuery) -> Option<(PathAndQuery, String)> {
        if self.definition.filters.is_empty() {
            return Some((given.clone(), String::new()));
        }
        let original = given.path();
        let variables = if self.has_variables { self.variables(original) } else { Vec::new() };
        let mut path = original.to_owned();
        for filter in &self.definition.filters {
            path = filter.apply(&path, &variables);
        }
        let prefix = taken_off(original, &path).to_owned();
        if let Some(query) = given.query() {
            path.push('?');
            path.push_str(query);
        }
        Some((PathAndQuery::try_from(path).ok()?, prefix))
    }

    fn variables(&self, path: &str) -> Vec<(String, String)> {
        let patterns = self.definition.predicates.iter().filter_map(|predicate| match predicate {
            Predicate::Path(patterns) => patterns.iter().find(|pattern| pattern.fits(path)),
            _ => None,
        });
        patterns.flat_map(|pattern| pattern.capture(path)).collect()
    }
}

impl RouteDefinition {
    /// Whether a request takes it, looked at without any table.
    #[cfg(test)]
    pub(super) fn fits(&self, asked: &Asked<'_>) -> bool {
        self.predicates.iter().all(|predicate| predicate.fits(asked))
    }

    fn paths_place(&self) -> Option<usize> {
        self.predicates.iter().position(|predicate| matches!(predicate, Predicate::Path(_)))
    }

    fn hosts_place(&self) -> Option<usize> {
        self.predicates.iter().position(|predicate| matches!(predicate, Predicate::Host(_)))
    }

    /// The patterns by which a table finds it.
    pub(super) fn paths(&self) -> Option<&[PathPattern]> {
        self.predicates.iter().find_map(|predicate| match predicate {
            Predicate::Path(patterns) => Some(patterns.as_slice()),
            _ => None,
        })
    }

    /// The same, of hosts.
    pub(super) fn hosts(&self) -> Option<&[super::host_pattern::HostPattern]> {
        self.predicates.iter().find_map(|predicate| match predicate {
            Predicate::Host(patterns) => Some(patterns.as_slice()),
            _ => None,
        })
    }

    /// A variable that a filter needs and not every pattern of its paths has.
    pub(crate) fn missing_variable(&self) -> Option<&str> {
        let patterns = self.predicates.iter().filter_map(|predicate| match predicate {
            Predicate::Path(patterns) => Some(patterns),
            _ => None,
        });
        let all: Vec<_> = patterns.collect();
        let has = |name: &str| all.iter().any(|patterns| patterns.iter().all(|one| one.names().contains(&name)));
        self.filters.iter().flat_map(Filter::names).find(|name| !has(name))
    }
}

/// What the path had in front and has no longer; nothing, when it has become another one.
fn taken_off<'a>(original: &'a str, path: &str) -> &'a str {
    if path == "/" { original.trim_end_matches('/') } else { original.strip_suffix(path).unwrap_or("") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_what_was_taken_off() {
        for (original, path, prefix) in [
            ("/a/b", "/b", "/a"),
            ("/a", "/", "/a"),
            ("/a/", "/", "/a"),
            ("/", "/", ""),
            ("/a", "/v1/a", ""),
            ("/a/b", "/c", ""),
            ("/a", "/a", ""),
        ] {
            assert_eq!(taken_off(original, path), prefix, "{original} {path}");
        }
    }
}
