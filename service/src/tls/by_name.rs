//! Which of several certificates a caller is shown: the one for the name that it asks for.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::names;

/// What the names of hosts begin with, as [`names`] writes them.
const DNS: &str = "DNS:";

/// See the module. Of two for one name the first is shown whose key the caller can verify: an ECDSA certificate and an RSA
/// one may stand side by side.
#[derive(Debug)]
pub(super) struct ByName {
    /// Lower case.
    by_host: HashMap<String, Vec<Arc<CertifiedKey>>>,
    /// By what follows `*`: for the hosts one label below it.
    by_suffix: HashMap<String, Vec<Arc<CertifiedKey>>>,
    /// For who asks for no name, or for none of these.
    default: Arc<CertifiedKey>,
}

impl ByName {
    /// The default, and others in their order.
    pub(super) fn new(default: Arc<CertifiedKey>, others: impl IntoIterator<Item = Arc<CertifiedKey>>) -> Self {
        let (mut by_host, mut by_suffix) = (HashMap::<String, Vec<_>>::new(), HashMap::<String, Vec<_>>::new());
        for certified in [Arc::clone(&default)].into_iter().chain(others) {
            for host in hosts(&certified) {
                match host.strip_prefix('*') {
                    Some(suffix) => by_suffix.entry(suffix.to_owned()).or_default().push(Arc::clone(&certified)),
                    None => by_host.entry(host).or_default().push(Arc::clone(&certified)),
                }
            }
        }
        Self { by_host, by_suffix, default }
    }

    fn find(&self, host: Option<&str>, schemes: &[SignatureScheme]) -> Arc<CertifiedKey> {
        let Some(host) = host.map(str::to_ascii_lowercase) else { return Arc::clone(&self.default) };
        let suffix = host.find('.').map_or("", |dot| &host[dot..]);
        let known = self.by_host.get(&host).or_else(|| self.by_suffix.get(suffix));
        let fits = |certified: &&Arc<CertifiedKey>| certified.key.choose_scheme(schemes).is_some();
        let found = known.and_then(|known| known.iter().find(fits).or_else(|| known.first()));
        Arc::clone(found.unwrap_or(&self.default))
    }
}

fn hosts(certified: &CertifiedKey) -> Vec<String> {
    let names = certified.cert.first().map(|leaf| names::of_certificate(leaf)).unwrap_or_default();
    names.iter().filter_map(|name| name.strip_prefix(DNS)).map(str::to_ascii_lowercase).collect()
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.find(hello.server_name(), hello.signature_schemes()))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
    use rustls::pki_types::PrivateKeyDer;

    use super::*;
    use crate::tls::provider;

    const ECDSA: SignatureScheme = SignatureScheme::ECDSA_NISTP256_SHA256;
    const ED25519: SignatureScheme = SignatureScheme::ED25519;

    fn certified(algorithm: &'static rcgen::SignatureAlgorithm, hosts: &[&str]) -> Arc<CertifiedKey> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>()).unwrap();
        let chain = vec![params.self_signed(&key).unwrap().der().clone()];
        let key = PrivateKeyDer::try_from(key.serialized_der().to_vec()).unwrap();
        Arc::new(CertifiedKey::from_der(chain, key, &provider()).unwrap())
    }

    #[test]
    fn the_one_for_the_name_is_shown() {
        let default = certified(&PKCS_ECDSA_P256_SHA256, &["a.example", "127.0.0.1"]);
        let wild = certified(&PKCS_ECDSA_P256_SHA256, &["*.Shop.example", "b.example"]);
        let exact = certified(&PKCS_ECDSA_P256_SHA256, &["pay.shop.example"]);
        let (new, old) =
            (certified(&PKCS_ED25519, &["two.example"]), certified(&PKCS_ECDSA_P256_SHA256, &["two.example"]));
        let all = [&wild, &exact, &new, &old].map(Arc::clone);
        let by_name = ByName::new(Arc::clone(&default), all);
        for (host, schemes, expected) in [
            (None, &[ECDSA][..], &default),
            (Some("a.example"), &[ECDSA], &default),
            (Some("nobody.example"), &[ECDSA], &default),
            (Some("B.example"), &[ECDSA], &wild),
            (Some("x.shop.EXAMPLE"), &[ECDSA], &wild),
            (Some("pay.shop.example"), &[ECDSA], &exact),
            // A wildcard is one label, and at least one.
            (Some("x.y.shop.example"), &[ECDSA], &default),
            (Some("shop.example"), &[ECDSA], &default),
            (Some("localhost"), &[ECDSA], &default),
            (Some("two.example"), &[ECDSA, ED25519], &new),
            (Some("two.example"), &[ECDSA], &old),
        ] {
            assert!(Arc::ptr_eq(&by_name.find(host, schemes), expected), "{host:?} {schemes:?}");
        }
    }
}
