//! All routes, compiled for lookups once and never changed.

use std::sync::Arc;

use super::host_tree::HostTree;
use super::path;
use super::path_tree::Rank;
use super::predicate::Asked;
use super::route::{Route, RouteDefinition};
use crate::tally::ServiceTally;
use crate::terms::Terms;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    /// In the order in which they are asked.
    routes: Vec<Arc<Route>>,
    hosts: HostTree,
}

impl RouteTable {
    pub(super) fn new(
        mut definitions: Vec<RouteDefinition>,
        defaults: Terms,
        tally: impl Fn(&str) -> Arc<ServiceTally>,
    ) -> Self {
        // Those of one order stay as they are.
        definitions.sort_by_key(|definition| definition.order);
        let mut hosts = HostTree::default();
        for (rank, definition) in (0..Rank::MAX).zip(&definitions) {
            let for_hosts = definition.hosts().map(|hosts| hosts.iter().map(Some).collect());
            for host in for_hosts.unwrap_or_else(|| vec![None]) {
                let paths = hosts.paths(host);
                match definition.paths() {
                    Some(patterns) => patterns.iter().for_each(|pattern| paths.add(pattern, rank)),
                    None => paths.add_any(rank),
                }
            }
        }
        let made = |one: RouteDefinition| {
            let tally = tally(&one.id);
            Arc::new(Route::new(one, defaults, tally))
        };
        let routes = definitions.into_iter().map(made).collect();
        Self { routes, hosts }
    }

    /// The first route that a request takes.
    pub(crate) fn find(&self, asked: &Asked<'_>) -> Option<&Arc<Route>> {
        if self.routes.is_empty() {
            return None;
        }
        let has_dots = path::has_dots(asked.path);
        let mut best = Rank::MAX;
        let is_taken = |rank: Rank| self.route(rank).is_some_and(|route| route.is_taken(asked, has_dots));
        self.hosts.find(asked.host.as_ref(), asked.path, &mut best, &is_taken);
        self.route(best)
    }

    /// All, in the order in which they are asked.
    pub(crate) fn routes(&self) -> &[Arc<Route>] {
        &self.routes
    }

    fn route(&self, rank: Rank) -> Option<&Arc<Route>> {
        self.routes.get(usize::try_from(rank).ok()?)
    }
}

#[cfg(test)]
mod tests;
