//! Events of the API server, without an end: what fails is said and tried again, in the injected clock's time.

use eurus_service::Clock;
use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};

use crate::config::KubernetesConfig;

use super::pod;
use super::pods::Scope;
use super::words::{in_words, is_too_old};

/// First wait before the API server is asked again; it doubles.
const RETRY_BASE_MS: i64 = 100;
const RETRY_MAX_MS: i64 = 30_000;
/// After so long without a failure the waits begin anew.
const CALM_MS: i64 = 60_000;
/// Of failures that repeat themselves one in so many is said.
const SAID_EVERY: u32 = 10;

/// After the last failure: so long what is heard of may have happened before.
const CATCHING_UP_MS: i64 = 5_000;

/// What happened in one scope.
pub(super) struct Heard {
    pub(super) scope: Scope,
    pub(super) event: Event<Pod>,
    /// Up to when all was heard of as it happened: what is gone was there at least until then.
    pub(super) followed_until_ms: i64,
}

pub(super) type Events = SelectAll<BoxStream<'static, Heard>>;

/// One watch for all namespaces, or one for each; their number is that of the scopes.
pub(super) fn events(client: &Client, config: &KubernetesConfig, clock: &Clock) -> Events {
    let mut events = SelectAll::new();
    for (scope, namespace) in scopes(config).into_iter().enumerate() {
        let following = Following::new(client, config, namespace, clock);
        let of_scope = stream::unfold(following, move |mut following| async move {
            let (event, followed_until_ms) = following.next().await;
            Some((Heard { scope, event, followed_until_ms }, following))
        });
        events.push(of_scope.boxed());
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

/// Whether a pod is there, whatever its labels: one that no longer has those that are followed looks as if it were gone.
///
/// # Errors
/// Why that is not known.
pub(super) async fn is_there(client: &Client, pod: &pod::Pod) -> Result<bool, String> {
    let api: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace);
    let named = ListParams::default().fields(&format!("metadata.name={}", pod.name));
    let listed = api.list(&named).await.map_err(|error| error.to_string())?;
    Ok(listed.items.iter().any(|one| one.metadata.uid.as_deref() == Some(pod.uid.as_str())))
}

struct Following {
    api: Api<Pod>,
    watch: watcher::Config,
    stream: BoxStream<'static, watcher::Result<Event<Pod>>>,
    namespace: Option<String>,
    clock: Clock,
    failures: u32,
    /// Since when it may be that something is heard of late, or not at all.
    lost_at_ms: Option<i64>,
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
            lost_at_ms: None,
            failed_at_ms: 0,
            last_words: String::new(),
            repeated: 0,
        }
    }

    /// With the moment up to which all was heard of.
    async fn next(&mut self) -> (Event<Pod>, i64) {
        loop {
            match self.stream.try_next().await {
                Ok(Some(event)) => {
                    let followed_until_ms = self.followed_until_ms(&event);
                    return (event, followed_until_ms);
                }
                Ok(None) => self.begin_anew(),
                Err(error) => {
                    self.lost_at_ms.get_or_insert(self.clock.now_ms());
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

    fn followed_until_ms(&mut self, event: &Event<Pod>) -> i64 {
        let now_ms = self.clock.now_ms();
        let is_of_a_list = matches!(event, Event::Init | Event::InitApply(_) | Event::InitDone);
        if !is_of_a_list && now_ms > self.failed_at_ms.saturating_add(CATCHING_UP_MS) {
            self.lost_at_ms = None;
        }
        let until_ms = self.lost_at_ms.unwrap_or(now_ms);
        if matches!(event, Event::InitDone) {
            self.lost_at_ms = None;
        }
        until_ms
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
