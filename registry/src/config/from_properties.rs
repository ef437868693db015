//! Reads a registry's settings.

#[cfg(test)]
mod tests;

use eurus_service::properties::{ConfigError, Properties};
use eurus_service::tls::ServerTls;

use super::{INSTANCES, INSTANCES_KEY, PERCENT, PERCENT_KEY, RegistryConfig, SHUTDOWN_S, WORKERS, WORKERS_KEY};
use crate::access::AccessConfig;
use crate::deployment::Deployment;
use crate::lease::LeaseDuration;
use crate::limits::RegistryLimits;
use crate::management::Management;
use crate::paths::Paths;
use crate::peers::PeerSettings;
use crate::rate_limiter::RateLimits;
use crate::self_preservation::SelfPreservationMode;

const PRESERVATION_KEY: &str = "eurus.registry.self-preservation";
const ENABLE_PRESERVATION_KEY: &str = "eureka.server.enable-self-preservation";
const LEASE_DURATION_KEY: &str = "eurus.registry.lease-duration";
const SHUTDOWN_KEY: &str = "server.shutdown";
const SHUTDOWN_TIMEOUT_KEY: &str = "spring.lifecycle.timeout-per-shutdown-phase";
/// The longest that may be set instead.
const SHUTDOWN_S_MAX: u64 = 3_600;

impl RegistryConfig {
    /// The settings that somebody wrote, over the defaults.
    ///
    /// # Errors
    /// The first value that is not valid, with its key and what is allowed.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let mut config = Self::stock();
        config.limits = RegistryLimits::from_properties(properties)?;
        config.deployment = Deployment::from_properties(properties);
        config.workers = properties.number(WORKERS_KEY, config.workers, WORKERS)?;
        config.instances_max = properties.number(INSTANCES_KEY, config.instances_max, INSTANCES)?;
        config.access = AccessConfig::from_properties(properties)?;
        config.tls = ServerTls::from_properties(properties)?;
        config.renewal_percent_threshold = properties.number(PERCENT_KEY, config.renewal_percent_threshold, PERCENT)?;
        config.self_preservation = self_preservation(properties)?;
        config.rate_limits = RateLimits::from_properties(properties)?;
        if let Some(rule) = properties.parsed(LEASE_DURATION_KEY, LeaseDuration::ALLOWED)? {
            config.lease_duration = rule;
        }
        for (key, value, allowed) in config.durations_mut() {
            *value = properties.number(key, *value, allowed)?;
        }
        for (key, value) in config.switches_mut() {
            *value = properties.bool(key, *value)?;
        }
        config.paths = Paths::from_properties(properties)?;
        config.management = Management::from_properties(properties, config.tls.is_some())?;
        config.peers = PeerSettings::from_properties(properties)?;
        if !properties.is_set_by_user(crate::PORT.address_key) {
            let host = config.deployment.host_name.as_deref();
            config.expected_host = config.peers.host_elsewhere(host).map(str::to_owned);
        }
        config.shutdown_s = shutdown_s(properties)?;
        Ok(config)
    }
}

/// The rule, by Spring's switch and by our key. Both may be written as long as they agree.
fn self_preservation(properties: &Properties) -> Result<SelfPreservationMode, ConfigError> {
    let is_enabled = properties.bool(ENABLE_PRESERVATION_KEY, true)?;
    let by_switch = if is_enabled { SelfPreservationMode::Netflix } else { SelfPreservationMode::Off };
    let Some(mode) = properties.parsed(PRESERVATION_KEY, SelfPreservationMode::ALLOWED)? else {
        return Ok(by_switch);
    };
    let contradicts = is_enabled == (mode == SelfPreservationMode::Off);
    if contradicts && properties.string(ENABLE_PRESERVATION_KEY).is_some() {
        return Err(ConfigError::other(format!(
            "{PRESERVATION_KEY}={mode} and {ENABLE_PRESERVATION_KEY}={is_enabled} contradict each other: leave one of \
             them out"
        )));
    }
    Ok(mode)
}

/// Whole seconds, rounded up: half a second must not become none.
fn shutdown_s(properties: &Properties) -> Result<u64, ConfigError> {
    let grace_ms = properties.duration_ms(SHUTDOWN_TIMEOUT_KEY, SHUTDOWN_S * 1_000, 0..=SHUTDOWN_S_MAX * 1_000)?;
    match properties.string(SHUTDOWN_KEY).map(|kind| kind.to_lowercase()).as_deref() {
        Some("immediate") => Ok(0),
        None | Some("graceful") => Ok(grace_ms.div_ceil(1_000)),
        Some(_) => Err(properties.invalid(SHUTDOWN_KEY, "graceful or immediate")),
    }
}
