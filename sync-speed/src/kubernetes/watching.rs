//! Events of the API server, without an end: what fails is said and tried again, in the injected clock's time.

use eurus_service::Clock;
use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};

use crate::config::KubernetesConfig;

use super::pods::Scope;
use super::words::{in_words, is_too_old};

/// First wait before the API server is asked again; it doubles.
const RETRY_BASE_MS: i64 = 100;
const RETRY_MAX_MS: i64 = 30_000;
/// After so long without a failure the waits begin anew.
const CALM_MS: i64 = 60_000;
/// Of failures that repeat themselves one in so many is said.
const SAID_EVERY: u32 = 10;

pub(super) type Events = SelectAll<BoxStream<'static, (Scope, Event<Pod>)>>;

/// One watch for all namespaces, or one for each; their number is that of the scopes.
pub(super) fn events(client: &Client, config: &KubernetesConfig, clock: &Clock) -> Events {
    let mut events = SelectAll::new();
    for (scope, namespace) in scopes(config).into_iter().enumerate() {
        let following = Following::new(client, config, namespace, clock);
        let of_scope = stream::unfold(following, |mut following| async move {
            let event = following.next().await;
            Some((event, following))
        });
        events.push(of_scope.map(move |event| (scope, event)).boxed());
    }
    events
}

/// `None`: all namespaces.
pub(super) fn scopes(config: &KubernetesConfig) -> Vec<Option<String>> {
    match config.namespaces.as_slice() {
        [] => vec![None],
        named => named.iter().cloned().map(Some).collect(),
    }
}

struct Following {
    api: Api<Pod>,
    watch: watcher::Config,
    stream: BoxStream<'static, watcher::Result<Event<Pod>>>,
    namespace: Option<String>,
    clock: Clock,
    failures: u32,
    failed_at_ms: i64,
    last_words: String,
    repeated: u32,
}

impl Following {
    fn new(client: &Client, config: &KubernetesConfig, namespace: Option<String>, clock: &Clock) -> Self {
        let api: Api<Pod> = match &namespace {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        };
        let watch = watcher::Config { label_selector: config.label_selector.clone(), ..watcher::Config::default() };
        let stream = watcher(api.clone(), watch.clone()).boxed();
        Self {
            api,
            watch,
            stream,
            namespace,
            clock: clock.clone(),
            failures: 0,
            failed_at_ms: 0,
            last_words: String::new(),
            repeated: 0,
        }
    }

    async fn next(&mut self) -> Event<Pod> {
        loop {
            match self.stream.try_next().await {
                Ok(Some(event)) => return event,
                Ok(None) => self.begin_anew(),
                Err(error) => {
                    self.say(&error);
                    // The library lists again when a watch ends with it, not when a watch cannot begin for it.
                    if is_too_old(&error) {
                        self.begin_anew();
                    }
                    self.wait().await;
                }
            }
        }
    }

    fn begin_anew(&mut self) {
        self.stream = watcher(self.api.clone(), self.watch.clone()).boxed();
    }

    fn say(&mut self, error: &watcher::Error) {
        let words = in_words(error, self.namespace.as_deref());
        self.repeated = if words == self.last_words { self.repeated + 1 } else { 0 };
        if is_too_old(error) {
            log::info!("Kubernetes: {words}");
        } else if self.repeated.is_multiple_of(SAID_EVERY) {
            let times = if self.repeated > 0 { format!(" ({} times)", self.repeated + 1) } else { String::new() };
            log::error!("Kubernetes: {words}{times}; it is tried again, deleted pods are not taken offline meanwhile");
        }
        self.last_words = words;
    }

    async fn wait(&mut self) {
        let now_ms = self.clock.now_ms();
        self.failures = if now_ms - self.failed_at_ms > CALM_MS { 0 } else { self.failures.saturating_add(1) };
        let wait_ms = (RETRY_BASE_MS << self.failures.min(16)).min(RETRY_MAX_MS);
        self.failed_at_ms = now_ms + wait_ms;
        self.clock.timer("Kubernetes' API server").sleep_ms(wait_ms).await;
    }
}
