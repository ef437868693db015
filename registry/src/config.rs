//! What the registry can be told, validated. Names are Spring's.

use std::fmt;
use std::ops::RangeInclusive;

use eurus_service::properties::{ConfigError, Properties};

use crate::access::AccessConfig;
use crate::self_preservation::Expectation;

/// The longest interval that is accepted: a day. Longer ones are taken for a mistake in the unit.
const INTERVAL_MS_MAX: i64 = 86_400_000;
/// Worker threads at most.
const WORKERS_MAX: usize = 256;

/// Settings of a registry. [`RegistryConfig::stock`] are Netflix's; `run` refuses invalid ones.
#[derive(Clone, Debug, PartialEq)]
pub struct RegistryConfig {
    /// `eurus.registry.workers`: threads that serve requests.
    pub workers: usize,
    /// `eurus.registry.instances-max`: leases at a time; further registrations are answered 503.
    pub instances_max: usize,
    /// `spring.security.user.*`, `eurus.registry.access.*`: who may do what.
    pub access: AccessConfig,
    /// `eureka.server.enable-self-preservation`: keep leases when too few renewals arrive.
    pub enable_self_preservation: bool,
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
            workers: 2,
            instances_max: 200_000,
            access: AccessConfig::open(),
            enable_self_preservation: true,
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
        }
    }

    /// The settings that somebody wrote, over the defaults.
    ///
    /// # Errors
    /// The first value that is not valid, with its key and what is allowed.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let mut config = Self::stock();
        config.workers = properties.number(WORKERS_KEY, config.workers, WORKERS)?;
        config.instances_max = properties.number(INSTANCES_KEY, config.instances_max, INSTANCES)?;
        config.access = AccessConfig::from_properties(properties)?;
        config.renewal_percent_threshold = properties.number(PERCENT_KEY, config.renewal_percent_threshold, PERCENT)?;
        for (key, value, allowed) in config.durations_mut() {
            *value = properties.number(key, *value, allowed)?;
        }
        for (key, value) in config.switches_mut() {
            *value = properties.bool(key, *value)?;
        }
        Ok(config)
    }

    /// Checks settings that did not come from properties.
    ///
    /// # Errors
    /// The first value that is not valid.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        check(WORKERS_KEY, &self.workers, &WORKERS)?;
        check(INSTANCES_KEY, &self.instances_max, &INSTANCES)?;
        check(PERCENT_KEY, &self.renewal_percent_threshold, &PERCENT)?;
        for (key, value, allowed) in self.clone().durations_mut() {
            check(key, value, &allowed)?;
        }
        Ok(())
    }

    /// Every duration with its key and bounds: read and checked by one table.
    fn durations_mut(&mut self) -> [(&'static str, &mut i64, RangeInclusive<i64>); 7] {
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

    fn switches_mut(&mut self) -> [(&'static str, &mut bool); 3] {
        [
            ("eureka.server.enable-self-preservation", &mut self.enable_self_preservation),
            ("eureka.server.use-read-only-response-cache", &mut self.use_read_only_response_cache),
            ("eureka.server.disable-delta", &mut self.disable_delta),
        ]
    }

    pub(crate) fn expectation(&self) -> Expectation {
        Expectation {
            enabled: self.enable_self_preservation,
            percent_threshold: self.renewal_percent_threshold,
            client_interval_s: self.expected_client_renewal_interval_s,
        }
    }
}

fn check<T: PartialOrd + fmt::Display>(
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

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn read(flags: &[(&str, &str)]) -> Result<RegistryConfig, ConfigError> {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
        RegistryConfig::from_properties(&properties)
    }

    #[test]
    fn nothing_said_is_the_stock() {
        assert_eq!(read(&[]).unwrap(), RegistryConfig::stock());
        assert_eq!(RegistryConfig::stock().validate(), Ok(()));
    }

    #[test]
    fn springs_names_are_read() {
        let config = read(&[
            ("eureka.server.response-cache-update-interval-ms", "1000"),
            ("eureka.server.enable-self-preservation", "false"),
            ("eureka.server.renewal-percent-threshold", "0.5"),
            ("eurus.registry.workers", "1"),
        ])
        .unwrap();
        assert_eq!(config.response_cache_update_interval_ms, 1_000);
        assert!(!config.enable_self_preservation);
        assert!((config.renewal_percent_threshold - 0.5).abs() < f64::EPSILON);
        assert_eq!(config.workers, 1);
    }

    #[test]
    fn an_interval_of_zero_is_refused_with_its_name() {
        let mut config = RegistryConfig::stock();
        let keys: Vec<_> = config.durations_mut().iter().map(|(key, ..)| *key).collect();
        for (place, key) in keys.into_iter().enumerate() {
            let error = read(&[(key, "0")]).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains("from 1 to"), "{error}");
            let mut config = RegistryConfig::stock();
            *config.durations_mut()[place].1 = 0;
            assert!(config.validate().unwrap_err().to_string().starts_with(key));
        }
    }

    #[test]
    fn a_threshold_outside_of_zero_to_one_is_refused() {
        for threshold in [-0.1, 1.1, f64::NAN] {
            let config = RegistryConfig { renewal_percent_threshold: threshold, ..RegistryConfig::stock() };
            assert!(config.validate().is_err(), "{threshold}");
        }
    }
}
