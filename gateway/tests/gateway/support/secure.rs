//! Instances under TLS, an authority that vouches for them, and what a gateway is told of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use eurus_gateway::{GatewayConfig, InstancesConfig};
use eurus_service::Properties;
use eurus_service::properties::Sources;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::producer::{self, Producer};
use super::registry::SERVICE_UP_MS;

/// A certificate with its key, PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn vouch_for(&self, name: &str) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A server that shows a certificate of that name, agrees to these protocols, and wants a certificate or not.
    pub(crate) fn server(&self, name: &str, protocols: &[&str], wants_certificate: bool) -> TlsAcceptor {
        self.server_for(name, protocols, wants_certificate.then_some(self))
    }

    /// The same, for clients for whom that authority vouches.
    pub(crate) fn server_for(&self, name: &str, protocols: &[&str], clients: Option<&Self>) -> TlsAcceptor {
        let pair = self.vouch_for(name);
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if let Some(clients) = clients {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(clients.pem().as_bytes()).unwrap()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Runs a script for each connection, once TLS is agreed on.
pub(crate) async fn scripted<F>(
    host: u8,
    acceptor: TlsAcceptor,
    script: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
) -> Producer
where
    F: Future<Output = ()> + Send + 'static,
{
    scripted_by(host, watch::channel(acceptor).1, script).await
}

/// The same, by what is to be agreed on at that time.
async fn scripted_by<F>(
    host: u8,
    acceptor: watch::Receiver<TlsAcceptor>,
    script: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
) -> Producer
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, host], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, script) = (acceptor.borrow().clone(), script.clone());
            tokio::spawn(async move {
                // A gateway that does not trust it ends the handshake.
                if let Ok(stream) = acceptor.accept(stream).await {
                    script(stream).await;
                }
            });
        }
    });
    Producer::at(host, address)
}

/// A producer as all others, but under TLS; it speaks what is agreed upon.
pub(crate) async fn producer(host: u8, acceptor: TlsAcceptor) -> Producer {
    scripted(host, acceptor, move |stream| serve(host, stream)).await
}

/// One whose TLS changes: what is sent there holds for its next connection.
pub(crate) async fn changing_producer(host: u8, acceptor: TlsAcceptor) -> (Producer, watch::Sender<TlsAcceptor>) {
    let (change, acceptor) = watch::channel(acceptor);
    (scripted_by(host, acceptor, move |stream| serve(host, stream)).await, change)
}

async fn serve(host: u8, stream: TlsStream<TcpStream>) {
    let service =
        service_fn(
            move |request| async move { Ok::<_, Infallible>(producer::answer(format!("p{host}"), request).await) },
        );
    let server = auto::Builder::new(TokioExecutor::new());
    drop(server.serve_connection(TokioIo::new(stream), service).await);
}

/// What the registry says of one whose secure port is enabled.
pub(crate) fn registered(producer: &Producer, host_name: &str) -> Value {
    let mut instance = producer.instance("UP", SERVICE_UP_MS);
    instance["hostName"] = json!(host_name);
    instance["port"] = json!({"$": 1, "@enabled": "true"});
    instance["securePort"] = json!({"$": producer.address.port(), "@enabled": "true"});
    instance
}

/// What these settings say of instances.
pub(crate) fn instances(settings: &[(&str, &str)]) -> InstancesConfig {
    let flags = settings.iter().map(|(key, value)| (format!("eurus.gateway.instances.{key}"), (*value).to_owned()));
    let (properties, _) = Properties::layered(Sources { flags: flags.collect(), ..Sources::default() }).unwrap();
    GatewayConfig::from_properties(&properties).unwrap().edge.instances
}
