//! What is seen of one request: opened with its head, closed with the last of its answer, however that comes. Then it is
//! counted, and has its line in the access log.

mod body;

use std::rc::Rc;
use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;

use crate::access_log::Line;
use crate::activity::Activity;
use crate::caller::Caller;
use crate::endpoint::Endpoint;
use crate::error::RequestError;
use crate::routes::Route;
use crate::tally::{Failure, ServiceTally};
use crate::upstream::upload::Progress;
use crate::worker::Worker;

pub(crate) use body::SeenBody;

/// See the module.
pub(crate) struct Account {
    worker: Rc<Worker>,
    activity: Rc<Activity>,
    arrived_ns: i64,
    /// When the try under way began.
    tried_ns: i64,
    tries: u32,
    status: Option<StatusCode>,
    /// Who answered.
    endpoint: Option<Arc<Endpoint>>,
    /// Where no instance did.
    service: Option<Arc<ServiceTally>>,
    /// `None`: it has none.
    route: Option<Arc<ServiceTally>>,
    answered_bytes: u64,
    /// `None`: it has no line.
    line: Option<Box<Line>>,
}

impl Account {
    /// Of a request that has just come.
    pub(crate) fn open(worker: &Rc<Worker>, caller: &Caller, head: &Parts) -> Self {
        let line = worker.access_lines.wants_next().then(|| {
            Box::new(Line {
                at_ms: caller.arrived_ns / 1_000_000,
                peer: caller.peer,
                method: head.method.clone(),
                uri: head.uri.clone(),
                scheme: caller.scheme,
                version: caller.version,
                status: None,
                upload: None,
                answered_bytes: 0,
                duration_us: 0,
                service: None,
                endpoint: None,
                request_id: caller.request_id.clone(),
                tries: 0,
                route: None,
            })
        });
        caller.activity.set_under_way(true);
        Self {
            worker: Rc::clone(worker),
            activity: Rc::clone(&caller.activity),
            arrived_ns: caller.arrived_ns,
            tried_ns: caller.arrived_ns,
            tries: 0,
            status: None,
            endpoint: None,
            service: None,
            route: None,
            answered_bytes: 0,
            line,
        }
    }

    /// It takes a route; `None`: the locator's, which is counted too.
    pub(crate) fn takes(&mut self, route: Option<&Arc<Route>>, counted: Arc<ServiceTally>) {
        self.route = Some(counted);
        if let Some(line) = &mut self.line {
            line.route = route.cloned();
        }
    }

    /// An instance is tried.
    pub(crate) fn tries(&mut self) {
        if self.tries > 0 {
            self.tried_ns = self.worker.clock.now_ns();
            self.worker.tally.mine().retries.count(());
        }
        self.tries += 1;
    }

    /// It was taken out of rotation meanwhile: nothing was sent, and nothing failed.
    pub(crate) fn try_withdrawn(&mut self) {
        self.tries -= 1;
    }

    /// It did not answer.
    pub(crate) fn try_failed(&self, endpoint: &Endpoint, error: &RequestError) {
        endpoint.tally().failed();
        self.worker.tally.mine().failed_tries.count((error.kind.into(),));
    }

    /// It did.
    pub(crate) fn answered(&mut self, endpoint: Arc<Endpoint>, status: StatusCode, upload: Option<&Rc<Progress>>) {
        endpoint.tally().answered(status, self.worker.clock.now_ns() - self.tried_ns);
        if let Some(line) = &mut self.line {
            line.upload = upload.cloned();
        }
        self.endpoint = Some(endpoint);
    }

    /// No instance did.
    pub(crate) fn failed(&mut self, error: &RequestError) {
        self.worker.tally.mine().errors.count((error.kind.into(),));
        if let Some(name) = &error.service {
            self.service = self.worker.directory.snapshot().service(name).and_then(|service| service.tally().cloned());
        }
        if let Some(line) = &mut self.line {
            line.service.clone_from(&error.service);
        }
    }

    /// The head of the answer is on its way to the caller.
    pub(crate) fn head_leaves(&mut self, status: StatusCode) {
        self.status = Some(status);
        self.worker.tally.mine().answers.count((status.into(),));
        for tally in self.service_tally().into_iter().chain(&self.route) {
            tally.answered(status);
        }
    }

    /// Part of its body is.
    fn bytes_leave(&mut self, count: usize) {
        self.answered_bytes += count as u64;
    }

    fn service_tally(&self) -> Option<&Arc<ServiceTally>> {
        self.endpoint.as_ref().map(|endpoint| endpoint.tally().service()).or(self.service.as_ref())
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.activity.set_under_way(false);
        let duration_ns = self.worker.clock.now_ns() - self.arrived_ns;
        if self.status.is_none() {
            self.worker.tally.mine().errors.count((Failure::CallerLeft,));
        } else {
            for tally in self.service_tally().into_iter().chain(&self.route) {
                tally.took_ns(duration_ns);
            }
        }
        if let Some(mut line) = self.line.take() {
            line.status = self.status;
            line.answered_bytes = self.answered_bytes;
            line.duration_us = duration_ns / 1_000;
            line.endpoint = self.endpoint.take();
            line.tries = self.tries;
            self.worker.access_lines.add(&line);
        }
    }
}
