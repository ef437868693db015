//! The client's part of the configuration under Spring's names.

use eurus_service::keys;
use eurus_service::properties::{ConfigError, Properties};
use eurus_service::tls::ClientTls;

use crate::config::{ClientConfig, FetchConfig, Timeouts};

const SERVICE_URL: &str = "eureka.client.service-url";
const FETCH_INTERVAL: &str = "eureka.client.registry-fetch-interval-seconds";
const DISABLE_DELTA: &str = "eureka.client.disable-delta";
const KEEP_LAST_ON_EMPTY: &str = "eurus.client.keep-last-on-empty-ms";
const CONNECT_TIMEOUT: &str = "eureka.client.eureka-server-connect-timeout-seconds";
const READ_TIMEOUT: &str = "eureka.client.eureka-server-read-timeout-seconds";

/// Spring's own default, but for the name: resolvers answer `localhost` with `::1` first, where nothing listens.
const DEFAULT_SERVICE_URL: &str = "http://127.0.0.1:8761/eureka/";

impl ClientConfig {
    /// What `eureka.client.*` and `eurus.client.*` say; nothing to register: that is each service's own.
    ///
    /// # Errors
    /// [`ConfigError`] for a value outside its bounds. Service URLs are checked by
    /// [`EurekaClient::new`](crate::EurekaClient::new).
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let fetch_default = FetchConfig::default();
        let timeouts_default = Timeouts::default();
        let mut config = Self::stock(service_urls(properties));
        config.tls = ClientTls::from_properties(properties)?;
        config.fetch = Some(FetchConfig {
            interval_ms: properties.number(FETCH_INTERVAL, fetch_default.interval_ms / 1_000, 1..=3_600)? * 1_000,
            disable_delta: properties.bool(DISABLE_DELTA, fetch_default.disable_delta)?,
            keep_last_on_empty_ms: properties.number(
                KEEP_LAST_ON_EMPTY,
                fetch_default.keep_last_on_empty_ms,
                0..=86_400_000,
            )?,
        });
        config.timeouts = Timeouts {
            connect_ms: properties.number(CONNECT_TIMEOUT, timeouts_default.connect_ms / 1_000, 1..=300)? * 1_000,
            read_ms: properties.number(READ_TIMEOUT, timeouts_default.read_ms / 1_000, 1..=300)? * 1_000,
        };
        Ok(config)
    }
}

/// `defaultZone`, in any of the forms that Spring and the environment write it.
fn service_urls(properties: &Properties) -> Vec<String> {
    let zones = properties.map(SERVICE_URL);
    let default_zone = zones.iter().find(|(zone, _)| keys::uniform(zone) == "defaultzone");
    match default_zone {
        None => vec![DEFAULT_SERVICE_URL.to_owned()],
        Some((_, urls)) => {
            urls.split(',').map(str::trim).filter(|url| !url.is_empty()).map(ToOwned::to_owned).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn read(flags: &[(&str, &str)]) -> Result<ClientConfig, ConfigError> {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() })?;
        ClientConfig::from_properties(&properties)
    }

    #[test]
    fn nothing_said_is_stock() {
        let config = read(&[]).unwrap();
        assert_eq!(config.service_urls, [DEFAULT_SERVICE_URL]);
        assert_eq!((config.fetch, config.timeouts), (Some(FetchConfig::default()), Timeouts::default()));
    }

    #[test]
    fn spring_s_names_are_read() {
        let config = read(&[
            ("eureka.client.serviceUrl.defaultZone", "http://a:1/eureka, http://b:2/eureka/"),
            (FETCH_INTERVAL, "5"),
            (DISABLE_DELTA, "true"),
            (CONNECT_TIMEOUT, "1"),
            (READ_TIMEOUT, "2"),
            (KEEP_LAST_ON_EMPTY, "0"),
        ])
        .unwrap();
        assert_eq!(config.service_urls, ["http://a:1/eureka", "http://b:2/eureka/"]);
        assert_eq!(
            config.fetch,
            Some(FetchConfig { interval_ms: 5_000, disable_delta: true, keep_last_on_empty_ms: 0 })
        );
        assert_eq!(config.timeouts, Timeouts { connect_ms: 1_000, read_ms: 2_000 });
    }

    #[test]
    fn a_value_out_of_bounds_is_refused() {
        for (key, value) in [
            (FETCH_INTERVAL, "0"),
            (CONNECT_TIMEOUT, "-1"),
            (READ_TIMEOUT, "soon"),
            (DISABLE_DELTA, "2"),
            (KEEP_LAST_ON_EMPTY, "-1"),
        ] {
            let error = read(&[(key, value)]).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
