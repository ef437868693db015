//! Certificates as files, and callers over TLS.

use std::path::PathBuf;
use std::sync::Arc;

use eurus_gateway::GatewayConfig;
use eurus_service::Properties;
use eurus_service::properties::Sources;
use eurus_service::tls::names;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::gateway::Gateway;
use super::producer::Producer;
use super::registry::Registry;
use super::soon;

pub(crate) const HOST: &str = "a.example";

/// Certificates of two authorities, as files: `ca`, `other-ca`, and those that [`issue`](Self::issue) makes.
pub(crate) struct Certificates {
    folder: TempDir,
    ours: Issuer<'static, KeyPair>,
    theirs: Issuer<'static, KeyPair>,
}

impl Certificates {
    /// With `server`, for [`HOST`] and 127.0.0.1.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, name);
            let key = KeyPair::generate().unwrap();
            std::fs::write(folder.path().join(name), params.self_signed(&key).unwrap().pem()).unwrap();
            Issuer::new(params, key)
        };
        let (ours, theirs) = (authority("ca"), authority("other-ca"));
        let certificates = Self { folder, ours, theirs };
        certificates.issue("server", &[HOST, "127.0.0.1"]);
        certificates
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The files `<name>` and `<name>-key`; the common name is `<name>` too.
    pub(crate) fn issue(&self, name: &str, hosts: &[&str]) {
        self.issue_by(&self.ours, (name, name), hosts);
    }

    /// Of the authority that nobody here trusts.
    pub(crate) fn issue_by_others(&self, name: &str) {
        self.issue_by(&self.theirs, (name, name), &[]);
    }

    /// In another one's files.
    pub(crate) fn replace(&self, file: &str, name: &str, hosts: &[&str]) {
        self.issue_by(&self.ours, (file, name), hosts);
    }

    fn issue_by(&self, issuer: &Issuer<'static, KeyPair>, (file, name): (&str, &str), hosts: &[&str]) {
        let mut params = CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        self.write(file, &params.signed_by(&key, issuer).unwrap().pem());
        self.write(&format!("{file}-key"), &key.serialize_pem());
    }

    /// Settings below `eurus.gateway.ssl`, whose values in `<…>` are files, beside the certificate `server`.
    pub(crate) fn configure(&self, config: &mut GatewayConfig, settings: &[(&str, &str)]) {
        let value = |text: &str| match text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
            Some(name) => self.path(name).display().to_string(),
            None => text.to_owned(),
        };
        let own = [("certificate", "<server>"), ("certificate-private-key", "<server-key>"), ("port", "0")];
        let all = own.iter().chain(settings);
        let flags = all.map(|(key, text)| (format!("eurus.gateway.ssl.{key}"), value(text))).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
        config.tls = GatewayConfig::from_properties(&properties).unwrap().tls;
    }

    pub(crate) fn caller(&self) -> Caller {
        self.caller_of(&[&TLS12, &TLS13])
    }

    /// Who speaks these versions.
    pub(crate) fn caller_of(&self, versions: &[&'static SupportedProtocolVersion]) -> Caller {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("ca")).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Caller { config, host: HOST.to_owned() }
    }
}

/// Someone who speaks TLS.
#[derive(Clone)]
pub(crate) struct Caller {
    config: ClientConfig,
    host: String,
}

impl Caller {
    /// Who asks for another host.
    pub(crate) fn at(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Who offers these protocols.
    pub(crate) fn offering(mut self, protocols: &[&str]) -> Self {
        self.config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        self
    }

    /// Who shows a certificate.
    pub(crate) fn showing(mut self, certificates: &Certificates, name: &str) -> Self {
        let shown = CertificateDer::from_pem_file(certificates.path(name)).unwrap();
        let key = PrivateKeyDer::from_pem_file(certificates.path(&format!("{name}-key"))).unwrap();
        let certified = rustls::sign::CertifiedKey::from_der(vec![shown], key, &default_provider()).unwrap();
        self.config.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
        self
    }

    pub(crate) async fn connect(&self, gateway: &Gateway) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(gateway.tls.unwrap()).await?;
        let host = ServerName::try_from(self.host.clone()).unwrap();
        soon("a handshake", TlsConnector::from(Arc::new(self.config.clone())).connect(host, stream)).await
    }

    /// What it is answered, as text; the error when the gateway does not want it. Of TLS 1.3 that shows with the answer.
    pub(crate) async fn get(&self, gateway: &Gateway, path: &str) -> std::io::Result<String> {
        let mut stream = self.connect(gateway).await?;
        let host = &self.host;
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        soon("an answer", stream.read_to_string(&mut answer)).await?;
        Ok(answer)
    }

    /// The common name of the certificate that it is shown.
    pub(crate) async fn shown(&self, gateway: &Gateway) -> String {
        let stream = self.connect(gateway).await.unwrap();
        let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        names::of_certificate(&certificate)[0].strip_prefix("CN=").unwrap().to_owned()
    }
}

/// A gateway that speaks TLS too, with one instance behind it.
pub(crate) async fn start(certificates: &Certificates, settings: &[(&str, &str)]) -> (Producer, Gateway) {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| certificates.configure(config, settings)).await;
    (producer, gateway)
}
