//! Against eurus itself, entered by its own `run`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::{Scene, Scripted, Whole, eurus};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_traffic_and_back() {
    let whole = Whole::start(&[]).await;
    whole.until_all_are_known().await;
    let url = &whole.url;
    let name = whole.producers[0].instance_id.clone();

    let line = format!("  instance  JAVA-SERVICE/{name} (127.0.0.2:{})  done;", whole.producers[0].address.port());
    let said = eurus(&format!("offline 127.0.0.2 --app java-service --url {url}"), &[]).await;
    let offline = said.expect(
        0,
        &[" done: 1 of 1 instances, 1 of 1 gateways\n", &line, "the registry says OUT_OF_SERVICE", "applied (1 call, "],
        &[],
    );
    assert!(!offline.out.contains('\u{1b}') && offline.err.is_empty(), "no terminal, no colours: {offline:?}");

    // The other one is the last: it is refused, with what can be done, and nothing changes.
    eurus(&format!("offline 127.0.0.3 --url {url}"), &[]).await.expect(
        1,
        &[],
        &["eurus: last-up-instance: ", "nobody would be left", "--force"],
    );
    let all_json = eurus(&format!("offline 127.0.0.3 --json --url {url}"), &[]).await.expect(1, &[], &[]);
    assert!(all_json.out.starts_with("{\"error\":\"last-up-instance\"") && all_json.err.is_empty(), "{all_json:?}");

    let watched = eurus(&format!("watch {} --url {url}", offline.id()), &[]).await.expect(0, &[" done: "], &[]);
    assert_eq!(watched.out, offline.out, "its end is shown as it was answered");
    let json = eurus(&format!("watch {} --json --url {url}", offline.id()), &[]).await.expect(0, &[], &[]);
    assert_eq!(json.out.lines().count(), 1);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json.out).unwrap()["state"], "done");

    eurus(&format!("online 127.0.0.2 --url {url}"), &[]).await.expect(0, &["online-", "the registry says UP"], &[]);
    let both = eurus(&format!("offline 127.0.0.2 127.0.0.3 --force --drain 5 --reason both --url {url}"), &[]).await;
    both.expect(0, &[" done: 2 of 2 instances, 1 of 1 gateways", "  drain     no request is under way"], &[]);
    eurus(&format!("online --app java-service --url {url}"), &[]).await.expect(0, &[" done: 2 of 2 "], &[]);
    let rolling = format!("offline --app java-service --rolling 50% --min-up 0 --force --timeout 20 --url {url}");
    eurus(&rolling, &[]).await.expect(0, &["offline-", " done: 2 of 2 "], &[]);
    let written_down = eurus(&format!("online --app java-service --async --url {url}"), &[]).await;
    let written_down = written_down.expect(0, &["online-"], &["eurus watch online-"]);
    eurus(&format!("watch {} --url {url}", written_down.id()), &[]).await.expect(0, &[" done: 2 of 2 "], &[]);

    eurus(&format!("offline 127.0.0.77 --url {url}"), &[]).await.expect(1, &[], &["no-instance: ", "already left"]);
    eurus(&format!("watch offline-1 --url {url}"), &[]).await.expect(1, &[], &["no-such-entry: "]);
    whole.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_comes_from_the_environment_or_a_file() {
    let whole = Whole::start(&[("eurus.sync-speed.token", "0123456789abcdef")]).await;
    let url = &whole.url;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "0123456789abcdef\n").unwrap();
    let offline = format!("offline 127.0.0.99 --url {url}");
    let variable = [("EURUS_SYNC_SPEED_TOKEN", "0123456789abcdef")];
    let wrong = [("EURUS_SYNC_SPEED_TOKEN", "something-else")];

    eurus(&offline, &[]).await.expect(1, &[], &["token: no token", "EURUS_SYNC_SPEED_TOKEN"]);
    eurus(&offline, &wrong).await.expect(1, &[], &["token: the token is not the right one"]);
    eurus(&offline, &variable).await.expect(1, &[], &["no-instance: "]);
    let by_file = format!("{offline} --token-file {}", file.display());
    eurus(&by_file, &wrong).await.expect(1, &[], &["no-instance: "]);
    let no_file = format!("{offline} --token-file {}/none", folder.path().display());
    eurus(&no_file, &variable).await.expect(2, &[], &["--token-file", "No such file"]);
    whole.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_it_must_be_who_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(path("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
    let (certificate, private_key) = (path("cert.pem"), path("key.pem"));
    let whole = Whole::start(&[
        ("eurus.sync-speed.ssl.certificate", &certificate),
        ("eurus.sync-speed.ssl.certificate-private-key", &private_key),
    ])
    .await;
    let url = whole.url.replace("http://", "https://");
    let unknown = eurus(&format!("offline 127.0.0.99 --url {url}"), &[]).await;
    unknown.expect(1, &[], &["nothing was sent", "certificate", "--cacert names who vouches"]);
    let known = eurus(&format!("offline 127.0.0.99 --url {url} --cacert {certificate}"), &[]).await;
    known.expect(1, &[], &["no-instance: "]);
    let no_file = eurus(&format!("offline 127.0.0.99 --url {url} --cacert {}", path("none")), &[]).await;
    no_file.expect(2, &[], &["--cacert"]);
    let plain = eurus(&format!("offline 127.0.0.99 --url {}", whole.url), &[]).await;
    plain.expect(1, &[], &["this port speaks TLS, nothing was done", "write https:// in --url"]);
    let plain = eurus(&format!("watch offline-1 --url {}", whole.url), &[]).await;
    plain.expect(1, &[], &["this port speaks TLS", "write https:// in --url"]);
    whole.stop().await;
}

/// What a port answers that speaks TLS and not HTTP: an alert.
const ALERT: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_where_there_is_none_and_none_where_there_is() {
    let plain = Scripted::start(vec![Scene::json(200, &serde_json::json!({}))]);
    let url = plain.url.replace("http://", "https://");
    let said = eurus(&format!("offline 127.0.0.99 --url {url}"), &[]).await;
    said.expect(1, &[], &["nothing was sent: https://", "does not speak TLS", "write http:// in --url"]);
    assert!(plain.lines().is_empty());

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
        stream.write_all(&ALERT).unwrap();
    });
    let said = eurus(&format!("offline 127.0.0.99 --url {url}"), &[]).await;
    said.expect(1, &[], &["nothing was done: http://", "does not speak plain HTTP", "write https:// in --url"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_not_sent() {
    for (line, part) in [
        ("offline", "which instances? Give the address"),
        ("online --force", "Usage: eurus online <IP>... [OPTIONS]"),
        ("offline 127.0.0.1 --drain 700", "allowed are 1 to 600 seconds, which is 10m"),
        ("offline 127.0.0", "invalid value '127.0.0'"),
        ("offline 127.0.0.1 --token abc", "unexpected argument '--token'"),
        ("offline 127.0.0.1 --url http://u:p@127.0.0.1:1", "EURUS_SYNC_SPEED_TOKEN"),
        ("offline 127.0.0.1 --url 127.0.0.1:1", "allowed is http://host:port"),
        ("offline 127.0.0.1 --eurus.sync-speed.token=abc", "--eurus.sync-speed.token is a setting of a service"),
        ("online 127.0.0.1 --force", "unexpected argument '--force'"),
        ("watch ../etc", "is no id of an entry"),
    ] {
        let said = eurus(line, &[]).await.expect(2, &[], &[part]);
        assert!(said.out.is_empty(), "{line}: {said:?}");
    }
    let help = eurus("offline --help", &[]).await.expect(0, &["Exit codes:", "3  partial", "--token-file"], &[]);
    assert!(help.err.is_empty());
}
