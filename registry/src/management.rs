//! Where health and metrics are served: on the main port, on one of their own, or nowhere; as `management.server.*` says.

use std::net::{IpAddr, SocketAddr, TcpListener};

use eurus_service::listen::{BindError, Purpose, bind};
use eurus_service::{ConfigError, Properties};

use crate::config::RegistryConfig;
use crate::paths::{Paths, path};

const PORT_KEY: &str = "management.server.port";
const ADDRESS_KEY: &str = "management.server.address";
const PATH_KEY: &str = "management.server.base-path";
const TLS_KEY: &str = "management.server.ssl.enabled";
/// What Spring's users write for "nowhere".
const NOWHERE: i64 = -1;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Management {
    /// Beside everything else.
    #[default]
    OnMainPort,
    /// On that port, and no longer on the main one.
    OnOwnPort(ManagementPort),
    /// They are not served.
    Nowhere,
}

/// A port for health and metrics alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementPort {
    /// `management.server.address`; the main port's when it is not set: nothing opens by default.
    pub address: IpAddr,
    /// `management.server.port`
    pub port: u16,
    /// `management.server.base-path`: before every path; `/` is empty.
    pub base_path: String,
    /// `management.server.ssl.enabled`: whether it speaks TLS where the main port does.
    pub with_tls: bool,
}

impl Management {
    /// As somebody set it; whether the main port speaks TLS decides whether this one can.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no port, address or path, for what means nothing without a port of its own, and for
    /// TLS without a certificate.
    pub fn from_properties(properties: &Properties, main_has_tls: bool) -> Result<Self, ConfigError> {
        let (main_address, main_port) = crate::PORT.endpoint(properties)?;
        let main = i64::from(main_port);
        let port = properties.number(PORT_KEY, main, NOWHERE..=i64::from(u16::MAX))?;
        let Ok(own) = u16::try_from(port) else { return Ok(Self::Nowhere) };
        // As in Spring: two free ports are two.
        if !properties.is_set_by_user(PORT_KEY) || (port == main && port != 0) {
            return match [ADDRESS_KEY, PATH_KEY, TLS_KEY].into_iter().find(|key| properties.is_set_by_user(key)) {
                None => Ok(Self::OnMainPort),
                Some(key) => Err(ConfigError::other(format!(
                    "{key} needs a port of its own for health and metrics, other than server.port ({main}): set {PORT_KEY} \
                     too, or leave it out"
                ))),
            };
        }
        let with_tls = properties.bool(TLS_KEY, true)?;
        if with_tls && !main_has_tls && properties.is_set_by_user(TLS_KEY) {
            // Who asks for TLS must not get plain HTTP.
            return Err(properties.invalid(
                TLS_KEY,
                "false, as this port shows the main port's certificate and there is none; for TLS set \
                 server.ssl.key-store or server.ssl.certificate too",
            ));
        }
        let address = properties.parsed(ADDRESS_KEY, "an IP address, e.g. 127.0.0.1 or 0.0.0.0")?;
        Ok(Self::OnOwnPort(ManagementPort {
            address: address.unwrap_or(main_address),
            port: own,
            base_path: path(properties, PATH_KEY, String::new())?,
            with_tls,
        }))
    }

    /// Binds the port, if there is one.
    pub(crate) fn bind(&self) -> Result<Option<TcpListener>, BindError> {
        let Self::OnOwnPort(own) = self else { return Ok(None) };
        let purpose = Purpose {
            what: "the registry's health and metrics",
            address_key: ADDRESS_KEY,
            port_key: PORT_KEY,
            default_port: own.port,
        };
        bind(purpose, (own.address, own.port)).map(Some)
    }

    /// The paths on that port.
    pub(crate) fn paths(&self, main: &Paths) -> Paths {
        let context = match self {
            Self::OnOwnPort(own) => own.base_path.clone(),
            Self::OnMainPort | Self::Nowhere => String::new(),
        };
        Paths { context, dashboard: None, management: main.management.clone() }
    }

    pub(crate) fn is_on_main_port(&self) -> bool {
        *self == Self::OnMainPort
    }

    /// Whether that port speaks TLS where the main one does.
    pub(crate) fn is_with_tls(&self) -> bool {
        matches!(self, Self::OnOwnPort(own) if own.with_tls)
    }
}

/// What is on a port of its own for health and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementUrls {
    /// Of health.
    pub health: String,
    /// Of metrics.
    pub metrics: String,
}

impl RegistryConfig {
    /// Where health and metrics are, on a port of their own with this address.
    pub fn management_urls(&self, own: SocketAddr) -> ManagementUrls {
        let scheme = if self.tls.is_some() && self.management.is_with_tls() { "https" } else { "http" };
        let Paths { context, management, .. } = self.management.paths(&self.paths);
        ManagementUrls {
            health: format!("{scheme}://{own}{context}{management}/health"),
            metrics: format!("{scheme}://{own}{context}/metrics"),
        }
    }
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::{Files, Sources};

    use super::*;

    fn read(yaml: &str) -> Result<Management, ConfigError> {
        let sources = Sources { files: Files::one("application.yml", yaml), ..Sources::default() };
        Management::from_properties(&Properties::layered(sources)?.0, false)
    }

    fn own(address: &str, port: u16, base_path: &str, with_tls: bool) -> Management {
        let address = address.parse().unwrap();
        Management::OnOwnPort(ManagementPort { address, port, base_path: base_path.to_owned(), with_tls })
    }

    #[test]
    fn as_spring_places_it() {
        for (yaml, expected) in [
            ("", Management::OnMainPort),
            ("management.server.port: 8761", Management::OnMainPort),
            ("server.port: 9\nmanagement.server.port: 9", Management::OnMainPort),
            ("server.port: 9\nmanagement.server.port: 8761", own("127.0.0.1", 8761, "", true)),
            ("server.port: 0\nmanagement.server.port: 0", own("127.0.0.1", 0, "", true)),
            ("management.server.port: -1", Management::Nowhere),
            ("management: {server: {port: 9, base-path: /ops/}}", own("127.0.0.1", 9, "/ops", true)),
            ("server.address: 0.0.0.0\nmanagement.server.port: 9", own("0.0.0.0", 9, "", true)),
            (
                "server.address: 0.0.0.0\nmanagement.server: {port: 9, address: '::1', ssl.enabled: false}",
                own("::1", 9, "", false),
            ),
        ] {
            assert_eq!(read(yaml).unwrap(), expected, "{yaml}");
        }
    }

    #[test]
    fn what_would_expose_it_silently_is_refused() {
        for (yaml, key) in [
            ("management.server.address: 127.0.0.1", ADDRESS_KEY),
            ("management.server: {port: 8761, address: 127.0.0.1}", ADDRESS_KEY),
            ("management.server.base-path: /ops", PATH_KEY),
            ("management.server.ssl.enabled: true", TLS_KEY),
            ("management.server: {port: 9, ssl.enabled: true}", "management.server.ssl.enabled: 'true'"),
            ("management.server: {port: 9, ssl.enabled: true}", "expected false"),
            ("management.server.port: -2", PORT_KEY),
            ("management.server.port: 65536", PORT_KEY),
            ("management.server: {port: 9, address: localhost}", ADDRESS_KEY),
            ("management.server: {port: 9, base-path: ops}", PATH_KEY),
            ("management.server: {port: 9, ssl.key-store: x.p12}", "management.server.ssl.key-store"),
        ] {
            let error = read(yaml).unwrap_err().to_string();
            assert!(error.contains(key), "{yaml}: {error}");
        }
    }
}
