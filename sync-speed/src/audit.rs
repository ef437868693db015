//! The audit trail: who asked for what, from where, and what came of it. One record in the store, written before the
//! answer, and one line in the log under the target `audit`, for each request that means to change something.
//!
//! What was carried out is always written. What was refused is written at a bounded rate, by address and in all: a flood
//! fills neither the disk nor the log, and the next record says how many were left out.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use eurus_service::Clock;

use crate::access::Token;
use crate::access::buckets::{Buckets, Rate};
use crate::entry::Entry;
use crate::error::Refusal;
use crate::request::Request;
use crate::store::{Store, StoreError};

/// The log target of its lines.
pub const TARGET: &str = "audit";
/// Its action, where nobody asked over HTTP.
const OWN: &str = "own order";
/// Refused requests of one address that are written: so many at once, then one in five seconds.
const REFUSED_OF_ONE: Rate = Rate { burst: 60, one_per_us: 5_000_000 };
/// Refused requests of all addresses that are written: some 43,000 a day.
const REFUSED_OF_ALL: Rate = Rate { burst: 600, one_per_us: 2_000_000 };
/// Addresses that are told apart; those beyond share one rate.
const ADDRESSES_MAX: usize = 1_024;
/// Length of a text from outside.
const TEXT_CHARS_MAX: usize = 512;
/// Length of a caller's name: a gateway's is its instance id.
const CALLER_CHARS_MAX: usize = 240;

/// One record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Rises with time.
    pub id: String,
    /// When.
    pub at_ms: i64,
    /// Who; nobody, where the credentials were not right.
    pub caller: Option<String>,
    /// From where; empty for an order of the service's own.
    pub address: String,
    /// Through which proxy.
    pub proxy: Option<String>,
    /// Method and path; or that it is an own order.
    pub action: String,
    /// `offline`, `online`, where it was understood.
    pub kind: Option<String>,
    /// What was meant.
    pub target: Option<String>,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// Of the answer; 0 for an order of the service's own.
    pub status: i64,
    /// The entry's state, or the word of the refusal.
    pub outcome: String,
    /// The entry's id.
    pub entry: Option<String>,
    /// Refused requests before this one that were counted and not written.
    pub suppressed: i64,
}

impl Record {
    /// Whether nothing was done: what has an entry may have been, also where the answer was an error.
    pub fn is_refusal(&self) -> bool {
        const FIRST_REFUSAL: i64 = 400;
        self.entry.is_none() && (self.status >= FIRST_REFUSAL || self.is_own())
    }

    /// The service's own order: nobody asked for it over HTTP.
    pub fn is_own(&self) -> bool {
        self.action == OWN
    }

    /// For the log: whatever comes from outside is escaped.
    fn line(&self) -> String {
        let mut line = self.caller.as_deref().unwrap_or("nobody").escape_debug().to_string();
        let mut add = |before: &str, text: Option<&str>| {
            if let Some(text) = text {
                line.push_str(before);
                line.extend(text.escape_debug());
            }
        };
        add(" from ", (!self.is_own()).then_some(self.address.as_str()));
        add(" through ", self.proxy.as_deref());
        add(": ", Some(&self.action));
        add(" of ", self.target.as_deref());
        add(" because ", self.reason.as_deref());
        let status = (!self.is_own()).then(|| format!("{} ", self.status));
        add(": ", Some(&format!("{}{}", status.unwrap_or_default(), self.outcome)));
        add(" ", self.entry.as_deref());
        if self.suppressed > 0 {
            line.push_str(&format!("; {} refused requests before were not written", self.suppressed));
        }
        line
    }
}

/// See the module.
pub struct Trail {
    store: Store,
    clock: Clock,
    /// Tells processes on one database apart.
    process: String,
    written: AtomicU64,
    of_one: Buckets<IpAddr>,
    of_all: Buckets<()>,
    suppressed: AtomicI64,
    suppressed_in_all: AtomicU64,
    /// Besides those of callers.
    secrets: Vec<Token>,
}

impl Trail {
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn new(store: Store, clock: Clock, secrets: Vec<Token>) -> Result<Self, getrandom::Error> {
        let mut random = [0_u8; 4];
        getrandom::fill(&mut random)?;
        Ok(Self {
            store,
            clock,
            process: random.iter().map(|byte| format!("{byte:02x}")).collect(),
            written: AtomicU64::new(0),
            of_one: Buckets::new(ADDRESSES_MAX),
            of_all: Buckets::new(1),
            suppressed: AtomicI64::new(0),
            suppressed_in_all: AtomicU64::new(0),
            secrets,
        })
    }

    /// Writes a record, unless it is one refusal too many. A trail that cannot be written is said, and stops nobody:
    /// what was done is done.
    pub async fn write(&self, mut record: Record, address: IpAddr) {
        if record.is_refusal() {
            match self.room_for_refused(address) {
                Some(suppressed) => record.suppressed = suppressed,
                None => return,
            }
        }
        record.at_ms = self.clock.now_ms();
        // Two of one moment stay in their order.
        let count = self.written.fetch_add(1, Ordering::Relaxed);
        record.id = format!("{:015}-{}-{count:012}", record.at_ms, self.process);
        for text in [&mut record.target, &mut record.reason].into_iter().flatten().chain([&mut record.action]) {
            *text = self.fit(text, TEXT_CHARS_MAX);
        }
        record.caller = record.caller.map(|caller| self.fit(&caller, CALLER_CHARS_MAX));
        match record.is_refusal() {
            true => log::warn!(target: TARGET, "{}", record.line()),
            false => log::info!(target: TARGET, "{}", record.line()),
        }
        if let Err(error) = self.store.audit(&record).await {
            log::error!("the audit trail lacks what its line in the log says, {}: {error}", record.id);
        }
    }

    /// Writes what the service did, or meant to do, of its own accord.
    pub async fn write_own(&self, request: &Request, done: &Result<Entry, Refusal>) {
        let (outcome, entry) = match done {
            Ok(entry) => (entry.state_in_words(), Some(entry.id.clone())),
            // Whom nobody registered nobody meant to change.
            Err(Refusal::NoInstance { .. }) => return,
            Err(refusal) => (refusal.word(), refusal.entry().map(str::to_owned)),
        };
        let record = Record {
            caller: Some(request.caller.clone()),
            action: OWN.to_owned(),
            kind: Some(request.kind.to_string()),
            target: Some(request.target.to_string()),
            reason: request.reason.clone(),
            outcome: outcome.to_owned(),
            entry,
            ..Record::default()
        };
        self.write(record, IpAddr::from([0, 0, 0, 0])).await;
    }

    /// Whether one more refusal of an address is written, and how many were not before it.
    pub fn room_for_refused(&self, address: IpAddr) -> Option<i64> {
        let now_us = self.clock.now_us();
        let has_room = self.of_one.take(address, REFUSED_OF_ONE, now_us).is_ok()
            && self.of_all.take((), REFUSED_OF_ALL, now_us).is_ok();
        if has_room {
            return Some(self.suppressed.swap(0, Ordering::Relaxed));
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        self.suppressed_in_all.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Refused requests that were not written, since the start.
    pub fn suppressed_since_start(&self) -> u64 {
        self.suppressed_in_all.load(Ordering::Relaxed)
    }

    /// The newest records, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn since(&self, since_ms: i64, limit: i64) -> Result<Vec<Record>, StoreError> {
        self.store.audited_since(since_ms, limit).await
    }

    /// Not longer than it may be, and without any secret of ours.
    fn fit(&self, text: &str, chars_max: usize) -> String {
        let without = |text: String, secret: &Token| text.replace(secret.expose(), "…");
        let mut text = self.secrets.iter().fold(text.to_owned(), without);
        if let Some((end, _)) = text.char_indices().nth(chars_max) {
            text.truncate(end);
            text.push('…');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_a_person() {
        let record = Record {
            caller: Some("ci".to_owned()),
            address: "10.0.0.1".to_owned(),
            proxy: Some("10.9.9.9".to_owned()),
            action: "POST /offline".to_owned(),
            target: Some("IP 10.0.0.2, instance id a\nb".to_owned()),
            reason: Some("deploy".to_owned()),
            status: 200,
            outcome: "done".to_owned(),
            entry: Some("offline-1".to_owned()),
            ..Record::default()
        };
        assert_eq!(
            record.line(),
            "ci from 10.0.0.1 through 10.9.9.9: POST /offline of IP 10.0.0.2, instance id a\\nb because deploy: 200 done \
             offline-1"
        );
        let own = Record {
            caller: Some("kubernetes".to_owned()),
            action: OWN.to_owned(),
            target: Some("IP 10.0.0.2".to_owned()),
            outcome: "keep-percent".to_owned(),
            ..Record::default()
        };
        assert_eq!(own.line(), "kubernetes: own order of IP 10.0.0.2: keep-percent");
        assert!(own.is_refusal());
        let refused = Record {
            address: "10.0.0.1".to_owned(),
            action: "POST /offline".to_owned(),
            status: 401,
            outcome: "token".to_owned(),
            suppressed: 7,
            ..Record::default()
        };
        assert_eq!(
            refused.line(),
            "nobody from 10.0.0.1: POST /offline: 401 token; 7 refused requests before were not written"
        );
    }

    #[tokio::test]
    async fn a_flood_fills_no_disk_and_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let (clock, hand) = Clock::manual(1_000);
        let secret = Token::new("TOPSECRET".to_owned());
        let trail = Trail::new(store.clone(), clock, secret.into_iter().collect()).unwrap();
        let address = IpAddr::from([10, 0, 0, 1]);
        let refused = |action: &str| Record {
            action: action.to_owned(),
            status: 401,
            outcome: "token".to_owned(),
            ..Record::default()
        };
        for _ in 0..200 {
            trail.write(refused("POST /TOPSECRET"), address).await;
        }
        assert_eq!(trail.since(0, 500).await.unwrap().len(), 60);
        // What is carried out is written all the same.
        trail.write(Record { status: 200, outcome: "done".to_owned(), ..Record::default() }, address).await;
        // Or may have been.
        let entry = Some("offline-1".to_owned());
        trail.write(Record { status: 500, outcome: "store".to_owned(), entry, ..Record::default() }, address).await;
        hand.advance_ms(5_000).await.unwrap();
        trail.write(refused(&"x".repeat(10_000)), address).await;
        let records = trail.since(0, 500).await.unwrap();
        assert_eq!((records.len(), records[0].suppressed, records[1].suppressed), (63, 140, 0));
        assert_eq!(records[0].action.chars().count(), TEXT_CHARS_MAX + 1);
        assert!(records.iter().all(|record| !record.action.contains("TOPSECRET")));
        store.close().await;
    }
}
