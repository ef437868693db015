//! Binding what the gateway listens on.

use std::fmt;
use std::net::{IpAddr, SocketAddr, TcpListener};

use eurus_service::listen::{self, Purpose};
use eurus_service::process::BoxError;
use eurus_service::{ConfigError, Properties};

use crate::config::GatewayConfig;
use crate::error::RunError;

/// Where the gateway takes requests.
pub const PORT: Purpose = Purpose {
    what: "the gateway",
    address_key: "eurus.gateway.address",
    port_key: "eurus.gateway.port",
    default_port: 8080,
};

/// Where it takes them over TLS, when that is beside the first.
const TLS_PORT: Purpose = Purpose {
    what: "the gateway's TLS",
    address_key: "eurus.gateway.address",
    port_key: "eurus.gateway.ssl.port",
    default_port: 8443,
};

/// Where the gateway's admin API listens.
pub const ADMIN_PORT: Purpose = Purpose {
    what: "the gateway's admin API",
    address_key: "eurus.gateway.admin.address",
    port_key: "eurus.gateway.admin.port",
    default_port: 8081,
};

const TOKEN_KEY: &str = "eurus.gateway.admin.token";

/// Where requests are taken: at least at one of the two.
#[derive(Debug, Default)]
pub struct DataListeners {
    /// Plain HTTP, one for each data-plane thread, all on one port; none: it is not spoken.
    pub plain: Vec<TcpListener>,
    /// TLS, likewise.
    pub tls: Vec<TcpListener>,
}

/// Where the gateway listens. All are bound by the caller.
#[derive(Debug)]
pub struct GatewayListeners {
    /// For requests to services.
    pub data: DataListeners,
    /// For the admin API.
    pub admin: TcpListener,
}

/// What requests are taken at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataAddresses {
    pub(crate) plain: Option<SocketAddr>,
    pub(crate) tls: Option<SocketAddr>,
}

impl GatewayListeners {
    /// Binds the data plane at `data`, once per core, and what else is asked for where the properties say.
    ///
    /// # Errors
    /// A port in use, a wrong address, or an admin API that others could reach without a token.
    pub fn bind(data: (IpAddr, u16), config: &GatewayConfig, properties: &Properties) -> Result<Self, BoxError> {
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
        let main = listen::bind_per_core(PORT, data, cores)?;
        let data = match config.tls.as_ref().map(|tls| tls.port) {
            None => DataListeners { plain: main, tls: Vec::new() },
            Some(None) => DataListeners { plain: Vec::new(), tls: main },
            Some(Some(port)) => {
                DataListeners { plain: main, tls: listen::bind_per_core(TLS_PORT, (data.0, port), cores)? }
            }
        };
        Ok(Self { data, admin: listen::bind(ADMIN_PORT, admin)? })
    }

    /// Where callers connect, at the port whose number the gateway goes by, and how they speak there.
    ///
    /// # Errors
    /// There is none, or the system does not know its address.
    pub fn callers(&self) -> Result<(SocketAddr, &'static str), RunError> {
        let addresses = self.data.addresses()?;
        Ok((addresses.main()?, if addresses.plain.is_some() { "http" } else { "https" }))
    }
}

impl DataListeners {
    /// Plain HTTP alone.
    pub fn plain(plain: Vec<TcpListener>) -> Self {
        Self { plain, tls: Vec::new() }
    }

    /// How many threads they are for.
    pub(crate) fn count(&self) -> usize {
        self.plain.len().max(self.tls.len())
    }

    pub(crate) fn addresses(&self) -> Result<DataAddresses, RunError> {
        let address = |listeners: &[TcpListener]| listeners.first().map(TcpListener::local_addr).transpose();
        let plain = address(&self.plain).map_err(RunError::Listener)?;
        Ok(DataAddresses { plain, tls: address(&self.tls).map_err(RunError::Listener)? })
    }
}

impl DataAddresses {
    /// The one that the gateway is known by.
    pub(crate) fn main(self) -> Result<SocketAddr, RunError> {
        self.plain.or(self.tls).ok_or(RunError::NoListener)
    }

    pub(crate) fn all(self) -> impl Iterator<Item = SocketAddr> {
        self.plain.into_iter().chain(self.tls)
    }
}

/// For a person.
impl fmt::Display for DataAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.plain, self.tls) {
            (Some(plain), Some(tls)) => write!(f, "{plain} and, over TLS, on {tls}"),
            (None, Some(tls)) => write!(f, "{tls} over TLS"),
            (Some(plain), None) => write!(f, "{plain}"),
            (None, None) => f.write_str("no port"),
        }
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
        let config = GatewayConfig::from_properties(&properties)?;
        GatewayListeners::bind((Ipv4Addr::LOCALHOST.into(), 0), &config, &properties)
    }

    #[test]
    fn tls_is_spoken_beside_plain_http_or_instead_of_it() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(["a".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        let key = key.serialize_pem();
        let ssl =
            [("eurus.gateway.ssl.certificate", &*certificate), ("eurus.gateway.ssl.certificate-private-key", &*key)];
        let spoken = |flags: &[(&str, &str)]| {
            let data = bind(flags).unwrap().data;
            (data.plain.is_empty(), data.tls.is_empty(), data.count() > 0)
        };
        assert_eq!(spoken(&[]), (false, true, true));
        assert_eq!(spoken(&ssl), (true, false, true));
        assert_eq!(spoken(&[&ssl[..], &[("eurus.gateway.ssl.port", "0")]].concat()), (false, false, true));
        let addresses = bind(&ssl).unwrap().data.addresses().unwrap();
        assert_eq!(addresses.main().unwrap(), addresses.tls.unwrap());
    }

    #[test]
    fn an_admin_api_that_others_reach_needs_a_token() {
        assert!(bind(&[]).is_ok());
        let open = bind(&[(ADMIN_PORT.address_key, "0.0.0.0")]).unwrap_err().to_string();
        assert!(open.contains(TOKEN_KEY), "{open}");
        assert!(bind(&[(ADMIN_PORT.address_key, "0.0.0.0"), (TOKEN_KEY, "s3cret")]).is_ok());
    }
}
