//! Calls to sync-speed: to its nodes in turn, until one can be reached.

use std::fmt;
use std::time::Duration;

use eurus_service::secret::Secret;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;

use super::arguments::ServerArgs;
use super::token;

/// Bytes of an answer: 64 instances and thousands of gateways are far below.
const ANSWER_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Nodes of sync-speed.
const NODES_MAX: usize = 16;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// For a look at an entry.
const LOOK_WITHIN_S: u64 = 30;

/// Where sync-speed is, and how to call it.
pub(super) struct Server {
    http: Client,
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
    /// It was sent, and no answer came.
    Lost(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "sync-speed cannot be reached, nothing was sent: {why}"),
            Self::Lost(why) => write!(f, "no answer came, it may have been carried out: {why}"),
        }
    }
}

impl NoAnswer {
    /// What happened, without what it means for an order.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Unreachable(why) | Self::Lost(why) => why,
        }
    }

    pub(super) const fn advice(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "is it running, and does --url name it? 8090 is its port by default",
            Self::Lost(_) => {
                "run the same command again: what is out of traffic stays so; sync-speed's log says what happened"
            }
        }
    }
}

impl Server {
    /// # Errors
    /// What of the arguments or of the token is wrong.
    pub(super) fn new(arguments: &ServerArgs) -> Result<Self, String> {
        let origins = origins(&arguments.url)?;
        let token = token::find(arguments.token_file.as_deref())?;
        // sync-speed refuses what comes through a proxy; a redirect would carry the token elsewhere.
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { http, origins, token, timeout_s: arguments.timeout })
    }

    pub(super) async fn call(&self, call: &Call) -> Result<Reply, NoAnswer> {
        let within_s = self.timeout_s.unwrap_or(call.answer_within_s);
        let response = self
            .first_reachable(|origin| {
                let request = self.http.post(format!("{origin}{}", call.path)).body(call.body.to_string());
                let request = request.header(CONTENT_TYPE, "application/json").timeout(Duration::from_secs(within_s));
                match &call.idempotency_key {
                    Some(key) => request.header("Idempotency-Key", key),
                    None => request,
                }
            })
            .await?;
        read(response).await
    }

    /// The entry as it stands.
    pub(super) async fn entry(&self, id: &str) -> Result<Reply, NoAnswer> {
        let look =
            |origin: &str| self.http.get(format!("{origin}/offline/{id}")).timeout(Duration::from_secs(LOOK_WITHIN_S));
        read(self.first_reachable(look).await?).await
    }

    /// The entry's events, or whatever the answer is instead.
    pub(super) async fn events(&self, id: &str) -> Result<Response, NoAnswer> {
        self.first_reachable(|origin| {
            self.http.get(format!("{origin}/offline/{id}/events")).header(ACCEPT, "text/event-stream")
        })
        .await
    }

    async fn first_reachable(&self, request: impl Fn(&str) -> RequestBuilder) -> Result<Response, NoAnswer> {
        let mut unreachable = Vec::new();
        for origin in &self.origins {
            let request = match &self.token {
                Some(token) => request(origin).bearer_auth(token.expose()),
                None => request(origin),
            };
            match request.send().await {
                Ok(response) => return Ok(response),
                // Only then it is certain that this node was told nothing.
                Err(error) if error.is_connect() => unreachable.push(format!("{origin}: {}", cause(&error))),
                Err(error) => return Err(NoAnswer::Lost(format!("{origin}: {}", cause(&error)))),
            }
        }
        Err(NoAnswer::Unreachable(unreachable.join("; ")))
    }
}

/// Reads a whole answer.
pub(super) async fn read(mut response: Response) -> Result<Reply, NoAnswer> {
    let status = response.status().as_u16();
    let retry_after = header(response.headers(), RETRY_AFTER.as_str());
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| NoAnswer::Lost(cause(&error)))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(NoAnswer::Lost(format!("the answer is larger than {ANSWER_BYTES_MAX} bytes")));
        }
    }
    Ok(Reply { status, text: String::from_utf8_lossy(&bytes).into_owned(), retry_after })
}

pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The innermost cause is the one that a person can act on.
pub(super) fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// `http://host:port`, several with commas.
fn origins(urls: &str) -> Result<Vec<String>, String> {
    let origins: Vec<String> = urls.split(',').map(|url| origin(url.trim())).collect::<Result<_, _>>()?;
    match origins.len() {
        1..=NODES_MAX => Ok(origins),
        given => Err(format!("--url names {given} nodes, at most {NODES_MAX} are asked")),
    }
}

fn origin(text: &str) -> Result<String, String> {
    let allowed = "allowed is http://host:port, such as http://127.0.0.1:8090";
    let url = Url::parse(text).map_err(|_| format!("--url '{}': {allowed}", text.escape_debug()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("--url holds a password, which everybody on this machine could read: put the token into \
                    EURUS_SYNC_SPEED_TOKEN or a file named by --token-file"
            .to_owned());
    }
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if url.scheme() != "http" || url.host_str().is_none() || !is_plain {
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
            ("http://a:1, http://b:2/", &["http://a:1", "http://b:2"]),
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
