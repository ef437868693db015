//! curl in front of the gateway: each version of HTTP, uploads, parts of files, certificates.

use std::process::{Output, Stdio};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::site;
use crate::support::tls::{Certificates, HOST};

/// What curl says beside a body: the answer's status, the version of HTTP, bytes sent.
const SAID: &str = "%{stderr}\n%{http_code} %{http_version} %{size_upload}\n";

struct Curl {
    gateway: Gateway,
    certificates: Certificates,
    folder: TempDir,
}

struct Outcome {
    said: String,
    /// With `-v`: both heads.
    heads: String,
    body: Vec<u8>,
}

impl Curl {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let certificates = Certificates::new();
        certificates.issue("caller", &[]);
        let producer = Producer::at(2, site::start(2).await);
        let registry = Registry::start(&[&producer]).await;
        let gateway = Gateway::start_with(&registry, |config| certificates.configure(config, settings)).await;
        Self { gateway, certificates, folder: tempfile::tempdir().unwrap() }
    }

    fn http(&self, path: &str) -> String {
        format!("http://{}/java-service{path}", self.gateway.data)
    }

    fn https(&self, path: &str) -> String {
        format!("https://{HOST}:{}/java-service{path}", self.gateway.tls.unwrap().port())
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Its outcome, or its exit code.
    async fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Outcome, i32> {
        let mut command = Command::new("curl");
        // No file of the user's, and no proxy.
        command.args(["-q", "-sS", "-v", "--noproxy", "*", "--max-time", "60", "-w", SAID, "--cacert"]);
        command.arg(self.certificates.path("ca")).arg("--resolve");
        command.arg(format!("{HOST}:{}:127.0.0.1", self.gateway.tls.unwrap().port())).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let given = async {
            // It may not want any.
            let _ = stdin.write_all(input).await;
            drop(stdin);
        };
        let ((), Output { status, stdout, stderr }) = {
            let (given, output) = tokio::join!(given, child.wait_with_output());
            (given, output.unwrap())
        };
        let heads = String::from_utf8_lossy(&stderr).into_owned();
        if !status.success() {
            return Err(status.code().unwrap_or(-1));
        }
        let said = heads.lines().last().unwrap_or_default().to_owned();
        Ok(Outcome { said, heads, body: stdout })
    }

    async fn ok(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        self.run(arguments, input).await.unwrap_or_else(|code| panic!("curl {arguments:?}: exit code {code}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs curl, which ./test installs"]
async fn every_version_of_http_is_spoken() {
    let curl = Curl::start(&[]).await;
    let (http, https) = (curl.http("/file"), curl.https("/file"));
    for (arguments, version) in [
        (&["--http1.0", &http][..], "1"),
        (&["--http1.1", &http], "1.1"),
        // It asks for h2c by `Upgrade`, which is not answered.
        (&["--http2", &http], "1.1"),
        (&["--http2-prior-knowledge", &http], "2"),
        (&["--http1.1", &https], "1.1"),
        (&["--http2", &https], "2"),
        (&["--tlsv1.2", "--tls-max", "1.2", &https], "2"),
        (&["--http2", "--compressed", &https], "2"),
    ] {
        let outcome = curl.ok(arguments, b"").await;
        assert_eq!(outcome.said, format!("200 {version} 0"), "{arguments:?}");
        assert!(outcome.body == site::file(), "{arguments:?}");
    }
    let head = curl.ok(&["-I", "--http2", &https], b"").await;
    assert!(head.heads.contains("content-length: 1000000"), "{}", head.heads);
    let plain_at_tls = format!("http://{}/java-service/file", curl.gateway.tls.unwrap());
    let told = curl.ok(&[&plain_at_tls], b"").await;
    assert!(told.said.starts_with("400 ") && String::from_utf8_lossy(&told.body).contains("use https://"));
    curl.gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs curl, which ./test installs"]
async fn uploads_arrive_whole() {
    let curl = Curl::start(&[]).await;
    let (http, https) = (curl.http("/count"), curl.https("/count"));
    let upload = vec![b'u'; 3_000_000];
    let file = curl.path("upload");
    std::fs::write(&file, &upload).unwrap();
    let from_file = format!("@{file}");
    for url in [&http, &https] {
        for version in ["--http1.1", "--http2"] {
            for how in [
                &["-T", &file][..],
                // Of a length that is not known: chunks, or HTTP/2's frames.
                &["-T", "-"],
                &["-H", "Transfer-Encoding: chunked", "-X", "POST", "--data-binary", &from_file],
                &["-H", "Expect: 100-continue", "-X", "PUT", "--data-binary", &from_file],
                &["-F", &format!("part={from_file}")],
            ] {
                let arguments = [how, &[version, url]].concat();
                let outcome = curl.ok(&arguments, &upload).await;
                let received: usize = String::from_utf8_lossy(&outcome.body).parse().unwrap();
                let is_form = how[0] == "-F";
                assert!(received == upload.len() || is_form && received > upload.len(), "{arguments:?}: {received}");
                assert!(outcome.said.starts_with("200 "), "{arguments:?}: {}", outcome.said);
                if version == "--http1.1" && how.contains(&"Expect: 100-continue") {
                    assert!(outcome.heads.contains("< HTTP/1.1 100 Continue"), "{}", outcome.heads);
                }
            }
        }
    }
    curl.gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs curl, which ./test installs"]
async fn parts_are_parts_and_a_download_goes_on_where_it_broke_off() {
    let curl = Curl::start(&[]).await;
    let whole = site::file();
    for (url, version) in [(curl.http("/file"), "--http1.1"), (curl.https("/file"), "--http2")] {
        let part = curl.ok(&[version, "-r", "100-299", &url], b"").await;
        assert!(
            part.said.starts_with("206 ") && part.heads.to_lowercase().contains("content-range: bytes 100-299/1000000")
        );
        assert!(part.body == whole[100..300]);
        let file = curl.path("half");
        std::fs::write(&file, &whole[..400_000]).unwrap();
        curl.ok(&[version, "-C", "-", "-o", &file, &url], b"").await;
        assert!(std::fs::read(&file).unwrap() == whole, "{url}");
    }
    curl.gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs curl, which ./test installs"]
async fn certificates_are_looked_at_on_both_sides() {
    let curl = Curl::start(&[("client-auth", "need"), ("trust-certificate", "<ca>")]).await;
    let url = curl.https("/file");
    let [certificate, key, other] = ["caller", "caller-key", "other-ca"].map(|name| curl.certificates.path(name));
    let [certificate, key, other] = [&certificate, &key, &other].map(|path| path.to_str().unwrap());
    let shown = curl.ok(&["--cert", certificate, "--key", key, &url], b"").await;
    assert!(shown.body == site::file());
    assert!(curl.run(&[&url], b"").await.is_err());
    let failed = "eurus_gateway_tls_handshakes_total{outcome=\"failed\"}";
    assert_eq!(curl.gateway.metric(failed).await, Some(1.0));
    // 60: curl does not trust the gateway.
    let wary = curl.run(&["--cert", certificate, "--key", key, "--cacert", other, &url], b"").await;
    assert_eq!(wary.err(), Some(60));
    curl.gateway.stop().await.unwrap();
}
