//! The `eurus` command as a person starts it: where it listens, what stops it, and what it says when it cannot start.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const ANY_PORTS: [&str; 4] =
    ["--server.port=0", "--eurus.gateway.port=0", "--eurus.gateway.admin.port=0", "--eurus.sync-speed.port=0"];

struct Running {
    child: Child,
    banner: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts on free ports and reads the banner to its last line.
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_eurus"))
            .args(ANY_PORTS)
            .args(arguments)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut banner = Vec::new();
        for line in lines {
            let is_last = line == "Ctrl-C stops it.";
            banner.push(line);
            if is_last {
                break;
            }
        }
        Self { child, banner, _folder: folder }
    }

    /// The first URL in the line of the banner that begins with a word.
    fn url(&self, word: &str) -> String {
        let line = self.banner.iter().find(|line| line.trim_start().starts_with(word)).expect(word);
        line.split_whitespace().find(|part| part.starts_with("http://")).expect(word).to_owned()
    }

    fn admin_url(&self) -> String {
        let line = self.banner.iter().find(|line| line.contains("admin API")).unwrap();
        line.split_whitespace().next_back().unwrap().to_owned()
    }

    fn signal(&mut self, signal: &str) -> Option<i32> {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fails(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_eurus"))
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(folder.path())
        .output()
        .unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap().trim().to_owned())
}

#[tokio::test]
async fn it_says_where_everything_is_and_all_of_it_answers() {
    let mut running = Running::start(&[]);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let registry = running.url("registry");
    let registry = registry.trim_end_matches("/eureka/").to_owned();
    let origins = [registry, running.url("gateway"), running.admin_url(), running.url("sync-speed")];
    for origin in origins {
        let answer = loop {
            // The gateway is DOWN until its first fetch.
            let answer = http.get(format!("{origin}/actuator/health")).send().await.unwrap();
            if answer.status() == 200 {
                break answer;
            }
        };
        assert_eq!(answer.json::<Value>().await.unwrap()["status"], "UP", "{origin}");
    }
    let unknown = http.get(format!("{}/no-such-service/x", running.url("gateway"))).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    assert_eq!(running.signal("-TERM"), Some(0));
}

/// Asks until it is answered as wanted; whoever runs the tests ends one that never is.
async fn until(request: reqwest::RequestBuilder, wanted: impl Fn(u16, &str) -> bool) {
    loop {
        let answer = request.try_clone().unwrap().send().await.unwrap();
        let status = answer.status().as_u16();
        if wanted(status, &answer.text().await.unwrap()) {
            return;
        }
    }
}

#[tokio::test]
async fn a_password_locks_the_registry_and_not_its_own_gateway_and_sync_speed() {
    let running = Running::start(&["--spring.security.user.password=secret"]);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let registry = running.url("registry");
    let apps = |app: &str| http.get(format!("{registry}apps/{app}"));
    assert_eq!(apps("").send().await.unwrap().status(), 401);
    // Both have registered, the gateway has fetched.
    for app in ["EURUS-GATEWAY", "EURUS-SYNC-SPEED"] {
        until(apps(app).basic_auth("user", Some("secret")), |status, _| status == 200).await;
    }
    until(http.get(format!("{}/actuator/health", running.admin_url())), |status, _| status == 200).await;
    // sync-speed may set a status: of a service that has registered with the password.
    let with_password = registry.replace("http://", "http://user:secret@");
    let mut producer = Command::new(env!("CARGO_BIN_EXE_eurus"))
        .args(["producer", "--ip", "127.0.0.2", "--registry", &with_password])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(producer.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let offline = http
        .post(format!("{}/offline", running.url("sync-speed")))
        .json(&serde_json::json!({"ip": "127.0.0.2", "force": true}));
    until(offline, |_, body| body.contains("\"outcome\":\"done\"")).await;
    producer.kill().unwrap();
    producer.wait().unwrap();
    assert!(said.contains(&registry) && !said.contains("secret"), "{said}");
}

#[tokio::test]
async fn over_tls_its_own_gateway_and_sync_speed_still_reach_the_registry() {
    // The certificate names neither the loopback address nor an authority that anybody trusts, and clients must show one.
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["registry.example.com".to_owned()]).unwrap();
    #[allow(clippy::disallowed_methods)] // Files of a test.
    for (name, text) in [("cert.pem", params.self_signed(&key).unwrap().pem()), ("key.pem", key.serialize_pem())] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let running = Running::start(&[
        &format!("--server.ssl.certificate={}", path("cert.pem")),
        &format!("--server.ssl.certificate-private-key={}", path("key.pem")),
        &format!("--server.ssl.trust-certificate={}", path("cert.pem")),
        "--server.ssl.client-auth=need",
        "--spring.security.user.password=secret",
    ]);
    let line = running.banner.iter().find(|line| line.trim_start().starts_with("registry")).unwrap();
    assert!(line.contains("https://127.0.0.1:"), "{line}");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    // The gateway has fetched, and lists what has registered.
    until(http.get(format!("{}/services", running.admin_url())), |_, body| {
        body.contains("EURUS-GATEWAY") && body.contains("EURUS-SYNC-SPEED")
    })
    .await;
}

/// The second line of a producer, which says whether it is registered.
fn producer_says(registry: &str) -> String {
    let mut producer = Command::new(env!("CARGO_BIN_EXE_eurus"))
        .args(["producer", "--ip", "127.0.0.3", "--registry", registry])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(producer.stdout.take().unwrap()).lines().nth(1).unwrap().unwrap();
    producer.kill().unwrap();
    producer.wait().unwrap();
    said
}

#[test]
fn a_producer_says_whether_it_is_registered() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = producer_says(&format!("http://{nobody}/eureka/"));
    assert!(said.starts_with(&format!("cannot register at http://{nobody}/eureka/: ")), "{said}");
    let running = Running::start(&["--spring.security.user.password=secret"]);
    let registry = running.url("registry");
    let said = producer_says(&registry);
    assert!(said.starts_with(&format!("cannot register at {registry}: ")) && said.contains("401"), "{said}");
    let said = producer_says(&registry.replace("http://", "http://user:secret@"));
    assert_eq!(said, format!("registered at {registry}"));
}

#[test]
fn ctrl_c_stops_it_gracefully() {
    assert_eq!(Running::start(&["--stock-intervals"]).signal("-INT"), Some(0));
}

/// Arguments, environment, exit code, and words of the one line.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32, &'a [&'a str]);

#[test]
fn what_keeps_it_from_starting_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let taken_port = format!("--server.port={port}");
    let own_port = format!("--management.server.port={port}");
    let own_taken = [ANY_PORTS.as_slice(), &[own_port.as_str()]].concat();
    let own_words = ["the registry's health and metrics cannot listen", &port, "in use", "management.server.port"];
    let cases: [Case<'_>; 9] = [
        (&[taken_port.as_str()], &[], 1, &["the registry", &port, "in use", "server.port"]),
        (&own_taken, &[], 1, &own_words),
        (&["--data-dir", "/dev/null/data"], &[], 2, &["/dev/null/data", "cannot be written", "--data-dir"]),
        (
            &["--eureka.server.evicton-interval-timer-in-ms=1"],
            &[],
            2,
            &["did you mean eureka.server.eviction-interval"],
        ),
        (&["--eureka.server.disable-delta=maybe"], &[], 2, &["disable-delta", "'maybe'", "true or false"]),
        (&["--config", "nowhere.yml"], &[], 2, &["nowhere.yml", "cannot be read"]),
        (&[], &[("EURUS_GATEWAY_PROT", "1")], 2, &["EURUS_GATEWAY_PROT", "eurus.gateway.port"]),
        (&[], &[("SERVER_PORT", "70000")], 2, &["server.port", "70000", "SERVER_PORT", "65535"]),
        (
            &["--spring.security.user.name=x"],
            &[],
            2,
            &["spring.security.user.name", "set spring.security.user.password"],
        ),
    ];
    for (arguments, environment, code, words) in cases {
        let arguments = [arguments, if arguments == [taken_port.as_str()] { &ANY_PORTS[1..] } else { &[] }].concat();
        let (exit, said) = fails(&arguments, environment);
        // Before it the log may tell which configuration counts.
        let line: Vec<&str> = said.lines().filter(|line| !line.contains(" INFO ")).collect();
        let line = line.join("\n");
        assert_eq!(exit, code, "{arguments:?}: {line}");
        assert!(words.iter().all(|word| line.contains(word)), "{arguments:?}: {line}");
        assert!(line.starts_with("eurus: ") && line.lines().count() == 1, "{line}");
    }
}

#[test]
fn help_shows_what_the_command_takes() {
    for command in ["offline", "online", "watch", "producer", "harness", "harness run"] {
        let help = Command::new(env!("CARGO_BIN_EXE_eurus")).args(command.split(' ')).arg("--help").output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let of_services = ["--data-dir", "--config", "--help-properties"];
        assert!(help.contains("Usage: ") && !of_services.iter().any(|flag| help.contains(flag)), "{command}: {help}");
    }
    let (exit, text) = fails(&["--data-dir", "x", "offline", "127.0.0.1"], &[]);
    assert_eq!(exit, 2);
    assert!(text.contains("'offline' cannot be used with '--data-dir <DIR>'"), "{text}");
}

#[test]
fn an_unknown_flag_is_refused_with_usage() {
    let (exit, text) = fails(&["--stok-intervals"], &[]);
    assert_eq!(exit, 2);
    assert!(text.contains("--stock-intervals"), "{text}");
}

#[test]
fn health_and_metrics_on_a_port_of_their_own_are_in_the_banner() {
    let running = Running::start(&["--management.server.port=0", "--management.server.base-path=/ops"]);
    let url = running.url("health");
    assert!(url.ends_with("/ops/actuator/health") && !url.contains(":0/"), "{url}");
}
