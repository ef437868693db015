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
mod table;

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use http::header::HOST;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};

use crate::config::EdgeConfig;
use crate::error::{ErrorKind, RequestError};
use crate::product;
use crate::terms::Terms;
use predicate::Asked;
pub(crate) use route::Route;
use route::RouteDefinition;
pub(crate) use table::RouteTable;

/// What is configured.
#[derive(Clone)]
pub struct RoutesConfig {
    pub(crate) definitions: Vec<RouteDefinition>,
    /// Whether `/{service-id}/**` leads to each service.
    pub locator: bool,
}

impl Default for RoutesConfig {
    fn default() -> Self {
        Self { definitions: Vec::new(), locator: true }
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
    /// The service, in any case.
    pub(crate) service: String,
    /// What was taken off the beginning of its path.
    pub(crate) prefix: String,
    /// What the instance is asked for.
    pub(crate) target: PathAndQuery,
    pub(crate) terms: Terms,
}

/// What is in force.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) table: RouteTable,
    pub(crate) locator: bool,
}

/// Read by every request, without a lock; replaced as a whole.
#[derive(Debug)]
pub(crate) struct Routes {
    in_force: ArcSwap<InForce>,
    defaults: Terms,
}

impl Routes {
    /// With what is configured; `edge`: what holds where a route says nothing.
    pub(crate) fn new(config: &RoutesConfig, edge: &EdgeConfig) -> Self {
        let defaults = Terms::of(edge);
        Self { in_force: ArcSwap::from_pointee(compiled(config, defaults)), defaults }
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
            let (service, terms) = (route.definition.service.clone(), route.terms);
            return Ok(Routed { route: Some(Arc::clone(route)), service, prefix, target, terms });
        }
        let located = if in_force.locator { product::route(given) } else { None };
        let product::Route { service, prefix, target } = located.ok_or_else(|| no_route(&in_force))?;
        Ok(Routed { route: None, service, prefix, target, terms: self.defaults })
    }
}

fn compiled(config: &RoutesConfig, defaults: Terms) -> InForce {
    InForce { table: RouteTable::new(config.definitions.clone(), defaults), locator: config.locator }
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
