//! What is refused at the start, and why. That what is accepted also works, the registry's tests show over real connections.
#![allow(clippy::disallowed_methods)] // Files of a test.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::{ClientTls, ServerTls};
use crate::properties::{ConfigError, Files, Properties, Sources};

/// A folder with certificates, keys and stores, good and bad.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let key = KeyPair::generate().unwrap();
        let certificate = params().self_signed(&key).unwrap();
        folder.write("cert.pem", certificate.pem());
        folder.write("key.pem", key.serialize_pem());
        folder.write("other-key.pem", KeyPair::generate().unwrap().serialize_pem());
        folder.write(
            "encrypted.pem",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
        );
        let mut over = params();
        (over.not_before, over.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 2, 2));
        folder.write("expired.pem", over.self_signed(&key).unwrap().pem());
        let mut early = params();
        early.not_before = date_time_ymd(2090, 1, 1);
        folder.write("early.pem", early.self_signed(&key).unwrap().pem());
        folder.write("store.jks", b"\xfe\xed\xfe\xed\0\0\0\x02");
        folder.write("rubbish.p12", b"rubbish");
        let chain = PrivateKeyChain::new(
            "1",
            PrivateKey::from_der(key.serialized_der()).unwrap(),
            [Certificate::from_der(certificate.der()).unwrap()],
        );
        let mut store = KeyStore::new();
        store.add_entry("registry", KeyStoreEntry::PrivateKeyChain(chain));
        folder.write("store.p12", store.writer("secret").write().unwrap());
        folder.write("empty.p12", KeyStore::new().writer("secret").write().unwrap());
        folder
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    /// Settings in a file in this folder; `classpath:` leads into it.
    fn settings(&self, settings: &[(&str, &str)]) -> Result<Properties, ConfigError> {
        let text: String = settings.iter().map(|(key, value)| format!("{key}: '{value}'\n")).collect();
        let path = self.0.path().join("application.yml");
        let files = Files::Given([(path.clone(), text)].into());
        let sources = Sources { files, only_file: Some(path), ..Sources::default() };
        Properties::layered(sources).map(|(properties, _)| properties)
    }

    fn server(&self, settings: &[(&str, &str)]) -> Result<Option<ServerTls>, ConfigError> {
        ServerTls::from_properties(&self.settings(settings)?)
    }
}

fn params() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned()]).unwrap()
}

const CERT: (&str, &str) = ("server.ssl.certificate", "classpath:cert.pem");
const KEY: (&str, &str) = ("server.ssl.certificate-private-key", "classpath:key.pem");
const STORE: (&str, &str) = ("server.ssl.key-store", "classpath:store.p12");
const PASSWORD: (&str, &str) = ("server.ssl.key-store-password", "secret");

#[test]
fn tls_is_on_when_it_is_asked_for() {
    let folder = Folder::new();
    for (settings, is_on) in [
        (&[][..], false),
        (&[("server.ssl.enabled", "false"), CERT, KEY], false),
        (&[("server.ssl.enabled", "0"), ("server.ssl.key-store", ""), PASSWORD], false),
        (&[CERT, KEY], true),
        (&[("server.ssl.enabled", "true"), CERT, KEY, ("server.ssl.enabled-protocols", "TLSv1.3")], true),
        (&[STORE, PASSWORD], true),
        (&[STORE, PASSWORD, ("server.ssl.key-alias", "REGISTRY"), ("server.ssl.key-store-type", "pkcs12")], true),
        (&[STORE, PASSWORD, ("server.ssl.key-password", "secret")], true),
        (
            &[CERT, KEY, ("server.ssl.client-auth", "want"), ("server.ssl.trust-certificate", "classpath:cert.pem")],
            true,
        ),
    ] {
        let tls = folder.server(settings).unwrap_or_else(|error| panic!("{settings:?}: {error}"));
        assert_eq!(tls.is_some(), is_on, "{settings:?}");
    }
}

#[test]
fn what_cannot_protect_fails_the_start_with_key_file_and_reason() {
    let folder = Folder::new();
    let cert = |file| ("server.ssl.certificate", file);
    let key = |file| ("server.ssl.certificate-private-key", file);
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let table: &[Row<'_>] = &[
        (&[("server.ssl.enabled", "true")], &["server.ssl.enabled", "TLS needs a certificate", "server.ssl.key-store"]),
        (
            &[("server.ssl.key-store", "${KS:}"), PASSWORD],
            &["server.ssl.key-store is set and empty", "key-store (PKCS12)"],
        ),
        (&[PASSWORD], &["server.ssl.key-store-password is set", "TLS needs a certificate"]),
        (&[("server.ssl.client-auth", "need")], &["server.ssl.client-auth is set", "TLS needs a certificate"]),
        (&[("server.ssl.key-alias", "a")], &["server.ssl.key-alias is set", "server.ssl.enabled=false"]),
        (
            &[("server.ssl.certificate", ""), ("server.ssl.certificate-private-key", "")],
            &["certificate is set and empty"],
        ),
        (&[CERT], &["server.ssl.certificate-private-key must be set"]),
        (&[KEY], &["server.ssl.certificate must be set"]),
        (&[CERT, KEY, STORE, PASSWORD], &["are both set"]),
        (&[cert("classpath:none.pem"), KEY], &["server.ssl.certificate", "none.pem cannot be read", "No such file"]),
        (&[cert("classpath:key.pem"), KEY], &["key.pem", "no certificate in PEM"]),
        (&[CERT, key("classpath:cert.pem")], &["certificate-private-key", "cert.pem", "no private key in PEM"]),
        (&[CERT, key("classpath:other-key.pem")], &["server.ssl.certificate", "cannot be used together"]),
        (&[CERT, key("classpath:encrypted.pem")], &["an encrypted key", "openssl pkey"]),
        (&[cert("classpath:expired.pem"), KEY], &["expired.pem", "has expired at", "2002"]),
        (&[cert("classpath:early.pem"), KEY], &["early.pem", "is not valid before", "2090"]),
        (&[STORE], &["server.ssl.key-store", "store.p12", "is server.ssl.key-store-password right"]),
        (&[STORE, ("server.ssl.key-store-password", "TOPSECRET")], &["store.p12", "cannot be opened"]),
        (&[STORE, PASSWORD, ("server.ssl.key-alias", "other")], &["the alias 'other', but: registry"]),
        (&[STORE, PASSWORD, ("server.ssl.key-password", "TOPSECRET")], &["one password"]),
        (&[STORE, PASSWORD, ("server.ssl.key-store-type", "BCFKS")], &["key-store-type", "'BCFKS'", "PKCS12"]),
        (&[("server.ssl.key-store", "classpath:store.jks")], &["old JKS format", "keytool -importkeystore"]),
        (&[("server.ssl.key-store", "classpath:rubbish.p12"), PASSWORD], &["rubbish.p12", "cannot be opened"]),
        (&[("server.ssl.key-store", "classpath:empty.p12"), PASSWORD], &["no private key"]),
        (&[CERT, KEY, ("server.ssl.enabled-protocols", "TLSv1.1")], &["'TLSv1.1'", "TLSv1.2, TLSv1.3 or both"]),
        (&[CERT, KEY, ("server.ssl.client-auth", "maybe")], &["'maybe'", "none, want or need"]),
        (
            &[CERT, KEY, ("server.ssl.client-auth", "need")],
            &["server.ssl.client-auth", "whose certificates are trusted?"],
        ),
        (&[("server.ssl.bundle", "web")], &["server.ssl.bundle", "name the files themselves"]),
        (&[("server.ssl.ciphers", "X")], &["server.ssl.ciphers", "enabled-protocols chooses"]),
        (&[("server.ssl.keystore-path", "X")], &["server.ssl.keystore-path", "are known"]),
    ];
    for (settings, words) in table {
        let error = folder.server(settings).expect_err(&format!("{settings:?}")).to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{settings:?}: {error}");
        assert!(!error.contains("TOPSECRET") && !error.contains("BEGIN") && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn a_clients_trust() {
    let folder = Folder::new();
    let client = |settings: &[(&str, &str)]| {
        folder
            .settings(settings)
            .and_then(|properties| ClientTls::from_properties(&properties))
            .map(|tls| format!("{tls:?}"))
    };
    let store = ("eureka.client.tls.trust-store", "classpath:store.p12");
    let password = ("eureka.client.tls.trust-store-password", "secret");
    let on = ("eureka.client.tls.enabled", "true");
    for (settings, expected) in [
        (&[][..], Ok("the system's authorities")),
        (&[("eurus.client.tls.trust-certificate", "classpath:cert.pem")], Ok("configured authorities")),
        (&[on], Ok("the system's authorities")),
        (&[("eureka.client.tls.enabled", "false"), store], Ok("the system's authorities")),
        (&[store, password], Err("not used without eureka.client.tls.enabled=true")),
        (&[on, store], Err("eureka.client.tls.trust-store-password")),
        (&[on, ("eureka.client.tls.trust-store", "classpath:empty.p12"), password], Err("no certificate")),
        (&[("eurus.client.tls.trust-certificate", "classpath:key.pem")], Err("no certificate in PEM")),
        (&[("eurus.client.tls.certificate", "classpath:cert.pem")], Err("eurus.client.tls.certificate-private-key")),
    ] {
        match (client(settings).map_err(|error| error.to_string()), expected) {
            (Ok(shown), Ok(words)) => assert!(shown.contains(words), "{settings:?}: {shown}"),
            (Err(error), Err(words)) => assert!(error.contains(words), "{settings:?}: {error}"),
            (got, expected) => panic!("{settings:?}: {got:?} instead of {expected:?}"),
        }
    }
}
