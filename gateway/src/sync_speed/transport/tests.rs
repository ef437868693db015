//! Over real connections, and what is said when TLS cannot be spoken.

use std::net::SocketAddr;
use std::sync::Arc;

use eurus_service::Properties;
use eurus_service::properties::Sources;
use eurus_service::tls::ServerTls;
use eurus_service::tls::server::OF_SYNC_SPEED;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::SyncSpeedConfig;
use super::*;

/// Certificates of two authorities, as files.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let ours = files.authority("ca");
        files.authority("other-ca");
        files.issue("server", &ours);
        files.issue("gateway", &ours);
        files
    }

    #[allow(clippy::disallowed_methods)] // Files of a test.
    fn write(&self, name: &str, text: String) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn authority(&self, name: &str) -> Issuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        self.write(&format!("{name}.pem"), params.self_signed(&key).unwrap().pem());
        Issuer::new(params, key)
    }

    fn issue(&self, name: &str, issuer: &Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        let key = KeyPair::generate().unwrap();
        self.write(&format!("{name}.pem"), params.signed_by(&key, issuer).unwrap().pem());
        self.write(&format!("{name}-key.pem"), key.serialize_pem());
    }

    /// Settings whose values in `<…>` are files.
    fn properties(&self, settings: &[(&str, &str)]) -> Properties {
        let value = |text: &str| match text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
            Some(name) => self.0.path().join(name).display().to_string(),
            None => text.to_owned(),
        };
        let flags = settings.iter().map(|(key, text)| ((*key).to_owned(), value(text))).collect();
        Properties::layered(Sources { flags, ..Sources::default() }).unwrap().0
    }

    /// A port as sync-speed's with TLS.
    async fn serve(&self, client_auth: &str) -> SocketAddr {
        let tls = self.properties(&[
            ("eurus.sync-speed.ssl.certificate", "<server.pem>"),
            ("eurus.sync-speed.ssl.certificate-private-key", "<server-key.pem>"),
            ("eurus.sync-speed.ssl.trust-certificate", "<ca.pem>"),
            ("eurus.sync-speed.ssl.client-auth", client_auth),
        ]);
        let config = ServerTls::by_keys(&OF_SYNC_SPEED, &tls).unwrap().unwrap().config();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        listen(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer(stream).await;
                }
            }
        })
        .await
    }

    /// Status, or why there is none.
    async fn post(&self, url: &str, settings: &[(&str, &str)]) -> Result<u16, String> {
        let mut all = vec![(keys::URL, url)];
        all.extend(settings);
        let config = SyncSpeedConfig::from_properties(&self.properties(&all), &ClientTls::default()).unwrap();
        let transport = Transport::new(config.tls_spoken()).unwrap();
        let (status, body) = transport.post(url, Some("s3cret"), b"{}".to_vec()).await?;
        assert_eq!(body, b"{}");
        Ok(status.as_u16())
    }
}

async fn listen<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(tokio::net::TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// What was sent, and only if the token came with it.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    if String::from_utf8(request).unwrap().contains("authorization: Bearer s3cret\r\n") {
        // Whoever has hung up is not there to be answered.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    }
}

#[tokio::test]
async fn it_is_spoken_with_whom_the_configured_authority_vouches_for() {
    const TRUST: (&str, &str) = (keys::TRUST_CERTIFICATE, "<ca.pem>");
    const SHOWN: [(&str, &str); 2] = [(keys::CERTIFICATE, "<gateway.pem>"), (keys::PRIVATE_KEY, "<gateway-key.pem>")];
    let files = Files::new();
    let (none, need) = (files.serve("none").await, files.serve("need").await);
    let plain = listen(answer).await;
    // As HTTP answers what is no HTTP.
    let refusing = listen(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read(&mut [0; 1_024]).await;
    })
    .await;
    let (none, need) = (format!("https://{none}"), format!("https://{need}"));
    assert_eq!(files.post(&format!("http://{plain}"), &[]).await, Ok(200));
    assert_eq!(files.post(&none, &[TRUST]).await, Ok(200));
    assert_eq!(files.post(&need, &[TRUST, SHOWN[0], SHOWN[1]]).await, Ok(200));
    for (url, settings, parts) in [
        (
            &none,
            &[(keys::TRUST_CERTIFICATE, "<other-ca.pem>")][..],
            ["invalid peer certificate", keys::TRUST_CERTIFICATE],
        ),
        (&need, &[TRUST], ["received fatal alert: CertificateRequired", keys::CERTIFICATE]),
        (&format!("https://{refusing}"), &[TRUST], ["TLS: ", "does that port speak TLS?"]),
    ] {
        let why = files.post(url, settings).await.unwrap_err();
        assert!(parts.iter().all(|part| why.contains(part)), "{url} {settings:?}: {why}");
    }
}
