//! Calls to sync-speed: to its nodes in turn, until one can be reached.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use eurus_service::secret::Secret;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::request::Builder;
use http::{HeaderValue, Request};
use http_body_util::Full;
use reqwest::Url;
use serde_json::Value;
use tokio::time::timeout;

use super::arguments::ServerArgs;
use super::token;
use super::transport::{Answering, Transport};

/// Bytes of an answer: 64 instances and thousands of gateways are far below.
const ANSWER_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Nodes of sync-speed.
const NODES_MAX: usize = 16;
/// For a look at an entry, and until events begin.
const LOOK_WITHIN_S: u64 = 30;

/// What to do where a port turns out to speak TLS.
pub(super) const USE_HTTPS: &str =
    "write https:// in --url; --cacert names who vouches for its certificate, where no authority of the system does";

/// Where sync-speed is, and how to call it.
pub(super) struct Server {
    transport: Transport,
    origins: Vec<String>,
    token: Option<Secret>,
    /// What the user said; `None`: it depends on what is called.
    pub(super) timeout_s: Option<u64>,
}

/// An order to be sent.
pub(super) struct Call {
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) idempotency_key: Option<String>,
    pub(super) answer_within_s: u64,
}

/// Whatever was answered.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) text: String,
    pub(super) retry_after: Option<String>,
}

/// Nobody answered.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// No node can be reached: nothing was sent.
    Unreachable(String),
    /// A node speaks no TLS where it should: nothing was sent.
    NoTls(String),
    /// It was sent to something that speaks no HTTP, and so understood nothing of it.
    NoHttp(String),
    /// It was sent, and no answer came.
    Lost(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) | Self::NoTls(why) => {
                write!(f, "sync-speed cannot be reached, nothing was sent: {why}")
            }
            Self::NoHttp(why) => write!(f, "sync-speed cannot be reached, nothing was done: {why}"),
            Self::Lost(why) => write!(f, "no answer came, it may have been carried out: {why}"),
        }
    }
}

impl NoAnswer {
    /// What happened, without what it means for an order.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Unreachable(why) | Self::NoTls(why) | Self::NoHttp(why) | Self::Lost(why) => why,
        }
    }

    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Unreachable(why) if why.contains("certificate") => {
                "--cacert names who vouches for its certificate, --cert and --key what is shown to it"
            }
            Self::NoTls(_) => {
                "write http:// in --url, or give sync-speed a certificate (eurus.sync-speed.ssl.certificate)"
            }
            Self::NoHttp(_) => USE_HTTPS,
            Self::Unreachable(_) => "is it running, and does --url name it? 8090 is its port by default",
            Self::Lost(_) => {
                "run the same command again: what is out of traffic stays so; sync-speed's log says what happened"
            }
        }
    }
}

impl Server {
    /// # Errors
    /// What of the arguments, the token or the certificates is wrong.
    pub(super) fn new(arguments: &ServerArgs) -> Result<Self, String> {
        let origins = origins(&arguments.url)?;
        let token = token::find(arguments.token_file.as_deref())?;
        let is_encrypted = origins.iter().any(|origin| origin.starts_with("https:"));
        let transport = Transport::new(arguments, is_encrypted)?;
        Ok(Self { transport, origins, token, timeout_s: arguments.timeout })
    }

    pub(super) async fn call(&self, call: &Call) -> Result<Reply, NoAnswer> {
        let within_s = self.timeout_s.unwrap_or(call.answer_within_s);
        let request = |origin: &str| {
            let request = Request::post(format!("{origin}{}", call.path)).header(CONTENT_TYPE, "application/json");
            match &call.idempotency_key {
                Some(key) => request.header("Idempotency-Key", key),
                None => request,
            }
        };
        let exchange = async { read(self.first_reachable(request, &call.body.to_string()).await?).await };
        within(within_s, exchange).await
    }

    /// The entry as it stands.
    pub(super) async fn entry(&self, id: &str) -> Result<Reply, NoAnswer> {
        let look = |origin: &str| Request::get(format!("{origin}/offline/{id}"));
        within(LOOK_WITHIN_S, async { read(self.first_reachable(look, "").await?).await }).await
    }

    /// The entry's events, or whatever the answer is instead.
    pub(super) async fn events(&self, id: &str) -> Result<Answering, NoAnswer> {
        let events =
            |origin: &str| Request::get(format!("{origin}/offline/{id}/events")).header(ACCEPT, "text/event-stream");
        within(LOOK_WITHIN_S, self.first_reachable(events, "")).await
    }

    async fn first_reachable(&self, request: impl Fn(&str) -> Builder, body: &str) -> Result<Answering, NoAnswer> {
        let mut unreachable = Vec::new();
        for origin in &self.origins {
            let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
            let mut request = request(origin).body(body).map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
            if let Some(token) = &self.token {
                let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
                let mut value = value.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
                value.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            match self.transport.send(request).await {
                Err(NoAnswer::Unreachable(why)) => unreachable.push(format!("{origin}: {why}")),
                Err(NoAnswer::NoTls(why)) => return Err(NoAnswer::NoTls(format!("{origin}: {why}"))),
                Err(NoAnswer::NoHttp(why)) => return Err(NoAnswer::NoHttp(format!("{origin}: {why}"))),
                Err(NoAnswer::Lost(why)) => return Err(NoAnswer::Lost(format!("{origin}: {why}"))),
                Ok(answering) => return Ok(answering),
            }
        }
        Err(NoAnswer::Unreachable(unreachable.join("; ")))
    }
}

async fn within<T>(bound_s: u64, exchange: impl Future<Output = Result<T, NoAnswer>>) -> Result<T, NoAnswer> {
    let too_long = || NoAnswer::Lost(format!("it took longer than {bound_s} s"));
    timeout(Duration::from_secs(bound_s), exchange).await.unwrap_or_else(|_| Err(too_long()))
}

/// Reads a whole answer.
pub(super) async fn read(mut answering: Answering) -> Result<Reply, NoAnswer> {
    let (status, retry_after) = (answering.status(), answering.header("retry-after"));
    let mut bytes = Vec::new();
    while let Some(chunk) = answering.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(NoAnswer::Lost(format!("the answer is larger than {ANSWER_BYTES_MAX} bytes")));
        }
    }
    Ok(Reply { status, text: String::from_utf8_lossy(&bytes).into_owned(), retry_after })
}

/// `http://host:port` or `https://host:port`, several with commas.
fn origins(urls: &str) -> Result<Vec<String>, String> {
    let origins: Vec<String> = urls.split(',').map(|url| origin(url.trim())).collect::<Result<_, _>>()?;
    match origins.len() {
        1..=NODES_MAX => Ok(origins),
        given => Err(format!("--url names {given} nodes, at most {NODES_MAX} are asked")),
    }
}

fn origin(text: &str) -> Result<String, String> {
    let allowed = "allowed is http://host:port or https://host:port, such as http://127.0.0.1:8090";
    let url = Url::parse(text).map_err(|_| format!("--url '{}': {allowed}", text.escape_debug()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("--url holds a password, which everybody on this machine could read: put the token into \
                    EURUS_SYNC_SPEED_TOKEN or a file named by --token-file"
            .to_owned());
    }
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !is_plain {
        return Err(format!("--url '{}': {allowed}", text.escape_debug()));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (given, expected) in [
            ("http://127.0.0.1:8090", &["http://127.0.0.1:8090"][..]),
            ("http://[::1]:8090/", &["http://[::1]:8090"]),
            ("http://a:1, https://b:2/", &["http://a:1", "https://b:2"]),
        ] {
            assert_eq!(origins(given).unwrap(), expected, "{given}");
        }
        for (wrong, part) in [
            ("127.0.0.1:8090", "allowed is http://host:port"),
            ("", "allowed is"),
            ("http://a:1,", "allowed is"),
            ("ftp://a", "allowed is"),
            ("http://a:1/offline", "allowed is"),
            ("http://a:1/?x", "allowed is"),
            ("http://user:secret@a:1", "EURUS_SYNC_SPEED_TOKEN"),
        ] {
            let error = origins(wrong).unwrap_err();
            assert!(error.contains(part) && !error.contains("secret"), "{wrong}: {error}");
        }
        assert!(origins(&vec!["http://a:1"; 17].join(",")).is_err());
    }
}
