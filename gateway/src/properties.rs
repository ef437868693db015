//! The gateway's configuration under its property names: Spring's where Spring has one, ours below `eurus.gateway`.

mod balancing;
mod down_service_cache;
mod http2;
mod instances;
mod limits;
mod route_terms;
mod routes;
mod shortcut;
mod tls;
mod watching;

use std::net::IpAddr;

use eurus_client::ClientConfig;
use eurus_service::properties::{ConfigError, Properties};
use eurus_service::tls::ServerTls;
use eurus_service::tls::server::OF_GATEWAY_ADMIN;

use crate::config::{AdminConfig, EdgeConfig, ErrorDetails, GatewayConfig};
use crate::routes::RoutesConfig;
use crate::sync_speed::SyncSpeedConfig;

/// A day: the longest that a duration of ours may be set to.
const DAY_MS: u64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

impl GatewayConfig {
    /// What the properties say; what they do not say is as in [`stock`](Self::stock).
    ///
    /// # Errors
    /// [`ConfigError`] for a value that is not allowed, with the key and what is.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let stock = Self::stock();
        let client = ClientConfig::from_properties(properties)?;
        Ok(Self {
            group: group(properties, &stock)?,
            hostname: properties.string("eureka.instance.hostname"),
            advertised_ip: advertised_ip(properties)?,
            instance_id: properties.string("eureka.instance.instance-id"),
            service_urls: client.service_urls,
            registry_tls: client.tls.clone(),
            fetch: client.fetch.unwrap_or(stock.fetch),
            registry_timeouts: client.timeouts,
            register: properties.bool("eureka.client.register-with-eureka", stock.register)?,
            renewal_interval_s: properties.number(
                "eureka.instance.lease-renewal-interval-in-seconds",
                stock.renewal_interval_s,
                1..=3_600,
            )?,
            lease_duration_s: properties.number(
                "eureka.instance.lease-expiration-duration-in-seconds",
                stock.lease_duration_s,
                1..=86_400,
            )?,
            metadata: properties.map("eureka.instance.metadata-map").into_iter().collect(),
            down_service_cache: down_service_cache::down_service_cache(properties, &stock.down_service_cache)?,
            fetch_listener_enabled: properties
                .bool("eurus.gateway.fetch-listener.enabled", stock.fetch_listener_enabled)?,
            edge: edge(properties, &stock.edge)?,
            tls: tls::tls(properties)?,
            routes: RoutesConfig::from_properties(properties)?,
            rereading: stock.rereading,
            balancing: balancing::balancing(properties)?,
            access_log: watching::access_log(properties)?,
            counted: watching::counted(properties, stock.counted)?,
            admin: admin(properties, &stock.admin)?,
            sync_speed: SyncSpeedConfig::from_properties(properties, &client.tls)?,
            faults: stock.faults,
            copy_access: stock.copy_access,
            shutdown_delay_ms: properties.number(
                "eurus.gateway.shutdown-delay-ms",
                stock.shutdown_delay_ms,
                0..=HOUR_MS,
            )?,
            shutdown_grace_ms: properties.number(
                "eurus.gateway.shutdown-grace-ms",
                stock.shutdown_grace_ms,
                0..=DAY_MS,
            )?,
        })
    }
}

fn advertised_ip(properties: &Properties) -> Result<Option<IpAddr>, ConfigError> {
    const KEY: &str = "eureka.instance.ip-address";
    const ALLOWED: &str = "the IP address at which others reach this gateway";
    match properties.parsed::<IpAddr>(KEY, ALLOWED)? {
        Some(ip) if ip.is_unspecified() => Err(properties.invalid(KEY, ALLOWED)),
        given => Ok(given),
    }
}

fn group(properties: &Properties, stock: &GatewayConfig) -> Result<String, ConfigError> {
    const KEY: &str = "eurus.gateway.group";
    let group = properties.string(KEY).unwrap_or_else(|| stock.group.clone());
    let is_name = group.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_name { Ok(group.to_uppercase()) } else { Err(properties.invalid(KEY, "letters, digits, '-', '_' and '.'")) }
}

fn edge(properties: &Properties, stock: &EdgeConfig) -> Result<EdgeConfig, ConfigError> {
    const DAY_MS_SIGNED: i64 = 86_400_000;
    let count = |key: &str, default: usize, least: usize| properties.number(key, default, least..=1_000_000);
    let timeout_ms = |key: &str, default: u64| properties.number(key, default, 1..=DAY_MS);
    let pause_ms = |key: &str, default: i64| properties.number(key, default, 0..=DAY_MS_SIGNED);
    Ok(EdgeConfig {
        connections_max: count("eurus.gateway.connections-max", stock.connections_max, 1)?,
        head_read_timeout_ms: timeout_ms("eurus.gateway.head-read-timeout-ms", stock.head_read_timeout_ms)?,
        keep_alive_timeout_ms: timeout_ms("eurus.gateway.keep-alive-timeout-ms", stock.keep_alive_timeout_ms)?,
        connect_timeout_ms: timeout_ms("eurus.gateway.connect-timeout-ms", stock.connect_timeout_ms)?,
        response_timeout_ms: timeout_ms("eurus.gateway.response-timeout-ms", stock.response_timeout_ms)?,
        tries_max: properties.number("eurus.gateway.tries-max", stock.tries_max, 1..=100)?,
        refused_pause_ms: pause_ms("eurus.gateway.refused-pause-ms", stock.refused_pause_ms)?,
        failures_in_a_row_max: properties.number(
            "eurus.gateway.failures-in-a-row-max",
            stock.failures_in_a_row_max,
            0..=1_000_000,
        )?,
        failing_pause_ms: pause_ms("eurus.gateway.failing-pause-ms", stock.failing_pause_ms)?,
        idle_per_address_max: count("eurus.gateway.idle-per-address-max", stock.idle_per_address_max, 0)?,
        idle_max: count("eurus.gateway.idle-max", stock.idle_max, 0)?,
        idle_ms: pause_ms("eurus.gateway.idle-ms", stock.idle_ms)?,
        stall_timeout_ms: timeout_ms("eurus.gateway.idle-timeout-ms", stock.stall_timeout_ms)?,
        upgrade_idle_timeout_ms: timeout_ms("eurus.gateway.upgrade-idle-timeout-ms", stock.upgrade_idle_timeout_ms)?,
        grpc_idle_timeout_ms: timeout_ms("eurus.gateway.grpc.idle-timeout-ms", stock.grpc_idle_timeout_ms)?,
        error_details: ErrorDetails::from_properties(properties)?.unwrap_or(stock.error_details),
        limits: limits::limits(properties, &stock.limits)?,
        http2: http2::http2(properties, &stock.http2)?,
        instances: instances::instances(properties, &stock.instances)?,
    })
}

fn admin(properties: &Properties, stock: &AdminConfig) -> Result<AdminConfig, ConfigError> {
    Ok(AdminConfig {
        tls: ServerTls::by_keys(&OF_GATEWAY_ADMIN, properties)?,
        token: properties.secret("eurus.gateway.admin.token")?,
        workers: properties.number("eurus.gateway.admin.workers", stock.workers, 1..=64)?,
        body_max: properties.number("eurus.gateway.admin.body-max", stock.body_max, 256..=16 * 1024 * 1024)?,
        read_timeout_ms: properties.number("eurus.gateway.admin.read-timeout-ms", stock.read_timeout_ms, 1..=DAY_MS)?,
        quiet_timeout_ms: properties.number(
            "eurus.gateway.admin.quiet-timeout-ms",
            stock.quiet_timeout_ms,
            1..=60_000,
        )?,
    })
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;
    use crate::down_service_cache::MarkLife;

    fn read(flags: &[(&str, &str)]) -> Result<GatewayConfig, ConfigError> {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() })?;
        GatewayConfig::from_properties(&properties)
    }

    #[test]
    fn nothing_said_is_stock() {
        assert_eq!(format!("{:?}", read(&[]).unwrap()), format!("{:?}", GatewayConfig::stock()));
    }

    #[test]
    fn what_is_said_counts() {
        let config = read(&[
            ("eurus.gateway.group", "edge-1"),
            ("eurus.gateway.down-service-cache.mode", "plain"),
            ("eurus.gateway.down-service-cache.window-ms", "400000"),
            ("eurus.gateway.fetch-listener.enabled", "false"),
            ("eurus.gateway.response-timeout-ms", "5"),
            ("eurus.gateway.upgrade-idle-timeout-ms", "6"),
            ("eurus.gateway.body-bytes-max", "7"),
            ("eurus.gateway.trusted-proxies", "10.0.0.0/8, fd00::1"),
            ("eurus.gateway.admin.token", "secret"),
            ("eurus.gateway.sync-speed.url", "http://a:1, http://b:2/"),
            ("eurus.gateway.sync-speed.wait-ms", "7"),
            ("eureka.instance.ip-address", "10.0.0.7"),
            ("eureka.instance.metadata-map.zone", "a"),
        ])
        .unwrap();
        assert_eq!(config.group, "EDGE-1");
        assert_eq!(config.down_service_cache.life, MarkLife::Plain);
        assert_eq!((config.down_service_cache.window_ms, config.down_service_cache.bound_ms), (400_000, 400_000));
        assert!(!config.fetch_listener_enabled);
        assert_eq!((config.edge.response_timeout_ms, config.edge.upgrade_idle_timeout_ms), (5, 6));
        assert_eq!(config.edge.limits.body_bytes_max, 7);
        assert!(config.edge.limits.trusts(IpAddr::from([10, 1, 2, 3])));
        assert_eq!(config.admin.token.as_deref(), Some("secret"));
        assert_eq!(
            (config.sync_speed.urls, config.sync_speed.wait_ms),
            (vec!["http://a:1".into(), "http://b:2".into()], 7)
        );
        assert_eq!(config.advertised_ip, Some(IpAddr::from([10, 0, 0, 7])));
        assert_eq!(config.metadata, [("zone".to_owned(), "a".to_owned())]);
    }

    #[test]
    fn a_value_that_is_not_allowed_is_refused_with_its_key() {
        let table = [
            ("eurus.gateway.group", "a b"),
            ("eurus.gateway.down-service-cache.mode", "always"),
            ("eurus.gateway.down-service-cache.bound-ms", "29999"),
            ("eurus.gateway.tries-max", "0"),
            ("eurus.gateway.error-details", "some"),
            ("eurus.gateway.upgrade-idle-timeout-ms", "0"),
            ("eurus.gateway.upgrade-idle-timeout-ms", "1h"),
            ("eurus.gateway.http2.streams-max", "0"),
            ("eurus.gateway.http2.connection-window-bytes", "65534"),
            ("eurus.gateway.sync-speed.url", "https://a:1/x"),
            ("eurus.gateway.sync-speed.url", "ftp://a:1"),
            ("eurus.gateway.sync-speed.wait-ms", "-1"),
            ("eurus.gateway.connections-max", "many"),
            ("eurus.gateway.uri-bytes-max", "65535"),
            ("eurus.gateway.headers-max", "7"),
            ("eurus.gateway.body-bytes-max", "-1"),
            ("eurus.gateway.body-read-timeout-ms", "0"),
            ("eurus.gateway.trusted-proxies", "proxy.example"),
            ("eurus.gateway.trusted-proxies", "0.0.0.0/0"),
            ("eurus.gateway.trusted-proxies", "::ffff:10.0.0.0/104"),
            ("eureka.instance.ip-address", "localhost"),
            ("eureka.instance.ip-address", "0.0.0.0"),
        ];
        for (key, value) in table {
            let error = read(&[(key, value)]).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains(value), "{error}");
        }
    }

    #[test]
    fn tls_with_sync_speed_that_cannot_work_is_refused_with_its_key() {
        const URL: (&str, &str) = ("eurus.gateway.sync-speed.url", "https://a:1");
        const TRUST: &str = "eurus.gateway.sync-speed.tls.trust-certificate";
        const CERTIFICATE: &str = "eurus.gateway.sync-speed.tls.certificate";
        const KEY: &str = "eurus.gateway.sync-speed.tls.certificate-private-key";
        type Flags<'a> = &'a [(&'a str, &'a str)];
        let table: [(Flags<'_>, &[&str]); 6] = [
            (&[URL, (TRUST, "/nowhere/ca.pem")], &[TRUST, "/nowhere/ca.pem"]),
            (&[URL, (TRUST, "-----BEGIN NOTHING-----")], &[TRUST, "no certificate in PEM"]),
            (&[URL, (TRUST, "")], &[TRUST, "a PEM file"]),
            (&[URL, (CERTIFICATE, "/nowhere/gateway.pem")], &[CERTIFICATE, "/nowhere/gateway.pem"]),
            (&[URL, (KEY, "/nowhere/key.pem")], &[KEY, "/nowhere/key.pem"]),
            (&[("eurus.gateway.sync-speed.url", "http://a:1"), (KEY, "x")], &[KEY, "it is not used"]),
        ];
        for (flags, parts) in table {
            let error = read(flags).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{flags:?}: {error}");
        }
    }

    /// Somebody wanted the API closed, and would have left it open.
    #[test]
    fn a_token_that_is_set_but_empty_is_refused() {
        for key in ["eurus.gateway.admin.token", "eurus.gateway.sync-speed.token"] {
            for empty in ["", "  "] {
                let error = read(&[(key, empty)]).unwrap_err().to_string();
                assert!(error.contains(key), "{error}");
            }
        }
    }

    #[test]
    fn the_token_is_not_shown() {
        let config =
            read(&[("eurus.gateway.admin.token", "secret"), ("eurus.gateway.sync-speed.token", "secret")]).unwrap();
        assert!(!format!("{config:?}").contains("secret"));
    }
}
