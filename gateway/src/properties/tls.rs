//! `eurus.gateway.ssl.*`, and `server.ssl.*` of a gateway in a process of its own.

use eurus_service::properties::{ConfigError, Properties};
use eurus_service::tls::EdgeTls;
use eurus_service::tls::server::{OF_GATEWAY, OF_PROCESS, ServerKeys};

use super::DAY_MS;
use crate::config::{GatewayConfig, TlsConfig};

const FURTHER: &str = "eurus.gateway.ssl.certificates";
const PORT: &str = "eurus.gateway.ssl.port";
const HANDSHAKE_TIMEOUT_MS: u64 = 10_000;
const HANDSHAKES_MAX: usize = 1_000;

impl GatewayConfig {
    /// The same as [`from_properties`](Self::from_properties) for a process of its own, where Spring's `server.ssl.*` mean
    /// the gateway's port unless `eurus.gateway.ssl.*` say something.
    ///
    /// # Errors
    /// [`ConfigError`] for a value that is not allowed, with the key and what is.
    pub fn of_process(properties: &Properties) -> Result<Self, ConfigError> {
        let mut config = Self::from_properties(properties)?;
        if !is_set(properties) {
            config.tls = by_keys(&OF_PROCESS, properties)?;
        }
        Ok(config)
    }
}

pub(super) fn tls(properties: &Properties) -> Result<Option<TlsConfig>, ConfigError> {
    let tls = by_keys(&OF_GATEWAY, properties)?;
    if tls.is_none() && !properties.map(FURTHER).is_empty() && !OF_GATEWAY.are_set(properties) {
        return Err(ConfigError::other(format!(
            "{FURTHER}: for callers that ask for no host, or another one, set eurus.gateway.ssl.certificate or .key-store too"
        )));
    }
    Ok(tls)
}

fn is_set(properties: &Properties) -> bool {
    OF_GATEWAY.are_set(properties) || !properties.map(FURTHER).is_empty()
}

fn by_keys(keys: &'static ServerKeys, properties: &Properties) -> Result<Option<TlsConfig>, ConfigError> {
    let Some(tls) = EdgeTls::by_keys(keys, FURTHER, properties)? else { return Ok(None) };
    let port = properties.parsed(PORT, "a port, 0 to 65535")?;
    Ok(Some(TlsConfig {
        tls,
        port,
        handshake_timeout_ms: properties.number(
            "eurus.gateway.ssl.handshake-timeout-ms",
            HANDSHAKE_TIMEOUT_MS,
            1..=DAY_MS,
        )?,
        handshakes_max: properties.number("eurus.gateway.ssl.handshakes-max", HANDSHAKES_MAX, 1..=1_000_000)?,
    }))
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn properties(flags: &[(&str, &str)]) -> Properties {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Properties::layered(Sources { flags, ..Sources::default() }).unwrap().0
    }

    fn pem() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn springs_names_count_in_a_process_of_its_own_unless_there_are_others() {
        let (certificate, key) = pem();
        let spring = [("server.ssl.certificate", &*certificate), ("server.ssl.certificate-private-key", &*key)];
        assert!(GatewayConfig::from_properties(&properties(&spring)).unwrap().tls.is_none());
        let tls = GatewayConfig::of_process(&properties(&spring)).unwrap().tls.unwrap();
        assert_eq!((tls.port, tls.handshakes_max), (None, HANDSHAKES_MAX));
        let off = [&spring[..], &[("eurus.gateway.ssl.enabled", "false")]].concat();
        assert!(GatewayConfig::of_process(&properties(&off)).unwrap().tls.is_none());
        let ours = [
            ("eurus.gateway.ssl.certificate", &*certificate),
            ("eurus.gateway.ssl.certificate-private-key", &*key),
            (PORT, "8443"),
            ("eurus.gateway.ssl.certificates.b.certificate", &*certificate),
            ("eurus.gateway.ssl.certificates.b.certificatePrivateKey", &*key),
        ];
        let tls = GatewayConfig::from_properties(&properties(&ours)).unwrap().tls.unwrap();
        let names: Vec<_> = tls.tls.expiries().iter().map(|expiry| expiry.name.clone()).collect();
        assert_eq!((tls.port, names), (Some(8443), vec!["default".to_owned(), "b".to_owned()]));
        assert!(!format!("{tls:?}").contains("BEGIN"));
    }

    #[test]
    fn what_cannot_protect_fails_the_start_with_its_key() {
        let (certificate, key) = pem();
        let (other, _) = pem();
        let ours =
            [("eurus.gateway.ssl.certificate", &*certificate), ("eurus.gateway.ssl.certificate-private-key", &*key)];
        let b = |part: &str| format!("{FURTHER}.b.{part}");
        let (of_b, key_of_b, wrong_part) = (b("certificate"), b("certificate-private-key"), b("certificat"));
        type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let alone: &[Row<'_>] = &[
            (&[(PORT, "8443")], &[PORT, "TLS needs a certificate"]),
            (&[("eurus.gateway.ssl.handshakes-max", "1")], &["handshakes-max is set", "TLS needs a certificate"]),
            (&[(&of_b, &certificate), (&key_of_b, &key)], &[FURTHER, "set eurus.gateway.ssl.certificate"]),
            (&[(&of_b, &certificate)], &[FURTHER, "set eurus.gateway.ssl.certificate"]),
        ];
        for (flags, words) in alone {
            let error = GatewayConfig::from_properties(&properties(flags)).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{flags:?}: {error}");
        }
        let beside: &[Row<'_>] = &[
            (&[(PORT, "many")], &[PORT, "many", "a port"]),
            (&[("eurus.gateway.ssl.handshake-timeout-ms", "0")], &["handshake-timeout-ms", "1 to"]),
            (&[(&of_b, &certificate)], &[&key_of_b, "must be set"]),
            (&[(&of_b, &other), (&key_of_b, &key)], &[&of_b, "cannot be used together"]),
            (&[(&wrong_part, "x")], &[&wrong_part, "certificate-private-key, key-store"]),
            (&[("eurus.gateway.ssl.client-auth", "need")], &["client-auth", "whose certificates are trusted?"]),
        ];
        for (flags, words) in beside {
            let flags = [&ours[..], flags].concat();
            let error = GatewayConfig::from_properties(&properties(&flags)).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
            assert!(!error.contains("PRIVATE KEY"), "{error}");
        }
    }
}
