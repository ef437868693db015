//! Which service a request is for, and as what it is sent there. Routes that somebody wrote go first, in their order; behind
//! them, unless it is switched off, the locator: `/{service-id}/**` leads to each service.
//!
//! ```text
//! configuration ─► properties::routes ─► RouteDefinition ─► RouteTable, one immutable snapshot ─► find, for each request
//! ```
//!
//! | module | what |
//! |---|---|
//! | `table` | all routes, compiled: the first that a request takes |
//! | `host_tree`, `path_tree` | finding by host and path, whose cost does not grow with the number of routes |
//! | `route` | one route |
//! | `predicate`, `filter` | what a request must be like; what becomes of its path |
//! | `standing`, `tallies` | how they came to be in force; what is counted of them |
//! | `host_pattern`, `path_pattern`, `segment`, `path` | patterns; what of a path they see |

pub(crate) mod filter;
pub(crate) mod host_pattern;
mod host_tree;
mod path;
pub(crate) mod path_pattern;
mod path_tree;
pub(crate) mod predicate;
pub(crate) mod route;
pub(crate) mod segment;
mod standing;
mod table;
mod tallies;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use http::header::HOST;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};
use parking_lot::Mutex;

use crate::config::EdgeConfig;
use crate::error::{ErrorKind, RequestError};
use crate::product;
use crate::tally::ServiceTally;
use crate::terms::Terms;
use predicate::Asked;
pub(crate) use route::Route;
use route::RouteDefinition;
pub(crate) use standing::Standing;
pub(crate) use table::RouteTable;
use tallies::{LOCATOR, Tallies};

/// What is configured.
#[derive(Clone)]
pub struct RoutesConfig {
    pub(crate) definitions: Vec<RouteDefinition>,
    /// Whether `/{service-id}/**` leads to each service.
    pub locator: bool,
    /// How many routes have metrics of their own.
    pub counted_max: usize,
}

impl Default for RoutesConfig {
    fn default() -> Self {
        Self { definitions: Vec::new(), locator: true, counted_max: 200 }
    }
}

/// Without the routes: there may be thousands.
impl fmt::Debug for RoutesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoutesConfig")
            .field("definitions", &self.definitions.len())
            .field("locator", &self.locator)
            .finish()
    }
}

/// Where a request goes.
pub(crate) struct Routed {
    /// `None`: the locator's.
    pub(crate) route: Option<Arc<Route>>,
    /// What was taken off the beginning of its path.
    pub(crate) prefix: String,
    /// What the instance is asked for.
    pub(crate) target: PathAndQuery,
    pub(crate) terms: Terms,
    pub(crate) tally: Arc<ServiceTally>,
}

/// The service, in any case: a route's, or the one that the prefix names.
pub(crate) fn service_of<'a>(route: Option<&'a Arc<Route>>, prefix: &'a str) -> &'a str {
    route.map_or_else(|| prefix.strip_prefix('/').unwrap_or(prefix), |route| &route.definition.service)
}

/// What is in force.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) table: RouteTable,
    pub(crate) locator: bool,
    of_locator: Arc<ServiceTally>,
    /// What it was made of, to tell a change.
    config: RoutesConfig,
}

/// Read by every request, without a lock; replaced as a whole.
#[derive(Debug)]
pub(crate) struct Routes {
    in_force: ArcSwap<InForce>,
    defaults: Terms,
    /// Never locked by a request.
    tallies: Mutex<Tallies>,
    standing: Mutex<Standing>,
}

impl Routes {
    /// With what is configured; `edge`: what holds where a route says nothing.
    pub(crate) fn new(config: &RoutesConfig, edge: &EdgeConfig) -> Self {
        let defaults = Terms::of(edge);
        let mut tallies = Tallies::default();
        let in_force = ArcSwap::from_pointee(compiled(config, defaults, &mut tallies));
        Self { in_force, defaults, tallies: Mutex::new(tallies), standing: Mutex::default() }
    }

    /// Puts other routes in force, for the next request; what has changed, for people. `None`: nothing.
    pub(crate) fn replace(&self, config: &RoutesConfig, now_ms: i64) -> Option<String> {
        self.standing.lock().wrong = None;
        let change = config.change_since(&self.in_force.load().config)?;
        let mut tallies = self.tallies.lock();
        self.in_force.store(Arc::new(compiled(config, self.defaults, &mut tallies)));
        let mut standing = self.standing.lock();
        standing.taken_over += 1;
        standing.taken_over_ms = Some(now_ms);
        Some(change)
    }

    /// Others are there, and are not put in force.
    pub(crate) fn refused(&self, why: String) {
        let mut standing = self.standing.lock();
        standing.refused += 1;
        standing.wrong = Some(why);
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing.lock().clone()
    }

    /// What is counted, by route; and how many routes are not counted apart.
    pub(crate) fn counted(&self) -> (BTreeMap<String, Arc<ServiceTally>>, u64) {
        self.tallies.lock().shown()
    }

    pub(crate) fn in_force(&self) -> Guard<Arc<InForce>> {
        self.in_force.load()
    }

    /// The route of a request.
    pub(crate) fn route(&self, head: &Parts) -> Result<Routed, RequestError> {
        let in_force = self.in_force.load();
        let given = head.uri.path_and_query().ok_or_else(|| no_route(&in_force))?;
        // As judged: where there is no `Host`, the target's authority is one.
        let host = head.uri.authority().map(Authority::as_str);
        let host = host.or_else(|| head.headers.get(HOST).and_then(|host| host.to_str().ok()));
        if let Some(route) = in_force.table.find(&Asked::new(&head.method, given.path(), host, &head.headers)) {
            let (target, prefix) = route.target(given).ok_or_else(|| no_path(route))?;
            let (terms, tally) = (route.terms, Arc::clone(&route.tally));
            return Ok(Routed { route: Some(Arc::clone(route)), prefix, target, terms, tally });
        }
        let located = if in_force.locator { product::route(given) } else { None };
        let product::Route { prefix, target } = located.ok_or_else(|| no_route(&in_force))?;
        let tally = Arc::clone(&in_force.of_locator);
        Ok(Routed { route: None, prefix, target, terms: self.defaults, tally })
    }
}

fn compiled(config: &RoutesConfig, defaults: Terms, tallies: &mut Tallies) -> InForce {
    tallies.settle(config.definitions.iter().map(|one| one.id.as_str()), config.counted_max);
    InForce {
        table: RouteTable::new(config.definitions.clone(), defaults, |id| tallies.of(id)),
        locator: config.locator,
        of_locator: tallies.of(LOCATOR),
        config: config.clone(),
    }
}

impl RoutesConfig {
    /// What is different, for a person; `None`: nothing.
    fn change_since(&self, before: &Self) -> Option<String> {
        const SHOWN_MAX: usize = 10;
        let texts = |config: &Self| -> HashMap<String, String> {
            config.definitions.iter().map(|one| (one.id.clone(), format!("{one:?}"))).collect()
        };
        let (old, new) = (texts(before), texts(self));
        let ids = |config: &Self| config.definitions.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        let list = |what: &str, mut ids: Vec<String>| -> Option<String> {
            let more = ids.len().saturating_sub(SHOWN_MAX);
            ids.truncate(SHOWN_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            (!ids.is_empty()).then(|| format!("{what} {}{more}", ids.join(", ").escape_debug()))
        };
        let added = ids(self).into_iter().filter(|id| !old.contains_key(id)).collect();
        let gone = ids(before).into_iter().filter(|id| !new.contains_key(id)).collect();
        let other =
            ids(self).into_iter().filter(|id| old.get(id).is_some_and(|text| Some(text) != new.get(id))).collect();
        let is_reordered = ids(self) != ids(before);
        let mut changes: Vec<String> =
            [list("new:", added), list("gone:", gone), list("changed:", other)].into_iter().flatten().collect();
        if changes.is_empty() && is_reordered {
            changes.push("their order in the file".to_owned());
        }
        if self.locator != before.locator {
            changes.push(format!("the locator is {}", if self.locator { "on" } else { "off" }));
        }
        (!changes.is_empty()).then(|| changes.join("; "))
    }
}

fn no_route(in_force: &InForce) -> RequestError {
    let message = match (in_force.table.routes().is_empty(), in_force.locator) {
        (true, true) => "no route: the path must begin with /{service-id}/",
        (true, false) => "no route: none is configured (spring.cloud.gateway.routes), and the locator is off",
        (false, true) => "no route takes this request, and its path does not begin with /{service-id}/ either",
        (false, false) => "no route takes this request: they differ from it in path, host, method or headers",
    };
    RequestError::new(ErrorKind::NoRoute, None, message)
}

fn no_path(route: &Route) -> RequestError {
    let message =
        format!("the filters of the route {} have made something of the path that is none", route.definition.id);
    RequestError::new(ErrorKind::NoRoute, Some(&route.definition.service), message)
}
