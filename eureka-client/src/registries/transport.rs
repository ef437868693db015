//! One call, tried on one URL after the other.
//!
//! It goes to the URL in use. When that is away, too slow, answers 5xx or what is not Eureka's, the next one is asked,
//! and stays in use; those that failed are in quarantine until all of them are. Any other answer is the answer.
//! Every operation may be repeated safely, so that a try whose fate is unknown is followed by the next.

use eurus_service::tls::ClientTls;
use parking_lot::Mutex;

use super::call::{AnswerSize, Call, Reading};
use super::exchange::{Answer, Exchange, TryFailure, excerpt};
use super::service_url::ServiceUrl;
use super::standing::Standing;
use crate::config::Timeouts;
use crate::error::{ClientError, FailureKind};

/// Tries of one call, over all URLs.
pub const TRIES_MAX: usize = 3;
/// More peers than any Eureka cluster has; a longer list is a mistake.
pub const SERVICE_URLS_MAX: usize = 32;

/// The URLs and what is known about them.
pub(super) struct Transport {
    urls: Vec<ServiceUrl>,
    exchange: Exchange,
    // A plain mutex: held to pick or note one URL, never across an await.
    standing: Mutex<Standing>,
}

impl Transport {
    pub(super) fn new(service_urls: Vec<String>, timeouts: Timeouts, tls: &ClientTls) -> Result<Self, ClientError> {
        let subject = "service URLs (eureka.client.service-url.defaultZone)";
        if service_urls.is_empty() || service_urls.len() > SERVICE_URLS_MAX {
            return Err(ClientError::config(
                subject,
                format!("{} given; expected 1 to {SERVICE_URLS_MAX}", service_urls.len()),
            ));
        }
        let urls = service_urls
            .iter()
            .map(|text| ServiceUrl::parse(text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|why| ClientError::config(subject, why))?;
        let standing = Mutex::new(Standing::new(urls.len()));
        // Authorities are read only for those who need them.
        let tls = if urls.iter().any(ServiceUrl::is_https) { tls.config() } else { ClientTls::unused() };
        let tls = tls.map_err(|error| ClientError::config(subject, error.to_string()))?;
        Ok(Self { urls, exchange: Exchange::new(timeouts, tls), standing })
    }

    /// The URL in use, without credentials.
    pub(super) fn current_url(&self) -> String {
        self.urls[self.standing.lock().current()].to_string()
    }

    /// Sends it until a registry answers, at most [`TRIES_MAX`] times.
    pub(super) async fn call<T: Send + 'static>(&self, call: Call<T>) -> Result<T, ClientError> {
        let mut given_up = Vec::new();
        let mut failures: Vec<String> = Vec::new();
        let mut kind = FailureKind::Away;
        let mut broke_before = false;
        while failures.len() < TRIES_MAX {
            let Some(url) = self.standing.lock().next(&given_up) else { break };
            match self.attempt(url, &call).await {
                Ok(value) => {
                    self.note_answer(url, &failures);
                    return Ok(value);
                }
                Err(failure) => {
                    log::debug!("{} at {}: {}", call.described, self.urls[url], failure.detail);
                    failures.push(format!("{}: {}", self.urls[url], failure.detail));
                    kind = failure.kind;
                    if matches!(kind, FailureKind::Refused(_)) {
                        self.note_answer(url, &failures);
                        break;
                    }
                    // A kept-alive connection may have been closed as we wrote on it: the same URL once more.
                    if failure.broke && !std::mem::replace(&mut broke_before, true) {
                        continue;
                    }
                    given_up.push(url);
                    self.standing.lock().failed(url);
                    broke_before = false;
                }
            }
        }
        Err(ClientError::failed(kind, &call.described, failures))
    }

    async fn attempt<T: Send + 'static>(&self, url: usize, call: &Call<T>) -> Result<T, TryFailure> {
        let answer = self.exchange.send(&self.urls[url], call).await?;
        let status = answer.status;
        if status >= 500 {
            return Err(refusal(FailureKind::Unavailable(status), &answer));
        }
        let (answer, reading) = read(call, answer).await?;
        match reading {
            Reading::Answer(value) => Ok(value),
            Reading::Refused => Err(refusal(FailureKind::Refused(status), &answer)),
            Reading::Unavailable => Err(refusal(FailureKind::Unavailable(status), &answer)),
            Reading::Unparsable(why) => Err(TryFailure::new(
                FailureKind::Unparsable,
                format!("{why}; the answer ({status}) begins with {}", excerpt(&answer.body)),
            )),
        }
    }

    fn note_answer(&self, url: usize, failures: &[String]) {
        let before = self.standing.lock().answered(url);
        if let Some(before) = before {
            let why = if failures.is_empty() { "it failed before".to_owned() } else { failures.join("; ") };
            log::warn!("registry {} is left for {} ({why})", self.urls[before], self.urls[url]);
        }
    }
}

/// A list takes long to decode: not on a thread that serves requests.
async fn read<T: Send + 'static>(call: &Call<T>, answer: Answer) -> Result<(Answer, Reading<T>), TryFailure> {
    let read = call.read;
    match call.size {
        AnswerSize::Small => {
            let reading = read(answer.status, &answer.body);
            Ok((answer, reading))
        }
        AnswerSize::List => tokio::task::spawn_blocking(move || {
            let reading = read(answer.status, &answer.body);
            (answer, reading)
        })
        .await
        .map_err(|error| TryFailure::new(FailureKind::Unparsable, format!("decoding was cut off: {error}"))),
    }
}

fn refusal(kind: FailureKind, answer: &Answer) -> TryFailure {
    TryFailure::new(kind, format!("answered {}, body {}", answer.status, excerpt(&answer.body)))
}
