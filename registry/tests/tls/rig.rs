//! Certificates as files, and a registry that uses them.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use eurus_registry::{RegistryConfig, RunError, run};
use eurus_service::properties::Sources;
use eurus_service::tls::ClientTls;
use eurus_service::{Clock, Properties, Shutdown};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An authority, a server's and a client's certificate by it, and a stranger's, as files: `<name>.pem`, `<name>-key.pem`,
/// `<name>.p12` with the password `secret`.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let (authority, stranger) = (files.authority("ca"), files.authority("stranger-ca"));
        files.issue("server", &authority);
        files.issue("client", &authority);
        files.issue("stranger", &stranger);
        files
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    pub(crate) fn authority(&self, name: &str) -> Issuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        self.write(&format!("{name}.pem"), certificate.pem());
        let mut store = KeyStore::new();
        store.add_entry(name, KeyStoreEntry::Certificate(Certificate::from_der(certificate.der()).unwrap()));
        self.write(&format!("{name}.p12"), store.writer("secret").write().unwrap());
        Issuer::new(params, key)
    }

    pub(crate) fn issue(&self, name: &str, issuer: &Issuer<'static, KeyPair>) {
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        self.write(&format!("{name}.pem"), certificate.pem());
        self.write(&format!("{name}-key.pem"), key.serialize_pem());
        let own = Certificate::from_der(certificate.der()).unwrap();
        let chain = PrivateKeyChain::new("1", PrivateKey::from_der(key.serialized_der()).unwrap(), [own]);
        let mut store = KeyStore::new();
        store.add_entry(name, KeyStoreEntry::PrivateKeyChain(chain));
        self.write(&format!("{name}.p12"), store.writer("secret").write().unwrap());
    }

    /// Settings whose values in `<…>` are files.
    pub(crate) fn properties(&self, settings: &[(&str, &str)]) -> Properties {
        let value = |text: &str| match text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
            Some(name) => self.path(name),
            None => text.to_owned(),
        };
        let flags = settings.iter().map(|(key, text)| ((*key).to_owned(), value(text))).collect();
        Properties::layered(Sources { flags, ..Sources::default() }).unwrap().0
    }

    pub(crate) fn client(&self, settings: &[(&str, &str)]) -> ClientTls {
        ClientTls::from_properties(&self.properties(settings)).unwrap()
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), RunError>>,
}

impl Running {
    /// The listener is bound: who connects too early waits.
    pub(crate) fn start(files: &Files, settings: &[(&str, &str)]) -> Self {
        let config = RegistryConfig::from_properties(&files.properties(settings)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let config = RegistryConfig { workers: 1, ..config };
        let running = tokio::spawn(run(config, listener, Clock::system(), shutdown.clone()));
        Self { address, shutdown, running }
    }

    /// The answer to a request for the health, or why there is none.
    pub(crate) async fn health(&self, tls: &ClientTls) -> Result<String, String> {
        self.get("/actuator/health", tls).await
    }

    pub(crate) async fn connect(&self, tls: &ClientTls) -> Result<TlsStream<TcpStream>, String> {
        let connector = TlsConnector::from(Arc::new(tls.config().unwrap()));
        let tcp = TcpStream::connect(self.address).await.unwrap();
        connector.connect("localhost".try_into().unwrap(), tcp).await.map_err(|error| error.to_string())
    }

    pub(crate) async fn get(&self, path: &str, tls: &ClientTls) -> Result<String, String> {
        let mut stream = self.connect(tls).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        // With TLS 1.3 a refused certificate shows here.
        stream.read_to_end(&mut answer).await.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(answer).unwrap())
    }

    pub(crate) async fn stop(self) {
        self.shutdown.trigger();
        self.running.await.unwrap().unwrap();
    }
}
