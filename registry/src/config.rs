//! What the registry can be told, validated. Names are Spring's.

mod from_properties;

use std::fmt;
use std::ops::RangeInclusive;

use eurus_service::Faults;
use eurus_service::tls::ServerTls;

use crate::access::AccessConfig;
use crate::cache_access::CacheAccess;
use crate::deployment::Deployment;
use crate::lease::LeaseDuration;
use crate::limits::RegistryLimits;
use crate::management::Management;
use crate::paths::Paths;
use crate::peers::PeerSettings;
use crate::rate_limiter::RateLimits;
use crate::self_preservation::{Expectation, PreservationRules, SelfPreservationMode};
use crate::store::LeaseRules;

/// The longest interval that is accepted: a day. Longer ones are taken for a mistake in the unit.
const INTERVAL_MS_MAX: i64 = 86_400_000;
/// Worker threads at most.
const WORKERS_MAX: usize = 256;

/// Settings of a registry. [`RegistryConfig::stock`] are Netflix's; `run` refuses invalid ones.
#[derive(Clone, Debug, PartialEq)]
pub struct RegistryConfig {
    /// What the pages say about where it runs.
    pub deployment: Deployment,
    /// How much one instance and all of them may take.
    pub limits: RegistryLimits,
    /// `eurus.registry.workers`: threads that serve requests.
    pub workers: usize,
    /// `eurus.registry.instances-max`: leases at a time; further registrations are answered 503.
    pub instances_max: usize,
    /// `spring.security.user.*`, `eurus.registry.access.*`: who may do what.
    pub access: AccessConfig,
    /// `eurus.registry.self-preservation`, or `eureka.server.enable-self-preservation`: which rule keeps leases that are
    /// over.
    pub self_preservation: SelfPreservationMode,
    /// `eurus.registry.self-preservation-max-ms`: in the per-app mode, how long after its end a lease is kept at most.
    pub self_preservation_ms_max: i64,
    /// `eurus.registry.lease-duration`: how long a renewed lease lives.
    pub lease_duration: LeaseDuration,
    /// `eureka.server.rate-limiter-*`: how many fetches are answered.
    pub rate_limits: RateLimits,
    /// `server.ssl.*`: how TLS is spoken; `None`: plain HTTP.
    pub tls: Option<ServerTls>,
    /// `eureka.server.renewal-percent-threshold`: share of the expected renewals below which nothing is evicted;
    /// also the share of all instances that one eviction run leaves alone.
    pub renewal_percent_threshold: f64,
    /// `eureka.server.expected-client-renewal-interval-seconds`: how often clients are expected to renew.
    pub expected_client_renewal_interval_s: i64,
    /// `eureka.server.renewal-threshold-update-interval-ms`: how often the threshold is recomputed.
    pub renewal_threshold_update_interval_ms: i64,
    /// `eureka.server.eviction-interval-timer-in-ms`: how often expired leases are evicted.
    pub eviction_interval_ms: i64,
    /// `eureka.server.use-read-only-response-cache`: answer from the read-only cache.
    pub use_read_only_response_cache: bool,
    /// `eureka.server.response-cache-update-interval-ms`: how often the read-only cache is refreshed.
    pub response_cache_update_interval_ms: i64,
    /// `eureka.server.response-cache-auto-expiration-in-seconds`: life of a read-write cache entry.
    pub response_cache_auto_expiration_s: i64,
    /// `eureka.server.retention-time-in-m-s-in-delta-queue`: how long a change stays in the delta.
    pub delta_retention_ms: i64,
    /// `eureka.server.delta-retention-timer-interval-in-ms`: how often the delta queue is purged.
    pub delta_retention_timer_interval_ms: i64,
    /// `eureka.server.disable-delta`: answer 403 to delta requests.
    pub disable_delta: bool,
    /// `server.servlet.context-path` and others: where it answers.
    pub paths: Paths,
    /// `management.server.*`: where health and metrics are.
    pub management: Management,
    /// `eureka.client.service-url`: the other registries.
    pub peers: PeerSettings,
    /// A host, not this machine's loopback, by which the configuration expects the registry to be reached although
    /// nobody said where it listens: warned of, as it listens on loopback then.
    pub expected_host: Option<String>,
    /// `server.shutdown`, `spring.lifecycle.timeout-per-shutdown-phase`: how long requests under way may take at the
    /// end; 0: they are cut off.
    pub shutdown_s: u64,
    /// A harness's way to the caches; no setting leads to it.
    pub cache_access: Option<CacheAccess>,
    /// A harness's plan; no setting leads to it.
    pub faults: Faults,
}

/// A setting that `run` refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    key: &'static str,
    value: String,
    allowed: String,
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is not valid: expected {}", self.key, self.value, self.allowed)
    }
}

impl std::error::Error for InvalidSetting {}

/// Requests under way at shutdown get this long to finish.
const SHUTDOWN_S: u64 = 10;
const PERCENT_KEY: &str = "eureka.server.renewal-percent-threshold";
const WORKERS_KEY: &str = "eurus.registry.workers";
const INSTANCES_KEY: &str = "eurus.registry.instances-max";
const INSTANCES: RangeInclusive<usize> = 1..=10_000_000;
const PERCENT: RangeInclusive<f64> = 0.0..=1.0;
const WORKERS: RangeInclusive<usize> = 1..=WORKERS_MAX;

impl RegistryConfig {
    /// Netflix's defaults.
    pub fn stock() -> Self {
        Self {
            limits: RegistryLimits::stock(),
            deployment: Deployment::stock(),
            workers: 2,
            instances_max: 200_000,
            access: AccessConfig::open(),
            self_preservation: SelfPreservationMode::Netflix,
            self_preservation_ms_max: 900_000,
            lease_duration: LeaseDuration::Netflix,
            rate_limits: RateLimits::stock(),
            tls: None,
            renewal_percent_threshold: 0.85,
            expected_client_renewal_interval_s: 30,
            renewal_threshold_update_interval_ms: 900_000,
            eviction_interval_ms: 60_000,
            use_read_only_response_cache: true,
            response_cache_update_interval_ms: 30_000,
            response_cache_auto_expiration_s: 180,
            delta_retention_ms: 180_000,
            delta_retention_timer_interval_ms: 30_000,
            disable_delta: false,
            paths: Paths::default(),
            management: Management::default(),
            peers: PeerSettings::default(),
            expected_host: None,
            shutdown_s: SHUTDOWN_S,
            cache_access: None,
            faults: Faults::default(),
        }
    }

    /// Checks settings that did not come from properties.
    ///
    /// # Errors
    /// The first value that is not valid.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        self.limits.validate()?;
        check(WORKERS_KEY, &self.workers, &WORKERS)?;
        check(INSTANCES_KEY, &self.instances_max, &INSTANCES)?;
        check(PERCENT_KEY, &self.renewal_percent_threshold, &PERCENT)?;
        for (key, value, allowed) in self.clone().durations_mut() {
            check(key, value, &allowed)?;
        }
        Ok(())
    }

    /// Every duration with its key and bounds: read and checked by one table.
    fn durations_mut(&mut self) -> [(&'static str, &mut i64, RangeInclusive<i64>); 8] {
        let interval_ms = 1..=INTERVAL_MS_MAX;
        let seconds = 1..=INTERVAL_MS_MAX / 1_000;
        [
            (
                "eureka.server.expected-client-renewal-interval-seconds",
                &mut self.expected_client_renewal_interval_s,
                seconds.clone(),
            ),
            (
                "eureka.server.renewal-threshold-update-interval-ms",
                &mut self.renewal_threshold_update_interval_ms,
                interval_ms.clone(),
            ),
            ("eureka.server.eviction-interval-timer-in-ms", &mut self.eviction_interval_ms, interval_ms.clone()),
            ("eurus.registry.self-preservation-max-ms", &mut self.self_preservation_ms_max, interval_ms.clone()),
            (
                "eureka.server.response-cache-update-interval-ms",
                &mut self.response_cache_update_interval_ms,
                interval_ms.clone(),
            ),
            (
                "eureka.server.response-cache-auto-expiration-in-seconds",
                &mut self.response_cache_auto_expiration_s,
                seconds,
            ),
            ("eureka.server.retention-time-in-m-s-in-delta-queue", &mut self.delta_retention_ms, interval_ms.clone()),
            (
                "eureka.server.delta-retention-timer-interval-in-ms",
                &mut self.delta_retention_timer_interval_ms,
                interval_ms,
            ),
        ]
    }

    fn switches_mut(&mut self) -> [(&'static str, &mut bool); 2] {
        [
            ("eureka.server.use-read-only-response-cache", &mut self.use_read_only_response_cache),
            ("eureka.server.disable-delta", &mut self.disable_delta),
        ]
    }

    pub(crate) fn lease_rules(&self) -> LeaseRules {
        let expectation = Expectation {
            enabled: self.self_preservation == SelfPreservationMode::Netflix,
            percent_threshold: self.renewal_percent_threshold,
            client_interval_s: self.expected_client_renewal_interval_s,
        };
        LeaseRules {
            preservation: PreservationRules {
                mode: self.self_preservation,
                expectation,
                preserved_ms_max: self.self_preservation_ms_max,
            },
            duration: self.lease_duration,
        }
    }
}

pub(crate) fn check<T: PartialOrd + fmt::Display>(
    key: &'static str,
    value: &T,
    allowed: &RangeInclusive<T>,
) -> Result<(), InvalidSetting> {
    if allowed.contains(value) {
        return Ok(());
    }
    let allowed = format!("a number from {} to {}", allowed.start(), allowed.end());
    Err(InvalidSetting { key, value: value.to_string(), allowed })
}
