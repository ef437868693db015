//! Why a request is not carried out, or a service does not start. Nothing here knows HTTP: `http/problem.rs` maps it.

use std::fmt;
use std::io;

use crate::entry::{Entry, InstanceRecord};
use crate::guard::Staying;
use crate::request::Target;
use crate::store::StoreError;

/// Why a request is not carried out. Unless it says otherwise, nothing was changed and nothing was sent.
#[derive(Debug)]
pub enum Refusal {
    /// No instance is behind the address, not even after a fresh fetch.
    NoInstance {
        /// What was meant.
        target: Target,
        /// How old the copy is that was looked in.
        copy_age_ms: i64,
    },
    /// More instances than one request may touch.
    TooMany {
        /// What was meant.
        target: Target,
        /// How many it would be.
        found: usize,
        /// How many it may be.
        allowed: usize,
    },
    /// All instances behind the address belong to applications that are not to be touched.
    NotAllowed {
        /// What was meant.
        target: Target,
        /// The instances, each with why.
        skipped: Vec<InstanceRecord>,
    },
    /// It would take an application's last UP instance.
    LastUp {
        /// The application.
        app: String,
        /// Its instances that would be taken.
        taken: Vec<String>,
    },
    /// It would leave fewer of an application's instances than have to stay.
    KeepPercent {
        /// The application.
        app: String,
        /// Its instances that would be taken.
        taken: Vec<String>,
        /// How many there are, and have to stay.
        staying: Staying,
        /// The configured share.
        percent: u32,
        /// How old the copy is that they were counted in.
        copy_age_ms: i64,
    },
    /// The registry refused or is away.
    Registry {
        /// The entry, if it came that far.
        entry: Option<Box<Entry>>,
        /// What happened.
        why: String,
    },
    /// The registry may have done it; it is undone as soon as the registry says so.
    Unknown {
        /// The entry.
        entry: Box<Entry>,
        /// What happened.
        why: String,
    },
    /// The name of this request was given to another one.
    KeyReused {
        /// That one's entry.
        entry: String,
    },
    /// A named limit is reached: ask again.
    Busy(String),
    /// The journal failed before anything was sent.
    Store(StoreError),
    /// The journal failed after the registry had done its part: the gateways were not told.
    Unfinished {
        /// The entry.
        entry: Box<Entry>,
        /// What the journal said.
        error: StoreError,
    },
}

impl Refusal {
    /// The registry could not be asked.
    pub fn registry_away(error: &dyn fmt::Display) -> Self {
        Self::Registry { entry: None, why: error.to_string() }
    }

    /// For programs: one of a few fixed words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoInstance { .. } => "no-instance",
            Self::TooMany { .. } => "too-many-instances",
            Self::NotAllowed { .. } => "application-not-allowed",
            Self::LastUp { .. } => "last-up-instance",
            Self::KeepPercent { .. } => "keep-percent",
            Self::Registry { .. } | Self::Unknown { .. } => "registry",
            Self::KeyReused { .. } => "idempotency-key",
            Self::Busy(_) => "busy",
            Self::Store(_) | Self::Unfinished { .. } => "store",
        }
    }

    /// The entry that it is about, if it came that far.
    pub fn entry(&self) -> Option<&str> {
        match self {
            Self::Registry { entry, .. } => entry.as_ref().map(|entry| entry.id.as_str()),
            Self::Unknown { entry, .. } | Self::Unfinished { entry, .. } => Some(&entry.id),
            Self::KeyReused { entry } => Some(entry),
            _ => None,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInstance { target, copy_age_ms } => write!(
                f,
                "no registered instance matches {target}; the registry was fetched {copy_age_ms} ms ago, and its own \
                 list may be older. Check the address that the instance registered with (ipAddr)"
            ),
            Self::TooMany { target, found, allowed } => write!(
                f,
                "{found} instances match {target}, one request may touch {allowed}; narrow it by app, port or instanceId, or take them share by share (\"rolling\")"
            ),
            Self::NotAllowed { target, skipped } => {
                write!(f, "nothing that matches {target} may be touched: ")?;
                let each: Vec<String> = skipped
                    .iter()
                    .map(|instance| format!("{}: {}", instance.name(), instance.detail.as_deref().unwrap_or("")))
                    .collect();
                f.write_str(&each.join("; "))
            }
            Self::LastUp { app, taken } => write!(
                f,
                "{} would take the last UP instance of {app}: nobody would be left to answer its callers. Nothing was \
                 changed; \"force\": true does it all the same",
                taken.join(", ")
            ),
            Self::KeepPercent { app, taken, staying, percent, copy_age_ms } => write!(
                f,
                "{} would take too many: {}. Counted in the copy of the registry that was fetched {copy_age_ms} ms ago, those \
                 taken by sync-speed since then left out. Nothing was changed",
                taken.join(", "),
                staying.in_words(app, *percent)
            ),
            Self::Registry { why, .. } => {
                write!(f, "the registry did not do it, and no gateway was told anything: {why}")
            }
            Self::Unknown { entry, why } => write!(
                f,
                "{why}; no gateway was told anything. It counts as failed: it is undone as soon as the registry \
                 answers, see GET /offline/{}",
                entry.id
            ),
            Self::KeyReused { entry } => write!(
                f,
                "the Idempotency-Key was sent before with another body (entry {entry}); nothing was done: take a new \
                 key for a new request"
            ),
            Self::Busy(why) => f.write_str(why),
            Self::Store(error) => write!(f, "nothing was changed and nothing was sent: {error}"),
            Self::Unfinished { entry, error } => write!(
                f,
                "entry {}: the registry has done its part, the gateways were not told yet: they are as soon as the \
                 database works again, see GET /offline/{}: {error}",
                entry.id, entry.id
            ),
        }
    }
}

/// Why the service does not start, or stopped by itself.
#[derive(Debug)]
pub enum RunError {
    /// The configuration cannot work.
    Config(String),
    /// The database cannot be opened.
    Store(StoreError),
    /// The HTTP server failed.
    Server(io::Error),
    /// A control loop ended by itself.
    Loop {
        /// Which.
        name: &'static str,
        /// How.
        how: String,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => write!(f, "sync-speed cannot start: {what}"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Loop { name, how } => write!(f, "sync-speed stops: its loop for {name} {how}"),
            Self::Server(error) => write!(f, "sync-speed's HTTP server failed: {error}"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
