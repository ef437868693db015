//! What the gateway uses towards instances, renewed while it runs.

use eurus_gateway::InstancesConfig;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::secure::{Authority, Pair, changing_producer, instances, registered};
use crate::support::{soon, until};

const NAME: &str = "orders.example";
const DONE: &str = "eurus_gateway_tls_renewals_total{side=\"instances\",outcome=\"done\"}";
const FAILED: &str = "eurus_gateway_tls_renewals_total{side=\"instances\",outcome=\"failed\"}";
const END: &str = "eurus_gateway_tls_certificate_end_seconds{side=\"instances\",certificate=\"default\"}";
const PROTOCOLS: [&[&str]; 2] = [&["h2"], &["http/1.1"]];

/// The gateway's files.
struct Files(TempDir);

impl Files {
    fn new(authority: &Authority, shown: &Pair) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write("ca", &authority.pem());
        files.show(shown);
        files
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn show(&self, pair: &Pair) {
        self.write("certificate", &pair.certificate);
        self.write("key", &pair.key);
    }

    fn config(&self) -> InstancesConfig {
        let path = |name: &str| self.0.path().join(name).display().to_string();
        instances(&[
            ("tls.trust-certificate", &path("ca")),
            ("tls.certificate", &path("certificate")),
            ("tls.certificate-private-key", &path("key")),
        ])
    }

    async fn gateway(&self, producer: &Producer) -> Gateway {
        let registry = Registry::start(&[]).await;
        registry.put_instance(registered(producer, NAME));
        Gateway::start_with(&registry, |config| config.edge.instances = self.config()).await
    }
}

/// Looks at the files until so many renewals were counted.
async fn counted(gateway: &Gateway, series: &str, count: f64) {
    until(series, async || {
        gateway.hand.advance_ms(1_000).await.unwrap();
        gateway.metric(series).await == Some(count)
    })
    .await;
}

async fn hello(gateway: &Gateway) -> u16 {
    // An instance that refused a connection is asked again after a pause.
    gateway.hand.advance_ms(2_000).await.unwrap();
    gateway.get("/java-service/hello").await.0
}

/// A request that the instance answers as it comes.
struct Echo(TcpStream);

impl Echo {
    async fn begin(gateway: &Gateway) -> Self {
        let mut stream = TcpStream::connect(gateway.data).await.unwrap();
        let head =
            "POST /java-service/echo HTTP/1.1\r\nhost: g\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(format!("{head}5\r\nfirst\r\n").as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"first\r\n") {
            seen.push(soon("the first part", stream.read_u8()).await.unwrap());
        }
        Self(stream)
    }

    async fn end(mut self) {
        self.0.write_all(b"4\r\nlast\r\n0\r\n\r\n").await.unwrap();
        let mut rest = String::new();
        soon("the last part", self.0.read_to_string(&mut rest)).await.unwrap();
        assert!(rest.contains("last") && rest.ends_with("0\r\n\r\n"), "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_that_is_shown_is_another_one_for_the_next_request() {
    let [authority, old, new] = [(); 3].map(|()| Authority::new());
    let own = |authority: &Authority| authority.vouch_for("gateway.example");
    for protocols in PROTOCOLS {
        let (producer, change) = changing_producer(2, authority.server_for(NAME, protocols, Some(&old))).await;
        let files = Files::new(&authority, &own(&old));
        let gateway = files.gateway(&producer).await;
        assert!(gateway.metric(END).await.is_some());
        assert_eq!(hello(&gateway).await, 200, "{protocols:?}");
        let echo = Echo::begin(&gateway).await;
        // A key without its certificate: what was in force stays in force, connections too.
        files.write("key", &own(&new).key);
        counted(&gateway, FAILED, 1.0).await;
        assert_eq!(hello(&gateway).await, 200, "{protocols:?}");
        change.send(authority.server_for(NAME, protocols, Some(&new))).unwrap();
        files.show(&own(&old));
        counted(&gateway, DONE, 1.0).await;
        assert_eq!(hello(&gateway).await, 502, "{protocols:?}: whom the instance does not trust any more");
        files.show(&own(&new));
        counted(&gateway, DONE, 2.0).await;
        assert_eq!(hello(&gateway).await, 200, "{protocols:?}");
        assert_eq!(gateway.metric(FAILED).await, Some(1.0), "said once");
        echo.end().await;
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_vouched_for_an_instance_before_is_not_believed_any_more() {
    let [old, new] = [(); 2].map(|()| Authority::new());
    for protocols in PROTOCOLS {
        let (producer, change) = changing_producer(2, old.server(NAME, protocols, false)).await;
        let files = Files::new(&old, &old.vouch_for("gateway.example"));
        let gateway = files.gateway(&producer).await;
        assert_eq!(hello(&gateway).await, 200, "{protocols:?}");
        let echo = Echo::begin(&gateway).await;
        files.write("ca", "no certificate");
        counted(&gateway, FAILED, 1.0).await;
        assert_eq!(hello(&gateway).await, 200, "{protocols:?}");
        files.write("ca", &new.pem());
        counted(&gateway, DONE, 1.0).await;
        // Neither by a connection that was kept nor by a session of before.
        gateway.hand.advance_ms(2_000).await.unwrap();
        let (status, body) = gateway.get("/java-service/hello").await;
        assert!(status == 502 && body.contains("invalid peer certificate"), "{protocols:?}: {status} {body}");
        change.send(new.server(NAME, protocols, false)).unwrap();
        assert_eq!(hello(&gateway).await, 200, "{protocols:?}");
        echo.end().await;
        gateway.stop().await.unwrap();
    }
}
