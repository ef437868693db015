//! Transport over several service URLs, as Spring's `defaultZone` lists them.
//!
//! | module | what |
//! |---|---|
//! | `call` | one operation: what is sent, what its answers mean, how large and long they may be |
//! | `transport` | tries it on one URL after the other |
//! | `standing` | which URL is next: the one in use, the quarantine |
//! | `exchange`, `gzip` | one request to one URL; its answer, when it came compressed |
//! | `service_url`, `path` | addresses |

mod call;
mod exchange;
mod gzip;
mod path;
mod service_url;
mod standing;
mod transport;

use eurus_model::{Applications, InstanceInfo, InstanceStatus, json};
use eurus_service::tls::ClientTls;
use http::Method;

use crate::config::Timeouts;
use crate::error::ClientError;
use call::{AnswerSize, Call, Reading, app_path, instance_path};
use transport::Transport;

pub use service_url::without_credentials;
pub use transport::{SERVICE_URLS_MAX, TRIES_MAX};

/// What a heartbeat was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeat {
    /// The lease is renewed.
    Renewed,
    /// The registry does not know the instance, or wants its newer state: register again.
    NotFound,
}

/// What a change of an instance was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Changed, or so already.
    Done,
    /// The registry does not know the instance.
    NotFound,
}

/// A change of an instance, and how it is since, where the registry shows that.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// What it was answered.
    pub outcome: Outcome,
    /// Live, as by [`Registries::instance`]. Java's registry does not show it.
    pub instance: Option<Box<InstanceInfo>>,
}

/// The Eureka API over several service URLs.
pub struct Registries {
    transport: Transport,
}

impl Registries {
    /// # Errors
    /// No URL, too many, or one that cannot work.
    pub fn new(service_urls: Vec<String>, timeouts: Timeouts) -> Result<Self, ClientError> {
        Self::over_tls(service_urls, timeouts, &ClientTls::default())
    }

    /// With a trust of its own for `https://` URLs.
    ///
    /// # Errors
    /// No URL, too many, or one that cannot work; nobody to trust.
    pub fn over_tls(service_urls: Vec<String>, timeouts: Timeouts, tls: &ClientTls) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::new(service_urls, timeouts, tls)? })
    }

    /// The URL in use, without credentials.
    pub fn current_url(&self) -> String {
        self.transport.current_url()
    }

    /// `POST apps/{app}`.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn register(&self, instance: &InstanceInfo) -> Result<(), ClientError> {
        self.transport
            .call(Call {
                method: Method::POST,
                path: app_path(&instance.app)?,
                prefers_representation: false,
                body: Some(json::encode_registration(instance)),
                described: format!("register {}/{}", instance.app, instance.instance_id),
                read: |status, _| if is_success(status) { Reading::Answer(()) } else { Reading::Refused },
                size: AnswerSize::Small,
            })
            .await
    }

    /// `PUT apps/{app}/{id}`: renews the lease. `last_dirty_ms` is the one registered with.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn heartbeat(
        &self,
        app: &str,
        id: &str,
        status: InstanceStatus,
        last_dirty_ms: i64,
    ) -> Result<Heartbeat, ClientError> {
        self.transport
            .call(Call {
                method: Method::PUT,
                path: format!("{}?status={status}&lastDirtyTimestamp={last_dirty_ms}", instance_path(app, id)?),
                prefers_representation: false,
                body: None,
                described: format!("heartbeat {app}/{id}"),
                read: |status, _| done_or_not_found(status, Heartbeat::Renewed, Heartbeat::NotFound),
                size: AnswerSize::Small,
            })
            .await
    }

    /// `DELETE apps/{app}/{id}`: ends the lease. One that is over already is as good.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn cancel(&self, app: &str, id: &str) -> Result<(), ClientError> {
        self.transport
            .call(Call {
                method: Method::DELETE,
                path: instance_path(app, id)?,
                prefers_representation: false,
                body: None,
                described: format!("cancel {app}/{id}"),
                read: |status, _| done_or_not_found(status, (), ()),
                size: AnswerSize::Small,
            })
            .await
    }

    /// `PUT apps/{app}/{id}/status?value=`: overrides the status.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn set_status(&self, app: &str, id: &str, status: InstanceStatus) -> Result<Changed, ClientError> {
        self.transport
            .call(Call {
                method: Method::PUT,
                path: format!("{}/status?value={status}", instance_path(app, id)?),
                prefers_representation: true,
                body: None,
                described: format!("set status {status} of {app}/{id}"),
                read: changed,
                size: AnswerSize::Small,
            })
            .await
    }

    /// `DELETE apps/{app}/{id}/status[?value=]`: takes the override back. Without a value the status becomes UNKNOWN and
    /// the instance's next heartbeat is answered 404.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn remove_override(
        &self,
        app: &str,
        id: &str,
        value: Option<InstanceStatus>,
    ) -> Result<Changed, ClientError> {
        let query = value.map(|value| format!("?value={value}")).unwrap_or_default();
        self.transport
            .call(Call {
                method: Method::DELETE,
                path: format!("{}/status{query}", instance_path(app, id)?),
                prefers_representation: true,
                body: None,
                described: format!("remove the override of {app}/{id}"),
                read: changed,
                size: AnswerSize::Small,
            })
            .await
    }

    /// `GET apps/{app}/{id}`: live, past the registry's caches. `None`: not registered.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn instance(&self, app: &str, id: &str) -> Result<Option<InstanceInfo>, ClientError> {
        self.transport
            .call(Call {
                method: Method::GET,
                path: instance_path(app, id)?,
                prefers_representation: false,
                body: None,
                described: format!("read {app}/{id}"),
                read: |status, body| match status {
                    404 => Reading::Answer(None),
                    _ if is_success(status) => decoded(json::decode_instance(body).map(Some)),
                    _ => Reading::Refused,
                },
                size: AnswerSize::Small,
            })
            .await
    }

    /// `GET apps/`: the whole list.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn apps(&self) -> Result<Applications, ClientError> {
        self.transport
            .call(Call {
                method: Method::GET,
                path: "apps/".to_owned(),
                prefers_representation: false,
                body: None,
                described: "full fetch".to_owned(),
                read: |status, body| match status {
                    // A registry that still waits for its peers' lists; another may serve already.
                    403 => Reading::Unavailable,
                    _ if is_success(status) => decoded(json::decode_applications(body)),
                    _ => Reading::Refused,
                },
                size: AnswerSize::List,
            })
            .await
    }

    /// `GET apps/delta`: recent changes. `None`: this registry serves no deltas (403 or 404), take the whole list.
    ///
    /// # Errors
    /// Every registry is away, or one refused.
    pub async fn delta(&self) -> Result<Option<Applications>, ClientError> {
        self.transport
            .call(Call {
                method: Method::GET,
                path: "apps/delta".to_owned(),
                prefers_representation: false,
                body: None,
                described: "delta fetch".to_owned(),
                read: |status, body| match status {
                    403 | 404 => Reading::Answer(None),
                    _ if is_success(status) => decoded(json::decode_applications(body).map(Some)),
                    _ => Reading::Refused,
                },
                size: AnswerSize::List,
            })
            .await
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// An answer that cannot be read is one without an instance: the change is made.
fn changed(status: u16, body: &[u8]) -> Reading<Changed> {
    let outcome = match status {
        404 => Outcome::NotFound,
        _ if is_success(status) => Outcome::Done,
        _ => return Reading::Refused,
    };
    let shown = (outcome == Outcome::Done && !body.is_empty()).then(|| json::decode_instance(body).ok()).flatten();
    Reading::Answer(Changed { outcome, instance: shown.map(Box::new) })
}

fn done_or_not_found<T>(status: u16, done: T, not_found: T) -> Reading<T> {
    match status {
        404 => Reading::Answer(not_found),
        _ if is_success(status) => Reading::Answer(done),
        _ => Reading::Refused,
    }
}

fn decoded<T>(result: Result<T, eurus_model::DecodeError>) -> Reading<T> {
    match result {
        Ok(value) => Reading::Answer(value),
        Err(error) => Reading::Unparsable(error.to_string()),
    }
}

/// Whether an application name and an instance id can be put in a URL.
pub(crate) fn check_names(app: &str, id: &str) -> Result<(), ClientError> {
    instance_path(app, id).map(drop)
}
