//! The loop: events in, orders out, a bounded number at a time.

use std::collections::HashMap;
use std::sync::Arc;

use eurus_service::{Clock, Shutdown, Timer};
use futures_util::StreamExt;
use k8s_openapi::api::core::v1::Pod as ApiPod;
use kube::Client;
use kube::runtime::watcher::Event;
use tokio::task::{Id, JoinError, JoinSet};

use crate::config::KubernetesConfig;
use crate::downline::Downline;

use super::decision::{Answer, Done};
use super::order;
use super::pod::Pod;
use super::pods::{Due, Pods, Scope};
use super::watching::{self, Events, Heard};

/// Orders under way at one time: fewer than requests may be, so that people still get through.
const ORDERS_AT_ONCE: usize = 32;

pub(super) struct Controller {
    client: Client,
    config: Arc<KubernetesConfig>,
    downline: Arc<Downline>,
    clock: Clock,
    events: Events,
    pods: Pods,
    orders: JoinSet<Answer>,
    /// Whose order a task is.
    uids: HashMap<Id, String>,
    said_passed_over: u64,
}

impl Controller {
    pub(super) fn new(client: Client, config: KubernetesConfig, downline: Arc<Downline>, clock: Clock) -> Self {
        Self {
            events: watching::events(&client, &config, &clock),
            client,
            pods: Pods::new(watching::scopes(&config).len()),
            config: Arc::new(config),
            downline,
            clock,
            orders: JoinSet::new(),
            uids: HashMap::new(),
            said_passed_over: 0,
        }
    }

    /// Until the signal; then orders under way are finished.
    pub(super) async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        loop {
            self.give_orders();
            let next_due_ms = self.pods.next_due_ms(self.clock.now_ms());
            tokio::select! {
                () = shutdown.wait() => break,
                Some(heard) = self.events.next() => self.take(heard),
                Some(ended) = self.orders.join_next_with_id(), if !self.orders.is_empty() => self.settle(ended),
                () = sleep(&mut timer, next_due_ms) => {}
            }
        }
        drop(timer);
        while let Some(ended) = self.orders.join_next_with_id().await {
            self.settle(ended);
        }
    }

    fn give_orders(&mut self) {
        let places = ORDERS_AT_ONCE.saturating_sub(self.orders.len());
        for due in self.pods.due(self.clock.now_ms(), places) {
            let uid = due.pod.uid.clone();
            let (client, config, downline) =
                (self.client.clone(), Arc::clone(&self.config), Arc::clone(&self.downline));
            let task = self.orders.spawn(carry_out(due, client, config, downline));
            self.uids.insert(task.id(), uid);
        }
    }

    fn take(&mut self, heard: Heard) {
        let Heard { scope, event, followed_until_ms } = heard;
        match event {
            Event::Init => self.pods.listing(scope, followed_until_ms),
            Event::InitApply(pod) | Event::Apply(pod) => self.put(scope, &pod),
            Event::Delete(pod) => {
                if let Some(pod) = Pod::of(&pod, &self.config) {
                    self.pods.gone(scope, pod, followed_until_ms, self.clock.now_ms());
                }
            }
            Event::InitDone => {
                self.pods.listed(scope, self.clock.now_ms());
                let namespaces = watching::scopes(&self.config);
                let place = namespaces.get(scope).cloned().flatten();
                let place = place.map_or_else(|| "all namespaces".to_owned(), |name| format!("namespace {name}"));
                log::info!("Kubernetes: following the pods of {place}; {} pods are known", self.pods.len());
            }
        }
        if self.pods.passed_over > 0 && self.said_passed_over == 0 {
            log::error!(
                "Kubernetes: there are more than {} pods; of the others it is not known which addresses they take over. \
                 Narrow them by eurus.sync-speed.kubernetes.namespaces or label-selector",
                self.pods.len()
            );
        }
        self.said_passed_over = self.pods.passed_over;
    }

    fn put(&mut self, scope: Scope, pod: &ApiPod) {
        let Some(pod) = Pod::of(pod, &self.config) else { return };
        let is_without_address = pod.has_the_nodes_address && pod.app.is_none();
        let name = pod.in_words();
        let is_new_among_the_leaving = self.pods.put(scope, pod);
        if is_new_among_the_leaving && is_without_address {
            log::warn!(
                "pod {name} is being deleted and not taken offline: it has its node's address (hostNetwork), which others \
                 share; the annotation {} can name its application",
                self.config.app_annotation
            );
        }
    }

    fn settle(&mut self, ended: Result<(Id, Answer), JoinError>) {
        let (id, answer) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                log::error!("the order for a deleted pod broke off: {error}");
                (error.id(), Answer::NotNow)
            }
        };
        let Some(uid) = self.uids.remove(&id) else { return };
        if self.pods.answered(&uid, &answer, self.clock.now_ms()) == Some(Done::GaveUp) {
            log::error!("pod {uid} is being deleted, or gone, and was not taken offline: the attempts are used up");
        }
    }
}

async fn carry_out(due: Due, client: Client, config: Arc<KubernetesConfig>, downline: Arc<Downline>) -> Answer {
    if due.is_gone && config.label_selector.is_some() {
        let pod = due.pod.in_words();
        match watching::is_there(&client, &due.pod).await {
            Ok(false) => {}
            Ok(true) => {
                log::info!("pod {pod} has left the label selector and is still there: it is left alone");
                return Answer::Never;
            }
            Err(why) => {
                log::warn!("pod {pod} has left the label selector or is gone; which of the two is not known: {why}");
                return Answer::NotNow;
            }
        }
    }
    order::carry_out(&due, &config, &downline).await
}

async fn sleep(timer: &mut Timer, until_ms: Option<i64>) {
    match until_ms {
        Some(until_ms) => timer.sleep_until_ms(until_ms).await,
        None => timer.idle().await,
    }
}
