//! From properties under Spring's names, and ours, to the validated configuration.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use eurus_service::tls::client::PemKeys;
use eurus_service::tls::server::{OF_PROCESS, OF_SYNC_SPEED};
use eurus_service::tls::{ClientTls, ServerTls};
use eurus_service::{ConfigError, Properties};

use super::access::{NAMES_ALLOWED, TOKEN, segments, upper_case};
use super::{DatabaseConfig, EurekaConfig, KubernetesConfig, NotifyConfig, OwnRegistration, SyncSpeedConfig};
use crate::access::{AccessRules, Token};

const WORKERS: &str = "eurus.sync-speed.workers";
const DEFAULT_GROUP: &str = "eurus.sync-speed.default-gateway-group";
const GATEWAY_NETWORKS: &str = "eurus.sync-speed.gateway-networks";
const GATEWAYS_TLS_ENABLED: &str = "eurus.sync-speed.gateways.tls.enabled";
const GATEWAYS_TLS_NAME: &str = "eurus.sync-speed.gateways.tls.server-name";
pub(crate) const GATEWAYS_TLS: PemKeys = PemKeys {
    trust_certificate: "eurus.sync-speed.gateways.tls.trust-certificate",
    certificate: "eurus.sync-speed.gateways.tls.certificate",
    private_key: "eurus.sync-speed.gateways.tls.certificate-private-key",
};
const GATEWAY_TOKEN: &str = "eurus.sync-speed.gateway-token";
const ANSWER_WITHIN: &str = "eurus.sync-speed.answer-within-ms";
const REGISTRY_WITHIN: &str = "eurus.sync-speed.registry-within-ms";
const RELEASE_AFTER: &str = "eurus.sync-speed.release-after-seconds";
const CALL_TIMEOUT: &str = "eurus.sync-speed.call-timeout-ms";
const CONCURRENCY: &str = "eurus.sync-speed.notify-concurrency";
const RETRY_BASE: &str = "eurus.sync-speed.retry-base-ms";
const RETRY_MAX: &str = "eurus.sync-speed.retry-max-ms";
const OFFLINE_REFUSED: &str = "eurus.sync-speed.offline-refused";
const RETRY_FOR: &str = "eurus.sync-speed.retry-for-ms";
const SERVICE_URL: &str = "eureka.client.service-url";
const DEFAULT_ZONE: &str = "defaultzone";
const REGISTER: &str = "eureka.client.register-with-eureka";
const FETCH_INTERVAL: &str = "eureka.client.registry-fetch-interval-seconds";
const DISABLE_DELTA: &str = "eureka.client.disable-delta";
const CONNECT_TIMEOUT: &str = "eureka.client.eureka-server-connect-timeout-seconds";
const READ_TIMEOUT: &str = "eureka.client.eureka-server-read-timeout-seconds";
const HOST_NAME: &str = "eureka.instance.hostname";
const IP_ADDRESS: &str = "eureka.instance.ip-address";
const INSTANCE_ID: &str = "eureka.instance.instance-id";
const RENEWAL_INTERVAL: &str = "eureka.instance.lease-renewal-interval-in-seconds";

const WORKERS_ALLOWED: RangeInclusive<usize> = 1..=64;
const CONCURRENCY_ALLOWED: RangeInclusive<usize> = 1..=1_024;
const SECONDS_ALLOWED: RangeInclusive<i64> = 1..=3_600;
const TIMEOUT_S_ALLOWED: RangeInclusive<u64> = 1..=300;
const CALL_TIMEOUT_MS_ALLOWED: RangeInclusive<u64> = 10..=60_000;
const REGISTRY_WITHIN_MS_ALLOWED: RangeInclusive<u64> = 100..=120_000;
/// 0: never. As long as entries are kept at most.
const RELEASE_AFTER_S_ALLOWED: RangeInclusive<i64> = 0..=2_592_000;
const WAIT_MS_ALLOWED: RangeInclusive<i64> = 1..=60_000;
const RETRY_FOR_MS_ALLOWED: RangeInclusive<i64> = 1_000..=3_600_000;

impl SyncSpeedConfig {
    /// What the user says over [`SyncSpeedConfig::stock`].
    ///
    /// # Errors
    /// The key, its value and what is allowed.
    pub fn from_properties(properties: &Properties, data_dir: PathBuf) -> Result<Self, ConfigError> {
        let stock = Self::stock(data_dir);
        Ok(Self {
            faults: stock.faults,
            workers: properties.number(WORKERS, stock.workers, WORKERS_ALLOWED)?,
            tls: ServerTls::by_keys(&OF_SYNC_SPEED, properties)?,
            access: AccessRules::from_properties(properties)?,
            token_variable: properties.variable_of(TOKEN).map(str::to_owned),
            rereading: None,
            default_gateway_group: properties
                .string(DEFAULT_GROUP)
                .map(|name| upper_case_name(properties, DEFAULT_GROUP, &name))
                .transpose()?,
            eureka: eureka(properties, stock.eureka)?,
            notify: notify(properties, stock.notify)?,
            kubernetes: KubernetesConfig::from_properties(properties)?,
            registry_within_ms: properties.number(
                REGISTRY_WITHIN,
                stock.registry_within_ms,
                REGISTRY_WITHIN_MS_ALLOWED,
            )?,
            release_after_ms: match properties.number(RELEASE_AFTER, 0, RELEASE_AFTER_S_ALLOWED)? {
                0 => None,
                seconds => Some(seconds * 1_000),
            },
            database: DatabaseConfig::from_properties(properties)?,
            offline_refused: properties.bool(OFFLINE_REFUSED, stock.offline_refused)?,
            data_dir: stock.data_dir,
        })
    }
}

impl SyncSpeedConfig {
    /// The same for a process of its own, where Spring's `server.ssl.*` mean sync-speed's port unless
    /// `eurus.sync-speed.ssl.*` say something.
    ///
    /// # Errors
    /// The key, its value and what is allowed.
    pub fn of_process(properties: &Properties, data_dir: PathBuf) -> Result<Self, ConfigError> {
        let mut config = Self::from_properties(properties, data_dir)?;
        if !OF_SYNC_SPEED.are_set(properties) {
            config.tls = ServerTls::by_keys(&OF_PROCESS, properties)?;
        }
        Ok(config)
    }
}

fn upper_case_name(properties: &Properties, key: &str, name: &str) -> Result<String, ConfigError> {
    upper_case(name).ok_or_else(|| properties.invalid(key, NAMES_ALLOWED))
}

fn eureka(properties: &Properties, stock: EurekaConfig) -> Result<EurekaConfig, ConfigError> {
    let mut config = stock;
    config.tls = ClientTls::from_properties(properties)?;
    let urls = properties.map(SERVICE_URL);
    // The environment cannot keep the capital in `defaultZone`.
    if let Some((_, zone)) = urls.iter().find(|(name, _)| name.to_lowercase() == DEFAULT_ZONE) {
        config.service_urls = zone.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect();
    }
    let interval_s = properties.number(FETCH_INTERVAL, config.fetch.interval_ms / 1_000, SECONDS_ALLOWED)?;
    config.fetch.interval_ms = interval_s * 1_000;
    config.fetch.disable_delta = properties.bool(DISABLE_DELTA, config.fetch.disable_delta)?;
    let timeouts = &mut config.timeouts;
    timeouts.connect_ms = properties.number(CONNECT_TIMEOUT, timeouts.connect_ms / 1_000, TIMEOUT_S_ALLOWED)? * 1_000;
    timeouts.read_ms = properties.number(READ_TIMEOUT, timeouts.read_ms / 1_000, TIMEOUT_S_ALLOWED)? * 1_000;
    config.registration = match properties.bool(REGISTER, true)? {
        true => Some(registration(properties)?),
        false => None,
    };
    Ok(config)
}

fn registration(properties: &Properties) -> Result<OwnRegistration, ConfigError> {
    let renewal_interval_s = properties.number(RENEWAL_INTERVAL, 30, 1..=3_600)?;
    Ok(OwnRegistration {
        ip: properties.parsed::<IpAddr>(IP_ADDRESS, "an IP address")?,
        host_name: properties.string(HOST_NAME),
        instance_id: properties.string(INSTANCE_ID),
        renewal_interval_s: Some(renewal_interval_s),
    })
}

/// TLS with gateways, where any of it is set.
fn gateways_tls(properties: &Properties) -> Result<Option<ClientTls>, ConfigError> {
    let named = properties.string(GATEWAYS_TLS_NAME);
    let by_files = ClientTls::by_keys(&GATEWAYS_TLS, properties)?;
    if !properties.bool(GATEWAYS_TLS_ENABLED, by_files.is_some() || named.is_some())? {
        return Ok(None);
    }
    let tls = by_files.unwrap_or_default();
    match named {
        None => Ok(Some(tls)),
        Some(name) => match tls.named(name.trim()) {
            Some(tls) => Ok(Some(tls)),
            None => Err(properties.invalid(GATEWAYS_TLS_NAME, "a host name or an IP address")),
        },
    }
}

fn notify(properties: &Properties, stock: NotifyConfig) -> Result<NotifyConfig, ConfigError> {
    let config = NotifyConfig {
        networks: segments(properties, GATEWAY_NETWORKS, stock.networks)?,
        token: properties.secret(GATEWAY_TOKEN)?.and_then(Token::new),
        tls: gateways_tls(properties)?,
        answer_within_ms: properties.number(ANSWER_WITHIN, stock.answer_within_ms, WAIT_MS_ALLOWED)?,
        call_timeout_ms: properties.number(CALL_TIMEOUT, stock.call_timeout_ms, CALL_TIMEOUT_MS_ALLOWED)?,
        concurrency: properties.number(CONCURRENCY, stock.concurrency, CONCURRENCY_ALLOWED)?,
        retry_base_ms: properties.number(RETRY_BASE, stock.retry_base_ms, WAIT_MS_ALLOWED)?,
        retry_max_ms: properties.number(RETRY_MAX, stock.retry_max_ms, WAIT_MS_ALLOWED)?,
        retry_for_ms: properties.number(RETRY_FOR, stock.retry_for_ms, RETRY_FOR_MS_ALLOWED)?,
    };
    if config.retry_max_ms < config.retry_base_ms {
        return Err(properties.invalid(RETRY_MAX, "a number not below eurus.sync-speed.retry-base-ms"));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::super::access::{ALLOW, APPS, DENY, SEGMENTS_ALLOWED};
    use super::*;
    use crate::selection::OptedIn;

    fn config(settings: &[(&str, &str)]) -> Result<SyncSpeedConfig, ConfigError> {
        let flags = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() })?;
        SyncSpeedConfig::from_properties(&properties, PathBuf::from("data"))
    }

    #[test]
    fn nothing_said_is_stock() {
        let stock = SyncSpeedConfig::stock(PathBuf::from("data"));
        let mut read = config(&[]).unwrap();
        // The one thing that is said by default: the heartbeat interval that `None` means.
        read.eureka.registration = Some(OwnRegistration::default());
        assert_eq!(format!("{read:?}"), format!("{stock:?}"));
    }

    #[test]
    fn everything_said() {
        let config = config(&[
            (ALLOW, "10.0.0.0/8, 127.0.0.1"),
            (DENY, "10.9.0.0/16"),
            (TOKEN, "secret-of-callers"),
            (APPS, "java-service,Other"),
            (DEFAULT_GROUP, "eurus-gateway"),
            (GATEWAY_NETWORKS, "10.1.0.0/16"),
            (GATEWAY_TOKEN, "other-secret"),
            (ANSWER_WITHIN, "500"),
            ("eureka.client.service-url.defaultZone", "http://a:1/eureka/, http://b:2/eureka/"),
            (FETCH_INTERVAL, "1"),
            (REGISTER, "false"),
        ])
        .unwrap();
        assert_eq!(config.access.segments.allow[1].to_string(), "127.0.0.1/32");
        assert_eq!(config.access.segments.deny.len(), 1);
        assert_eq!(config.access.apps, OptedIn::Listed(["JAVA-SERVICE".to_owned(), "OTHER".to_owned()].into()));
        assert_eq!(config.default_gateway_group.as_deref(), Some("EURUS-GATEWAY"));
        assert_eq!(config.notify.answer_within_ms, 500);
        assert_eq!(config.eureka.service_urls, ["http://a:1/eureka/", "http://b:2/eureka/"]);
        assert_eq!(config.eureka.fetch.interval_ms, 1_000);
        assert!(config.eureka.registration.is_none());
        assert!(config.access.token.is_some() && config.notify.token.is_some());
        assert!(!format!("{config:?}").contains("secret"), "tokens are not shown");
    }

    #[test]
    fn a_token_of_the_environment_is_said() {
        let config = |sources: Sources| {
            let (properties, _) = Properties::layered(sources).unwrap();
            SyncSpeedConfig::from_properties(&properties, PathBuf::from("data")).unwrap()
        };
        let environment = vec![("EURUS_SYNC_SPEED_TOKEN".to_owned(), "secret-of-callers".to_owned())];
        let said = config(Sources { environment: environment.clone(), ..Sources::default() }).notices();
        assert_eq!(said.len(), 1);
        assert!(
            said[0].contains("EURUS_SYNC_SPEED_TOKEN sets eurus.sync-speed.token") && !said[0].contains("secret-of")
        );
        // A flag is stronger: the variable has no effect.
        let flags = vec![(TOKEN.to_owned(), "another-secret-of-callers".to_owned())];
        assert!(config(Sources { environment, flags, ..Sources::default() }).notices().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (key, value, part) in [
            (ALLOW, "10.0.0.0/33", SEGMENTS_ALLOWED),
            (DENY, "all", SEGMENTS_ALLOWED),
            (GATEWAY_NETWORKS, "127.0.0.1,x", SEGMENTS_ALLOWED),
            (APPS, "*,a", "either * alone"),
            (APPS, "a b", NAMES_ALLOWED),
            (DEFAULT_GROUP, "a/b", NAMES_ALLOWED),
            (WORKERS, "0", "from 1 to 64"),
            (ANSWER_WITHIN, "-1", "from 1 to 60000"),
            (RETRY_MAX, "100", "not below"),
            (IP_ADDRESS, "host", "an IP address"),
            (REGISTRY_WITHIN, "99", "from 100 to 120000"),
            (TOKEN, "", "not empty"),
            (GATEWAY_TOKEN, " ", "not empty"),
        ] {
            let error = config(&[(key, value)]).expect_err(value).to_string();
            assert!(error.contains(key) && error.contains(value) && error.contains(part), "{error}");
        }
        assert!(matches!(config(&[(APPS, "*")]).unwrap().access.apps, OptedIn::All));
    }
}
