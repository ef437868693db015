//! The limits' properties.

use eurus_service::properties::{ConfigError, Properties};
use ipnetwork::IpNetwork;

use super::DAY_MS;
use crate::limits::Limits;

/// hyper reads no longer target than this.
const URI_BYTES_MAX: usize = 65_534;

pub(super) fn limits(properties: &Properties, stock: &Limits) -> Result<Limits, ConfigError> {
    let bytes = |key: &str, default: usize, most: usize| properties.number(key, default, 256..=most);
    Ok(Limits {
        uri_bytes_max: bytes("eurus.gateway.uri-bytes-max", stock.uri_bytes_max, URI_BYTES_MAX)?,
        header_bytes_max: bytes("eurus.gateway.header-bytes-max", stock.header_bytes_max, 256 * 1024)?,
        headers_max: properties.number("eurus.gateway.headers-max", stock.headers_max, 8..=1_000)?,
        body_bytes_max: properties.number("eurus.gateway.body-bytes-max", stock.body_bytes_max, 0..=u64::MAX >> 1)?,
        body_read_timeout_ms: properties.number(
            "eurus.gateway.body-read-timeout-ms",
            stock.body_read_timeout_ms,
            1..=DAY_MS,
        )?,
        body_rate_min: properties.number("eurus.gateway.body-rate-min", stock.body_rate_min, 0..=1_000_000_000)?,
        connections_per_ip_max: properties.number(
            "eurus.gateway.connections-per-ip-max",
            stock.connections_per_ip_max,
            0..=1_000_000,
        )?,
        requests_per_instance_max: properties.number(
            "eurus.gateway.requests-per-instance-max",
            stock.requests_per_instance_max,
            0..=1_000_000,
        )?,
        replay_bytes_max: properties.number(
            "eurus.gateway.replay-bytes-max",
            stock.replay_bytes_max,
            0..=16 * 1024 * 1024,
        )?,
        trusted_proxies: trusted_proxies(properties)?,
    })
}

fn trusted_proxies(properties: &Properties) -> Result<Vec<IpNetwork>, ConfigError> {
    const KEY: &str = "eurus.gateway.trusted-proxies";
    const ALLOWED: &str = "IP networks such as 10.0.0.0/8 or fd00::/8, separated by commas";
    let parse = |part: String| {
        let network = part.parse().map_err(|_| properties.invalid_part(KEY, &part, ALLOWED))?;
        // Peers are compared in IPv4's own form.
        match network {
            IpNetwork::V6(v6) if v6.ip().to_ipv4_mapped().is_some() => {
                Err(properties.invalid_part(KEY, &part, "IPv4 networks in their own form, such as 10.0.0.0/8"))
            }
            network if network.prefix() == 0 => {
                Err(properties.invalid_part(KEY, &part, "the proxies' own networks; a /0 would believe everybody"))
            }
            network => Ok(network),
        }
    };
    properties.list(KEY).into_iter().map(parse).collect()
}
