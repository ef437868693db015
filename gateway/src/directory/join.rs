//! The join of one application: its fetched instances, their marks, and the endpoints that live on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use eurus_model::{Application, InstanceInfo, InstanceStatus};

use super::Calling;
use crate::destination::{Destinations, destinations_of};
use crate::directive::Directive;
use crate::endpoint::Endpoint;
use crate::rule::{Rule, RuleName};
use crate::service::{InstanceView, NoAddress, Service, Why};
use crate::tally::Book;

/// What outlives the snapshots of one application.
pub(super) struct Members {
    rule: Arc<dyn Rule>,
    /// By instance id and where it is called. One that has left the fetched copy stays until nothing can begin there any more, and
    /// nothing that began is under way.
    endpoints: HashMap<(String, Destinations), Arc<Endpoint>>,
}

/// What a mark makes of a fetched instance.
pub(super) struct Joined {
    pub(super) status: InstanceStatus,
    pub(super) directive: Directive,
    pub(super) recorded_ms: i64,
}

/// One application, joined anew.
pub(super) struct JoinedService {
    /// `None`: it has no instance any more.
    pub(super) service: Option<Service>,
    /// In rotation and still closed.
    pub(super) entering: Vec<Arc<Endpoint>>,
    /// Not in rotation and still open.
    pub(super) leaving: Vec<Arc<Endpoint>>,
}

impl Members {
    /// Of an application that has none yet.
    pub(super) fn new(rule: RuleName) -> Self {
        Self { rule: rule.rule(), endpoints: HashMap::new() }
    }

    /// Joins the fetched instances with their marks.
    pub(super) fn join(
        &mut self,
        app: &str,
        fetched: Option<&Application>,
        calling: &Calling,
        book: &Book,
        mark_of: &dyn Fn(&InstanceInfo) -> Option<Joined>,
    ) -> JoinedService {
        let instances: Vec<InstanceView> = fetched
            .into_iter()
            .flat_map(|application| application.instances.values())
            .map(|instance| {
                let called = destinations_of(instance, &calling.own, &calling.instances);
                self.view((app, book), instance, called, mark_of(instance))
            })
            .collect();
        let rotation: Vec<Arc<Endpoint>> =
            instances.iter().filter(|view| view.in_rotation()).filter_map(|view| view.endpoint.clone()).collect();
        let rotating: HashSet<*const Endpoint> = rotation.iter().map(Arc::as_ptr).collect();
        let entering = rotation.iter().filter(|endpoint| !endpoint.is_open()).cloned().collect();
        let leaving: Vec<_> = self
            .endpoints
            .values()
            .filter(|endpoint| endpoint.is_open() && !rotating.contains(&Arc::as_ptr(endpoint)))
            .cloned()
            .collect();
        self.forget_the_gone(&instances);
        let service = (!instances.is_empty()).then(|| Service {
            name: app.to_owned(),
            rule: Arc::clone(&self.rule),
            rotation,
            instances,
        });
        JoinedService { service, entering, leaving }
    }

    /// The instance's endpoints that no request may begin at.
    pub(super) fn closed(&self, id: &str) -> Vec<Arc<Endpoint>> {
        self.endpoints
            .values()
            .filter(|endpoint| endpoint.instance_id() == id && !endpoint.is_open())
            .cloned()
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.endpoints.is_empty()
    }

    fn view(
        &mut self,
        (app, book): (&str, &Book),
        fetched: &Arc<InstanceInfo>,
        called: Result<Destinations, NoAddress>,
        joined: Option<Joined>,
    ) -> InstanceView {
        let registry = fetched.status;
        let (status, why) = match (joined, &called) {
            (Some(Joined { status, directive, recorded_ms }), _) => {
                (status, Why::Mark { directive, recorded_ms, registry, status })
            }
            (None, Err(reason)) if registry == InstanceStatus::Up => (registry, Why::NoAddress(reason.clone())),
            (None, _) => (registry, Why::Registry(registry)),
        };
        let endpoint = called.ok().map(|called| self.endpoint(app, &fetched.instance_id, called, book));
        InstanceView { fetched: Arc::clone(fetched), status, why, endpoint }
    }

    fn endpoint(&mut self, app: &str, id: &str, called: Destinations, book: &Book) -> Arc<Endpoint> {
        let known = self.endpoints.entry((id.to_owned(), called.clone()));
        Arc::clone(known.or_insert_with(|| Arc::new(Endpoint::counted(app, id, called, book.instance(app, id)))))
    }

    /// The instance's endpoints, also those that have left the fetched copy.
    pub(super) fn of_instance(&self, id: &str) -> Vec<Arc<Endpoint>> {
        self.endpoints.values().filter(|endpoint| endpoint.instance_id() == id).cloned().collect()
    }

    /// An endpoint that is closed, and at which nothing is under way, stays so: its object can go.
    fn forget_the_gone(&mut self, instances: &[InstanceView]) {
        let shown: HashSet<*const Endpoint> =
            instances.iter().filter_map(|view| view.endpoint.as_ref()).map(Arc::as_ptr).collect();
        self.endpoints.retain(|_, endpoint| {
            shown.contains(&Arc::as_ptr(endpoint)) || endpoint.is_open() || endpoint.under_way() > 0
        });
    }
}
