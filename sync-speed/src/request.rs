//! What is asked: take out of traffic, or bring back, the instances behind addresses or of an application.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use crate::access::Who;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Out of traffic.
    Offline,
    /// Back into traffic.
    Online,
}

impl Kind {
    /// The name in the store, in answers and in entry ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Online => "online",
        }
    }

    /// The opposite of [`Kind::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Offline, Self::Online].into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which instances are meant: all behind an address, of an application, or fewer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// In canonical form: an IPv4-mapped IPv6 address is the IPv4 address. None: all of the application.
    pub ips: BTreeSet<IpAddr>,
    /// Upper case.
    pub app: Option<String>,
    /// Plain or TLS port of the instance.
    pub port: Option<u16>,
    /// Exactly these. None: all.
    pub instance_ids: BTreeSet<String>,
    /// Only registrations that began before this moment: whoever came later is somebody else.
    pub registered_before_ms: Option<i64>,
}

impl Target {
    /// All behind one address.
    pub fn address(ip: IpAddr) -> Self {
        Self { ips: BTreeSet::from([ip.to_canonical()]), ..Self::default() }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.ips.is_empty() {
            parts.push(format!("IP {}", joined(self.ips.iter())));
        }
        parts.extend(self.app.as_ref().map(|app| format!("application {app}")));
        parts.extend(self.port.map(|port| format!("port {port}")));
        if !self.instance_ids.is_empty() {
            parts.push(format!("instance id {}", joined(self.instance_ids.iter())));
        }
        parts.extend(self.registered_before_ms.map(|before_ms| format!("registered before {before_ms} ms since 1970")));
        f.write_str(&parts.join(", "))
    }
}

/// How many are shown to a person; the others are counted.
const SHOWN_MAX: usize = 8;

fn joined<T: ToString>(all: impl ExactSizeIterator<Item = T>) -> String {
    let more = all.len().saturating_sub(SHOWN_MAX);
    let shown: Vec<String> = all.take(SHOWN_MAX).map(|one| one.to_string()).collect();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Share by share, with a pause until enough others are UP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object such as {\"percent\": 25}")]
pub struct Rolling {
    /// Of the instances that are meant, at a time; one at least.
    pub percent: u8,
    /// How many must be UP besides those of the share. Not said: as many as were UP at the start, without one share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_up: Option<usize>,
    /// For how long, milliseconds; what is left then stays in service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<i64>,
}

/// One request, checked at the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which way.
    pub kind: Kind,
    /// What is meant.
    pub target: Target,
    /// Take an application's last UP instance too.
    pub force: bool,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// Not all at once.
    pub rolling: Option<Rolling>,
    /// How long the answer waits for requests under way, milliseconds. None: it does not.
    pub drain_within_ms: Option<i64>,
    /// After which the instances are brought back, milliseconds.
    pub expires_after_ms: Option<i64>,
    /// The caller's name for this request: with the same one it is the same request.
    pub idempotency_key: Option<String>,
    /// The rolling entry that this is a share of.
    pub part_of: Option<i64>,
    /// Only instances that this entry still keeps out when it is the request's turn: somebody may have brought them back.
    pub while_held_by: Option<i64>,
    /// Who asks, for the journal: a name and the address, an address alone, or a part of this service.
    pub caller: String,
    /// On whose behalf: what it may touch is all that is touched.
    pub who: Who,
    /// The body as it was sent, for the journal.
    pub body: String,
}

impl Request {
    /// Of this service's own accord: nothing but what is meant, and why.
    pub fn own(kind: Kind, target: Target, caller: &str, reason: &str) -> Self {
        let body = serde_json::json!({"reason": reason}).to_string();
        Self {
            kind,
            target,
            force: false,
            reason: Some(reason.to_owned()),
            rolling: None,
            drain_within_ms: None,
            expires_after_ms: None,
            idempotency_key: None,
            part_of: None,
            while_held_by: None,
            caller: caller.to_owned(),
            who: Who::Service,
            body,
        }
    }

    /// An own one that takes an application's last UP instance too. The body says so: after a restart nothing else is known of it.
    pub fn forced(self) -> Self {
        let body = serde_json::json!({"reason": self.reason, "force": true}).to_string();
        Self { force: true, body, ..self }
    }
}
