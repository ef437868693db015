//! The rate limiter for fetches: under overload foreign clients wait, so that heartbeats and Eureka's own clients do
//! not. Two buckets as in Netflix's filter: one for every fetch, one more for full ones, which cost most.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use eurus_service::properties::{ConfigError, Properties};

use crate::token_bucket::{BURST_MAX, RATE_MAX, TokenBucket};

/// Eureka's own clients and peers; they are let through unless `throttle_standard_clients`.
const STANDARD_CLIENTS: [&str; 2] = ["DefaultClient", "DefaultServer"];
/// How often the log says that fetches are refused.
const SAID_EVERY_MS: i64 = 60_000;

/// `eureka.server.rate-limiter-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// `…-enabled`: refuse what is over the limits. When false it is only counted.
    pub enabled: bool,
    /// `…-burst-size`: fetches that may come at once; 0: no limit.
    pub burst_size: u32,
    /// `…-registry-fetch-average-rate`: fetches a second, full, delta or of one application; 0: no limit.
    pub registry_fetch_average_rate: u32,
    /// `…-full-fetch-average-rate`: full fetches a second; 0: no limit.
    pub full_fetch_average_rate: u32,
    /// `…-privileged-clients`: names of clients that are not limited, besides the standard ones.
    pub privileged_clients: BTreeSet<String>,
    /// `…-throttle-standard-clients`: limit everybody, also standard and privileged clients.
    pub throttle_standard_clients: bool,
}

impl RateLimits {
    /// Netflix's defaults: not enabled.
    pub fn stock() -> Self {
        Self {
            enabled: false,
            burst_size: 10,
            registry_fetch_average_rate: 500,
            full_fetch_average_rate: 100,
            privileged_clients: BTreeSet::new(),
            throttle_standard_clients: false,
        }
    }

    pub(crate) fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let stock = Self::stock();
        let number = |key, default, max| properties.number(key, default, 0..=max);
        Ok(Self {
            enabled: properties.bool("eureka.server.rate-limiter-enabled", stock.enabled)?,
            burst_size: number("eureka.server.rate-limiter-burst-size", stock.burst_size, BURST_MAX)?,
            registry_fetch_average_rate: number(
                "eureka.server.rate-limiter-registry-fetch-average-rate",
                stock.registry_fetch_average_rate,
                RATE_MAX,
            )?,
            full_fetch_average_rate: number(
                "eureka.server.rate-limiter-full-fetch-average-rate",
                stock.full_fetch_average_rate,
                RATE_MAX,
            )?,
            privileged_clients: properties.list("eureka.server.rate-limiter-privileged-clients").into_iter().collect(),
            throttle_standard_clients: properties
                .bool("eureka.server.rate-limiter-throttle-standard-clients", stock.throttle_standard_clients)?,
        })
    }

    fn is_privileged(&self, client: Option<&str>) -> bool {
        !self.throttle_standard_clients
            && client.is_some_and(|name| STANDARD_CLIENTS.contains(&name) || self.privileged_clients.contains(name))
    }
}

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetch {
    Full,
    Delta,
    Application,
}

/// How many fetches were over the limits since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OverLimit {
    pub(crate) all: u64,
    /// Those of them that were full fetches.
    pub(crate) full: u64,
}

/// The buckets and the counts.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limits: RateLimits,
    started_ms: i64,
    fetches: TokenBucket,
    full_fetches: TokenBucket,
    over_all: AtomicU64,
    over_full: AtomicU64,
    said_ms: AtomicI64,
}

impl RateLimiter {
    pub(crate) fn new(limits: RateLimits, now_ms: i64) -> Self {
        Self {
            limits,
            started_ms: now_ms,
            fetches: TokenBucket::default(),
            full_fetches: TokenBucket::default(),
            over_all: AtomicU64::new(0),
            over_full: AtomicU64::new(0),
            said_ms: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether a fetch by a client of this name is answered.
    pub(crate) fn admits(&self, fetch: Fetch, client: Option<&str>, now_ms: i64) -> bool {
        if self.limits.is_privileged(client) || self.has_tokens(fetch, now_ms) {
            return true;
        }
        self.over_all.fetch_add(1, Ordering::Relaxed);
        if fetch == Fetch::Full {
            self.over_full.fetch_add(1, Ordering::Relaxed);
        }
        if self.limits.enabled {
            self.say(fetch, client, now_ms);
        }
        !self.limits.enabled
    }

    /// Fetches that were refused.
    pub(crate) fn limited(&self) -> OverLimit {
        if self.limits.enabled { self.over() } else { OverLimit::default() }
    }

    /// Fetches that would have been refused if the limiter were enabled: what it would do can be seen beforehand.
    pub(crate) fn candidates(&self) -> OverLimit {
        if self.limits.enabled { OverLimit::default() } else { self.over() }
    }

    fn over(&self) -> OverLimit {
        OverLimit { all: self.over_all.load(Ordering::Relaxed), full: self.over_full.load(Ordering::Relaxed) }
    }

    fn has_tokens(&self, fetch: Fetch, now_ms: i64) -> bool {
        let RateLimits { burst_size, registry_fetch_average_rate, full_fetch_average_rate, .. } = self.limits;
        let since_start_ms = u64::try_from(now_ms - self.started_ms).unwrap_or(0) + 1;
        // A full fetch takes a token of both, also when the first bucket is empty: as in Netflix's.
        let of_all = self.fetches.take(burst_size, registry_fetch_average_rate, since_start_ms);
        let of_full =
            fetch != Fetch::Full || self.full_fetches.take(burst_size, full_fetch_average_rate, since_start_ms);
        of_all && of_full
    }

    fn say(&self, fetch: Fetch, client: Option<&str>, now_ms: i64) {
        let said_ms = self.said_ms.load(Ordering::Relaxed);
        let is_due = now_ms.saturating_sub(said_ms) >= SAID_EVERY_MS;
        let is_mine = || self.said_ms.compare_exchange(said_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !is_due || !is_mine() {
            return;
        }
        let OverLimit { all, full } = self.over();
        log::warn!(
            "rate limiter: {all} fetches refused with 503 so far, {full} of them full ones; the last: {fetch:?} by \
             client '{}'. Find out who fetches so often, name it in eureka.server.rate-limiter-privileged-clients, or \
             raise eureka.server.rate-limiter-registry-fetch-average-rate, -full-fetch-average-rate or -burst-size",
            client.unwrap_or_default().escape_debug()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(changed: impl FnOnce(&mut RateLimits)) -> RateLimiter {
        let mut limits = RateLimits {
            enabled: true,
            burst_size: 3,
            registry_fetch_average_rate: 10,
            full_fetch_average_rate: 1,
            ..RateLimits::stock()
        };
        changed(&mut limits);
        RateLimiter::new(limits, 1_800_000_000_000)
    }

    fn admitted(limiter: &RateLimiter, fetch: Fetch, client: Option<&str>, after_ms: i64, tries: usize) -> usize {
        (0..tries).filter(|_| limiter.admits(fetch, client, 1_800_000_000_000 + after_ms)).count()
    }

    #[test]
    fn a_full_fetch_needs_a_token_of_both_buckets() {
        let limiter = limiter(|_| ());
        assert_eq!(admitted(&limiter, Fetch::Full, None, 0, 5), 3);
        assert_eq!(admitted(&limiter, Fetch::Delta, None, 0, 5), 0, "they share the bucket of all");
        assert_eq!(admitted(&limiter, Fetch::Delta, None, 100, 5), 1);
        assert_eq!(admitted(&limiter, Fetch::Application, None, 200, 5), 1);
        assert_eq!(admitted(&limiter, Fetch::Full, None, 500, 5), 0, "no token of full fetches yet");
        assert_eq!(admitted(&limiter, Fetch::Delta, None, 500, 5), 0, "they took those of all, as in Netflix's");
        assert_eq!(admitted(&limiter, Fetch::Full, None, 1_000, 5), 1);
        assert_eq!(limiter.limited(), OverLimit { all: 2 + 5 + 4 + 4 + 5 + 5 + 4, full: 2 + 5 + 4 });
        assert_eq!(limiter.candidates(), OverLimit::default());
    }

    #[test]
    fn a_refused_full_fetch_uses_up_its_own_bucket() {
        let limiter = limiter(|limits| limits.registry_fetch_average_rate = 100);
        assert_eq!(admitted(&limiter, Fetch::Delta, None, 0, 3), 3);
        assert_eq!(admitted(&limiter, Fetch::Full, None, 0, 3), 0, "the bucket of all is empty");
        assert_eq!(admitted(&limiter, Fetch::Full, None, 30, 3), 0, "its own as well by now, as in Netflix's");
    }

    #[test]
    fn who_is_privileged_takes_no_token() {
        // privileged, throttle standard, client -> admitted of 5
        let table = [
            ("", false, None, 3),
            ("", false, Some("DefaultClient"), 5),
            ("", false, Some("DefaultServer"), 5),
            ("", false, Some("defaultclient"), 3),
            ("mine", false, Some("mine"), 5),
            ("mine", false, Some("other"), 3),
            ("mine", true, Some("mine"), 3),
            ("mine", true, Some("DefaultClient"), 3),
        ];
        for (privileged, throttle, client, expected) in table {
            let limiter = limiter(|limits| {
                limits.privileged_clients.insert(privileged.to_owned());
                limits.throttle_standard_clients = throttle;
            });
            assert_eq!(admitted(&limiter, Fetch::Delta, client, 0, 5), expected, "{privileged} {throttle} {client:?}");
        }
    }

    #[test]
    fn when_disabled_it_only_counts() {
        let limiter = limiter(|limits| limits.enabled = false);
        assert_eq!(admitted(&limiter, Fetch::Full, None, 0, 5) + admitted(&limiter, Fetch::Delta, None, 0, 1), 6);
        assert_eq!(limiter.candidates(), OverLimit { all: 3, full: 2 });
        assert_eq!(limiter.limited(), OverLimit::default());
    }
}
