//! Binding what the gateway listens on.

use std::net::{IpAddr, TcpListener};

use eurus_service::listen::{self, Purpose};
use eurus_service::process::BoxError;
use eurus_service::{ConfigError, Properties};

/// Where the gateway takes requests.
pub const PORT: Purpose = Purpose {
    what: "the gateway",
    address_key: "eurus.gateway.address",
    port_key: "eurus.gateway.port",
    default_port: 8080,
};

/// Where the gateway's admin API listens.
pub const ADMIN_PORT: Purpose = Purpose {
    what: "the gateway's admin API",
    address_key: "eurus.gateway.admin.address",
    port_key: "eurus.gateway.admin.port",
    default_port: 8081,
};

const TOKEN_KEY: &str = "eurus.gateway.admin.token";

/// Where the gateway listens. All are bound by the caller.
#[derive(Debug)]
pub struct GatewayListeners {
    /// For requests to services: one data-plane thread each, all on one port.
    pub data: Vec<TcpListener>,
    /// For the admin API.
    pub admin: TcpListener,
}

impl GatewayListeners {
    /// Binds the data plane at `data`, once per core, and the admin API where the properties say.
    ///
    /// # Errors
    /// A port in use, a wrong address, or an admin API that others could reach without a token.
    pub fn bind(data: (IpAddr, u16), properties: &Properties) -> Result<Self, BoxError> {
        let admin = ADMIN_PORT.endpoint(properties)?;
        if !admin.0.is_loopback() && properties.string(TOKEN_KEY).is_none() {
            return Err(ConfigError::other(format!(
                "{}: the admin API would be open on {}, and who reaches it can take any instance out of service: \
                 set {TOKEN_KEY}, or keep it on the loopback address",
                ADMIN_PORT.address_key, admin.0
            ))
            .into());
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self { data: listen::bind_per_core(PORT, data, cores)?, admin: listen::bind(ADMIN_PORT, admin)? })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use eurus_service::properties::Sources;

    use super::*;

    fn bind(flags: &[(&str, &str)]) -> Result<GatewayListeners, BoxError> {
        let mut flags: Vec<_> = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        flags.push((ADMIN_PORT.port_key.to_owned(), "0".to_owned()));
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() })?;
        GatewayListeners::bind((Ipv4Addr::LOCALHOST.into(), 0), &properties)
    }

    #[test]
    fn an_admin_api_that_others_reach_needs_a_token() {
        assert!(bind(&[]).is_ok());
        let open = bind(&[(ADMIN_PORT.address_key, "0.0.0.0")]).unwrap_err().to_string();
        assert!(open.contains(TOKEN_KEY), "{open}");
        assert!(bind(&[(ADMIN_PORT.address_key, "0.0.0.0"), (TOKEN_KEY, "s3cret")]).is_ok());
    }
}
