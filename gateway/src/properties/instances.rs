//! `eurus.gateway.instances.*`.

use std::collections::HashMap;

use eurus_service::properties::{ConfigError, Properties};
use eurus_service::tls::ClientFiles;
use eurus_service::tls::client::PemKeys;
use rustls::pki_types::ServerName;

use super::DAY_MS;
use crate::config::{InstancesConfig, InstancesHttp2, Protocol, Secure};

const TLS: PemKeys = PemKeys {
    trust_certificate: "eurus.gateway.instances.tls.trust-certificate",
    certificate: "eurus.gateway.instances.tls.certificate",
    private_key: "eurus.gateway.instances.tls.certificate-private-key",
};

/// The largest window that HTTP/2 knows.
const WINDOW_MAX: u32 = (1 << 31) - 1;

pub(super) fn instances(properties: &Properties, stock: &InstancesConfig) -> Result<InstancesConfig, ConfigError> {
    const PROTOCOLS: &str = "auto, http1 or http2";
    const SECURES: &str = "registered, always or never";
    const NAMES: &str = "a host name or an IP address";
    let protocol = |text: &str| Protocol::parse(text);
    let secure = |text: &str| Secure::parse(text);
    let name = |text: &str| ServerName::try_from(text.trim()).ok().map(|_| text.trim().to_owned());
    Ok(InstancesConfig {
        protocol: one(properties, "eurus.gateway.instances.protocol", PROTOCOLS, protocol)?.unwrap_or(stock.protocol),
        protocols: by_service(properties, "eurus.gateway.instances.protocol-of", PROTOCOLS, protocol)?,
        secure: one(properties, "eurus.gateway.instances.secure", SECURES, secure)?.unwrap_or(stock.secure),
        secures: by_service(properties, "eurus.gateway.instances.secure-of", SECURES, secure)?,
        server_name: one(properties, "eurus.gateway.instances.tls.server-name", NAMES, name)?,
        server_names: by_service(properties, "eurus.gateway.instances.tls.server-name-of", NAMES, name)?,
        tls: ClientFiles::by_keys(&TLS, properties)?,
        http2: http2(properties, &stock.http2)?,
    })
}

fn http2(properties: &Properties, stock: &InstancesHttp2) -> Result<InstancesHttp2, ConfigError> {
    let count = |key: &str, default: usize| properties.number(key, default, 1..=100_000);
    Ok(InstancesHttp2 {
        streams_max: properties.number("eurus.gateway.instances.http2.streams-max", stock.streams_max, 1..=100_000)?,
        connections_max: count("eurus.gateway.instances.http2.connections-max", stock.connections_max)?,
        pending_max: properties.number(
            "eurus.gateway.instances.http2.pending-max",
            stock.pending_max,
            0..=1_000_000,
        )?,
        stream_window_bytes: properties.number(
            "eurus.gateway.instances.http2.stream-window-bytes",
            stock.stream_window_bytes,
            1_024..=WINDOW_MAX,
        )?,
        ping_interval_ms: properties.number(
            "eurus.gateway.instances.http2.ping-interval-ms",
            stock.ping_interval_ms,
            0..=DAY_MS,
        )?,
        ping_timeout_ms: properties.number(
            "eurus.gateway.instances.http2.ping-timeout-ms",
            stock.ping_timeout_ms,
            1..=DAY_MS,
        )?,
    })
}

fn one<T>(
    properties: &Properties,
    key: &str,
    allowed: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(text) = properties.string(key) else { return Ok(None) };
    parse(&text).map(Some).ok_or_else(|| properties.invalid(key, allowed))
}

/// Names of services know no case.
fn by_service<T>(
    properties: &Properties,
    prefix: &str,
    allowed: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<HashMap<String, T>, ConfigError> {
    let entry = |(service, text): (String, String)| match parse(&text) {
        Some(value) => Ok((service.to_uppercase(), value)),
        None => Err(properties.invalid(&format!("{prefix}.{service}"), allowed)),
    };
    properties.map(prefix).into_iter().map(entry).collect()
}

#[cfg(test)]
impl InstancesConfig {
    /// What these settings say.
    pub(crate) fn from_flags(flags: &[(&str, &str)]) -> Self {
        use eurus_service::properties::Sources;
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
        instances(&properties, &Self::default()).unwrap()
    }
}
