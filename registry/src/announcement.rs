//! What a registry says of itself when it starts: what it can be reached by, what matters most, and what other machines
//! will miss.

use std::io;
use std::net::{SocketAddr, TcpListener};

use crate::access::Role;
use crate::config::RegistryConfig;
use crate::management::{Management, ManagementUrls};

/// Where a registry listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) main: SocketAddr,
    /// Of health and metrics, where they have a port of their own.
    pub(crate) management: Option<SocketAddr>,
}

impl Addresses {
    pub(crate) fn of(main: &TcpListener, management: Option<&TcpListener>) -> io::Result<Self> {
        Ok(Self { main: main.local_addr()?, management: management.map(TcpListener::local_addr).transpose()? })
    }
}

/// Says it in the log.
pub(crate) fn announce(config: &RegistryConfig, addresses: Addresses) {
    let address = addresses.main;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    log::info!("registry: listens on {scheme}://{address}{}/eureka/", config.paths.context);
    log::info!("registry: {}", summary(config));
    match addresses.management {
        Some(own) => {
            let ManagementUrls { health, metrics } = config.management_urls(own);
            log::info!("registry: health and metrics are at {health} and {metrics}, not on the main port");
        }
        None if config.management == Management::Nowhere => {
            log::info!("registry: health and metrics are not served, as management.server.port says");
        }
        None => {}
    }
    for warning in exposures(config, addresses) {
        log::warn!("registry: {warning}");
    }
    if let Some(host) = config.expected_host.as_deref().filter(|_| address.ip().is_loopback()) {
        log::warn!(
            "registry: other machines cannot reach {address}, and yet the configuration calls it {}: a Java server \
             listens on all addresses, this one on loopback only until you say otherwise; set server.address=0.0.0.0 (or \
             one address)",
            host.escape_debug()
        );
    }
}

/// What is open to more than this machine, port by port.
fn exposures(config: &RegistryConfig, addresses: Addresses) -> Vec<String> {
    if !config.access.is_open() {
        return Vec::new();
    }
    let is_wide = |address: &SocketAddr| !address.ip().is_loopback();
    let main = Some(addresses.main).filter(is_wide).map(|address| {
        format!(
            "anybody who reaches {address} may change every registration; set spring.security.user.password or \
             eurus.registry.access.tokens.<name>.token"
        )
    });
    let management = addresses.management.filter(is_wide).map(|address| {
        format!(
            "anybody who reaches {address} may read the metrics; set management.server.address=127.0.0.1, \
             spring.security.user.password or eurus.registry.access.tokens.<name>.token"
        )
    });
    main.into_iter().chain(management).collect()
}

/// What an operator checks first.
fn summary(config: &RegistryConfig) -> String {
    let access = match (&config.access.user, config.access.tokens.len()) {
        (None, 0) => "open: no user or token is set".to_owned(),
        (None, tokens) => format!("locked, tokens: {tokens}"),
        (Some(_), tokens) => format!("locked, one user, tokens: {tokens}"),
    };
    let anybody = if config.access.anonymous.contains(Role::Read) { ", anybody may read" } else { "" };
    let transport = if config.tls.is_some() { "TLS" } else { "plain HTTP" };
    let cache = match config.use_read_only_response_cache {
        true => format!("refreshed every {} ms", config.response_cache_update_interval_ms),
        false => "off".to_owned(),
    };
    format!("{access}{anybody}; {transport}; self-preservation {}; read-only cache {cache}", config.self_preservation)
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::{Files, Properties, Sources};

    use super::*;

    fn config(yaml: &str) -> RegistryConfig {
        let sources = Sources { files: Files::one("application.yml", yaml), ..Sources::default() };
        RegistryConfig::from_properties(&Properties::layered(sources).unwrap().0).unwrap()
    }

    #[test]
    fn what_matters_is_one_line() {
        assert_eq!(
            summary(&config("")),
            "open: no user or token is set; plain HTTP; self-preservation netflix; read-only cache refreshed every 30000 ms"
        );
        let locked = "spring.security.user.password: TOPSECRET\neureka.server.enable-self-preservation: false\n\
                      eureka.server.use-read-only-response-cache: false";
        assert_eq!(
            summary(&config(locked)),
            "locked, one user, tokens: 0; plain HTTP; self-preservation off; read-only cache off"
        );
        let readable =
            "eurus.registry.access: {anonymous: read, tokens: {ci: {token: 0123456789abcdef, roles: register}}}";
        assert!(summary(&config(readable)).starts_with("locked, tokens: 1, anybody may read; "));
    }

    #[test]
    fn each_port_that_is_open_to_others_is_named() {
        let (near, wide) = ("127.0.0.1:1", "0.0.0.0:2");
        let locked = "spring.security.user.password: TOPSECRET";
        for (yaml, main, management, expected) in [
            ("", near, None, &[][..]),
            ("", near, Some(near), &[]),
            ("", wide, Some(near), &["reaches 0.0.0.0:2 may change every registration"]),
            ("", near, Some(wide), &["reaches 0.0.0.0:2 may read the metrics"]),
            ("", wide, Some("[::]:3"), &["reaches 0.0.0.0:2 may change", "reaches [::]:3 may read"]),
            (locked, wide, Some(wide), &[]),
        ] {
            let parsed = |address: &str| address.parse().unwrap();
            let addresses = Addresses { main: parsed(main), management: management.map(parsed) };
            let warnings = exposures(&config(yaml), addresses);
            assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
            for (warning, expected) in warnings.iter().zip(expected) {
                assert!(warning.contains(expected), "{warning}");
            }
        }
    }

    #[test]
    fn the_host_that_others_will_call_is_known() {
        let url = |url: &str| format!("eureka.client.service-url.defaultZone: '{url}'");
        for (yaml, expected) in [
            (String::new(), None),
            ("eureka.instance.hostname: localhost".to_owned(), None),
            (url("http://localhost:8761/eureka/,http://127.0.0.1:8762/eureka/,http://[::1]:1/"), None),
            ("eureka.instance.hostname: registry.example".to_owned(), Some("registry.example")),
            (url("http://localhost:8761/eureka/,http://me:secret@peer2:8761/eureka/"), Some("peer2")),
            // Somebody has decided.
            (format!("server.address: 127.0.0.1\n{}", url("http://peer2:8761/eureka/")), None),
        ] {
            assert_eq!(config(&yaml).expected_host.as_deref(), expected, "{yaml}");
        }
    }
}
