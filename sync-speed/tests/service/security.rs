//! Every way in that is no way in: each refused with its status and word, nothing changed at the registry, in the
//! journal and in the groups, nobody told; and what meant to change something is in the audit trail.

use std::path::Path;

use crate::support::gateway::FakeGateway;
use crate::support::raw::RawConnection;
use crate::support::service::{Service, World, client, send};
use eurus_service::properties::{Files, Rereading, Sources};
use eurus_sync_speed::access::AccessRules;
use serde_json::{Value, json};

const PLAIN: &str = "plain-token-of-all-rights";
const CI: &str = "token-of-ci-0123456789";
const FAR: &str = "token-of-far-0123456789";
const OLD: &str = "token-of-old-0123456789";
const SLOW: &str = "token-of-slow-012345678";
const AUDITOR: &str = "token-of-auditor-012345";

/// One segment is written as IPv6: it is the IPv4 one.
const RULES: &str = "
eurus.sync-speed:
  apps: java-service, other
  allow: 127.0.0.0/28, 10.0.0.0/8
  deny: ::ffff:127.0.0.9/128, 10.66.0.0/16
  trusted-proxies: 127.0.0.2, ::ffff:127.0.0.3/128
  token: plain-token-of-all-rights
  keep-percent: 60
  callers:
    ci: {token: token-of-ci-0123456789, apps: java-service}
    far: {token: token-of-far-0123456789, apps: '*', networks: 127.0.0.12/32}
    old: {token: token-of-old-0123456789, apps: '*', expires: 2026-11-18T11:06:39Z}
    slow: {token: token-of-slow-012345678, apps: '*', rate-per-minute: 1}
    auditor: {token: token-of-auditor-012345, rights: audit}
";

/// One request, and what it comes to.
struct Call {
    name: &'static str,
    from: &'static str,
    line: &'static str,
    token: &'static str,
    headers: &'static [&'static str],
    body: &'static str,
    status: u16,
    word: &'static str,
}

const JSON: &str = "Content-Type: application/json";
const BODY: &str = r#"{"ip": "10.0.0.2"}"#;

/// As it would be let in, but for what a row says.
const GOOD: Call = Call {
    name: "",
    from: "127.0.0.1",
    line: "POST /offline",
    token: CI,
    headers: &[JSON],
    body: BODY,
    status: 0,
    word: "",
};

const fn outside(name: &'static str, from: &'static str, headers: &'static [&'static str]) -> Call {
    Call { name, from, headers, status: 403, word: "caller-not-allowed", ..GOOD }
}

const fn unknown(
    name: &'static str,
    from: &'static str,
    headers: &'static [&'static str],
    token: &'static str,
) -> Call {
    Call { name, from, headers, token, status: 401, word: "token", ..GOOD }
}

const fn body(name: &'static str, body: &'static str, status: u16, word: &'static str) -> Call {
    Call { name, body, status, word, ..GOOD }
}

const fn line(name: &'static str, line: &'static str, status: u16, word: &'static str) -> Call {
    Call { name, line, status, word, ..GOOD }
}

const CALLS: &[Call] = &[
    // Addresses.
    outside("outside of all segments", "127.0.0.77", &[JSON]),
    outside("in a denied segment, written as mapped IPv6", "127.0.0.9", &[JSON]),
    outside("an address next to an allowed one", "127.0.0.16", &[JSON]),
    Call { token: PLAIN, ..outside("the token of all rights from outside", "127.0.0.77", &[JSON]) },
    Call { token: FAR, ..outside("a caller from where it may not call", "127.0.0.1", &[JSON]) },
    // Headers of proxies, from whoever is none.
    outside("X-Forwarded-For", "127.0.0.1", &[JSON, "X-Forwarded-For: 127.0.0.1"]),
    outside("in lower case", "127.0.0.1", &[JSON, "x-forwarded-for: 127.0.0.1"]),
    outside("in capitals", "127.0.0.1", &[JSON, "X-FORWARDED-FOR: 127.0.0.1"]),
    outside("empty", "127.0.0.1", &[JSON, "X-Forwarded-For:"]),
    outside("Forwarded", "127.0.0.1", &[JSON, "Forwarded: for=127.0.0.1"]),
    outside("Forwarded in capitals", "127.0.0.1", &[JSON, "FORWARDED: FOR=\"127.0.0.1\""]),
    outside("X-Real-IP", "127.0.0.1", &[JSON, "X-Real-IP: 127.0.0.1"]),
    outside("X-Forwarded-Host alone", "127.0.0.1", &[JSON, "X-Forwarded-Host: localhost"]),
    outside("Via", "127.0.0.1", &[JSON, "Via: 1.1 p"]),
    outside("an allowed address named from outside", "127.0.0.77", &[JSON, "X-Forwarded-For: 127.0.0.1"]),
    outside("a proxy's address named from inside", "127.0.0.1", &[JSON, "X-Forwarded-For: 127.0.0.2"]),
    // Through proxies that are trusted.
    outside("a proxy that says nothing", "127.0.0.2", &[JSON]),
    outside("a proxy that names itself", "127.0.0.2", &[JSON, "X-Forwarded-For: 127.0.0.2"]),
    outside("only proxies in the chain", "127.0.0.2", &[JSON, "X-Forwarded-For: 127.0.0.3, 127.0.0.2"]),
    outside("somebody outside behind it", "127.0.0.2", &[JSON, "X-Forwarded-For: 192.0.2.1"]),
    outside("an allowed address to the left", "127.0.0.2", &[JSON, "X-Forwarded-For: 10.0.0.1, 192.0.2.1"]),
    outside("in a line of its own", "127.0.0.2", &[JSON, "X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 192.0.2.1"]),
    outside("behind a second proxy", "127.0.0.3", &[JSON, "X-Forwarded-For: 10.0.0.1, 192.0.2.1, 127.0.0.2"]),
    outside("denied behind it", "127.0.0.2", &[JSON, "X-Forwarded-For: 10.66.0.1"]),
    outside("denied as mapped IPv6", "127.0.0.2", &[JSON, "X-Forwarded-For: ::ffff:10.66.0.1"]),
    outside("not an address", "127.0.0.2", &[JSON, "X-Forwarded-For: localhost"]),
    outside("unknown, and an address", "127.0.0.2", &[JSON, "X-Forwarded-For: unknown, 10.0.0.1"]),
    outside("hidden", "127.0.0.2", &[JSON, "Forwarded: for=_hidden"]),
    outside("two in one element", "127.0.0.2", &[JSON, "Forwarded: for=192.0.2.1;for=10.0.0.1"]),
    outside("outside by Forwarded", "127.0.0.3", &[JSON, "Forwarded: for=10.0.0.1, for=\"192.0.2.1:80\""]),
    outside("the two contradict", "127.0.0.2", &[JSON, "X-Forwarded-For: 192.0.2.1", "Forwarded: for=10.0.0.1"]),
    outside("a page in a browser", "127.0.0.1", &[JSON, "Origin: http://127.0.0.1"]),
    outside("a page without an origin", "127.0.0.1", &[JSON, "Origin: null"]),
    // Credentials. Each from an address of its own: whoever guesses is told to wait.
    unknown("no token", "127.0.0.4", &[JSON], ""),
    unknown("a wrong token", "127.0.0.5", &[JSON], "token-of-ci-0123456780"),
    unknown("a part of one", "127.0.0.5", &[JSON], "token-of-ci-012345678"),
    unknown("more than one", "127.0.0.5", &[JSON], "token-of-ci-01234567890"),
    unknown("in capitals", "127.0.0.5", &[JSON], "TOKEN-OF-CI-0123456789"),
    unknown("an expired token", "127.0.0.6", &[JSON], OLD),
    unknown("in the wrong scheme", "127.0.0.7", &[JSON, "Authorization: Basic token-of-ci-0123456789"], ""),
    unknown("without a scheme", "127.0.0.7", &[JSON, "Authorization: token-of-ci-0123456789"], ""),
    unknown("two at once", "127.0.0.7", &[JSON, "Authorization: Bearer token-of-ci-0123456789"], CI),
    unknown("in another header", "127.0.0.8", &[JSON, "X-Authorization: Bearer token-of-ci-0123456789"], ""),
    Call { line: "POST /offline?token=token-of-ci-0123456789", ..unknown("in the query", "127.0.0.8", &[JSON], "") },
    Call { line: "PUT /gateway-groups/JAVA-SERVICE", ..unknown("groups without a token", "127.0.0.8", &[JSON], "") },
    Call { line: "GET /audit", ..unknown("the trail without a token", "127.0.0.10", &[], "") },
    Call { line: "GET /%61ctuator/health", ..unknown("health, written otherwise", "127.0.0.10", &[], "") },
    // Rights.
    body("another application", r#"{"ip": "10.0.0.30"}"#, 403, "application-not-allowed"),
    body(
        "another by name, where the address has both",
        r#"{"ip": "10.0.0.2", "app": "other"}"#,
        403,
        "application-not-allowed",
    ),
    body("another as a whole", r#"{"app": "OTHER"}"#, 403, "application-not-allowed"),
    body("one that nobody may", r#"{"ip": "10.0.0.40"}"#, 403, "application-not-allowed"),
    Call {
        token: PLAIN,
        ..body("nor with all rights", r#"{"ip": "10.0.0.40", "force": true}"#, 403, "application-not-allowed")
    },
    Call { token: PLAIN, ..body("gateways", r#"{"ip": "127.0.0.1", "force": true}"#, 403, "application-not-allowed") },
    Call { token: AUDITOR, ..body("who only reads", BODY, 403, "no-right") },
    line("groups", "PUT /gateway-groups/JAVA-SERVICE", 403, "no-right"),
    line("taking groups away", "DELETE /gateway-groups/JAVA-SERVICE", 403, "no-right"),
    line("the trail", "GET /audit", 403, "no-right"),
    // The guards.
    body("more than may go at once", r#"{"app": "java-service"}"#, 409, "keep-percent"),
    body("by force", r#"{"app": "java-service", "force": true}"#, 409, "keep-percent"),
    body("by addresses", r#"{"ips": ["10.0.0.2", "10.0.0.3"], "force": true}"#, 409, "keep-percent"),
    // Bodies.
    Call { headers: &["Content-Type: text/plain"], ..body("another type", BODY, 415, "content-type") },
    Call { headers: &[], ..body("no type", BODY, 415, "content-type") },
    Call {
        headers: &["Content-Type: application/x-www-form-urlencoded"],
        ..body("a form", "ip=10.0.0.2", 415, "content-type")
    },
    body("an unknown field", r#"{"ip": "10.0.0.2", "prot": 81}"#, 400, "body"),
    body("a field twice", r#"{"ip": "10.0.0.99", "ip": "10.0.0.2"}"#, 400, "body"),
    body("no address", r#"{"ip": "java-service"}"#, 400, "ip"),
    body("a segment", r#"{"ip": "10.0.0.0/8"}"#, 400, "ip"),
    body("not JSON", "ip=10.0.0.2", 400, "body"),
    // Methods.
    line("PUT", "PUT /offline", 404, "no-such-path"),
    line("DELETE", "DELETE /offline", 404, "no-such-path"),
    line("PATCH", "PATCH /offline", 404, "no-such-path"),
    line("in lower case", "post /offline", 404, "no-such-path"),
    line("made up", "OFFLINE /offline", 404, "no-such-path"),
    line("GET with a body", "GET /online", 404, "no-such-path"),
    Call { headers: &[JSON, "X-HTTP-Method-Override: POST"], ..line("overridden", "GET /online", 404, "no-such-path") },
    line("POST where there is only GET", "POST /audit", 404, "no-such-path"),
    line("PATCH groups", "PATCH /gateway-groups/JAVA-SERVICE", 405, "no-such-method"),
    // Paths.
    line("doubled", "POST //offline", 404, "no-such-path"),
    line("open", "POST /offline/", 404, "no-such-path"),
    line("encoded", "POST /%6fffline", 404, "no-such-path"),
    line("encoded slash", "POST /%2foffline", 404, "no-such-path"),
    line("here", "POST /./offline", 404, "no-such-path"),
    line("around", "POST /actuator/health/../../offline", 404, "no-such-path"),
    line("parameters", "POST /offline;x=1", 404, "no-such-path"),
    line("in capitals", "POST /OFFLINE", 404, "no-such-path"),
    line("below health", "POST /actuator/health/offline", 404, "no-such-path"),
    line("an unknown query", "POST /offline?force=true", 400, "query"),
];

fn start(world: &World, file: &Path) -> Service {
    let sources = Sources { files: Files::Disk, only_file: Some(file.to_owned()), ..Sources::default() };
    let rereading = Rereading::new(sources);
    let access = AccessRules::from_properties(&rereading.read().unwrap().0).unwrap();
    world.start_with(|config| {
        config.access = access;
        config.rereading = Some(rereading);
    })
}

/// Three and two instances that may be touched, one that may not, and a gateway.
fn world() -> (World, FakeGateway) {
    let world = World::with_three();
    for (app, id, ip) in [("OTHER", "o-2", "10.0.0.2"), ("OTHER", "o-30", "10.0.0.30"), ("THIRD", "t-40", "10.0.0.40")]
    {
        world.registry.add(app, id, ip, 81);
    }
    let gateway = world.gateway("g");
    (world, gateway)
}

async fn put(service: &Service, call: &Call) -> Value {
    let mut connection = RawConnection::from(call.from, &service.url).await;
    let bearer = format!("Authorization: Bearer {}", call.token);
    let mut headers = call.headers.to_vec();
    if !call.token.is_empty() {
        headers.push(&bearer);
    }
    let answer = connection.ask(call.line, &headers, call.body).await;
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (call.status, &json!(call.word)),
        "{}: {:#}",
        call.name,
        answer.body
    );
    assert!(
        answer.body["message"].as_str().is_some_and(|message| !message.is_empty()),
        "{}: {:#}",
        call.name,
        answer.body
    );
    answer.body
}

async fn read(service: &Service, path: &str) -> Value {
    send(client().get(format!("{}{path}", service.url)).bearer_auth(PLAIN)).await.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_in_that_is_no_way_in() {
    assert!(CALLS.len() >= 45);
    let (world, gateway) = world();
    let file = world.folder.path().join("application.yml");
    std::fs::write(&file, RULES).unwrap();
    let service = start(&world, &file);
    for call in CALLS {
        let before = read(&service, "/audit?limit=1").await;
        put(&service, call).await;
        let after = read(&service, "/audit?limit=1").await;
        let record = &after["entries"][0];
        if call.line.starts_with("GET") {
            assert_eq!(before, after, "{}: nothing was to be changed", call.name);
        } else {
            assert_ne!(before, after, "{}: not in the trail", call.name);
            assert_eq!(
                (&record["status"], &record["outcome"]),
                (&json!(call.status), &json!(call.word)),
                "{}",
                call.name
            );
            assert!(record.get("entry").is_none(), "{}: {record:#}", call.name);
        }
        // So that the trail has room for the next one.
        service.advance_ms(5_000).await;
    }
    nothing_happened(&world, &gateway, &service).await;
    // The same request, as it should be, does it.
    let mut connection = RawConnection::from("127.0.0.3", &service.url).await;
    let bearer = format!("Authorization: Bearer {CI}");
    let headers = [JSON, "X-Forwarded-For: 192.0.2.1, 10.0.0.1, ::ffff:127.0.0.2", bearer.as_str()];
    let done = connection.ask("POST /offline", &headers, BODY).await;
    assert_eq!((done.status, &done.body["state"]), (200, &json!("done")), "{:#}", done.body);
    service.stop().await;
}

async fn nothing_happened(world: &World, gateway: &FakeGateway, service: &Service) {
    assert!(world.registry.changes().is_empty(), "{:?}", world.registry.changes());
    assert!(gateway.told().is_empty());
    assert_eq!(read(service, "/offline").await["entries"], json!([]));
    assert_eq!(read(service, "/gateway-groups").await["applications"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_too_often_and_after_a_change_of_the_rules() {
    let (world, gateway) = world();
    let file = world.folder.path().join("application.yml");
    std::fs::write(&file, RULES).unwrap();
    let service = start(&world, &file);
    // Too large: what a body may be is sixteen kibibytes.
    let large = format!(r#"{{"ip": "10.0.0.2", "app": "{}"}}"#, "x".repeat(20_000));
    let answer = RawConnection::from("127.0.0.1", &service.url).await;
    let mut answer = answer;
    let bearer = format!("Authorization: Bearer {CI}");
    let answer = answer.ask("POST /offline", &[JSON, &bearer], &large).await;
    assert_eq!((answer.status, &answer.body["error"]), (413, &json!("body-too-large")));
    // Too often.
    let slow = Call { token: SLOW, ..body("the first", r#"{"ip": "10.0.0.99"}"#, 404, "no-instance") };
    put(&service, &slow).await;
    put(&service, &Call { name: "the second", status: 429, word: "too-fast", ..slow }).await;
    // Too many guesses, and the right token among them.
    for _ in 0..10 {
        put(&service, &unknown("a guess", "127.0.0.11", &[JSON], "guess")).await;
    }
    for token in ["guess", CI] {
        let call = Call { status: 429, word: "too-many-attempts", ..unknown("one more", "127.0.0.11", &[JSON], token) };
        put(&service, &call).await;
    }
    // Denied meanwhile, on a connection that is open.
    let mut open = RawConnection::from("127.0.0.13", &service.url).await;
    let bearer = format!("Authorization: Bearer {CI}");
    let missing = r#"{"ip": "10.0.0.99"}"#;
    assert_eq!(open.ask("POST /offline", &[JSON, &bearer], missing).await.status, 404);
    std::fs::write(&file, RULES.replace("10.66.0.0/16", "10.66.0.0/16, 127.0.0.13")).unwrap();
    service.advance_ms(1_000).await;
    let denied = open.ask("POST /offline", &[JSON, &bearer], BODY).await;
    assert_eq!((denied.status, &denied.body["error"]), (403, &json!("caller-not-allowed")));
    // A token that was taken away.
    std::fs::write(&file, RULES.replace(CI, "another-token-of-ci-123")).unwrap();
    service.advance_ms(1_000).await;
    put(&service, &unknown("a token of yesterday", "127.0.0.14", &[JSON], CI)).await;
    nothing_happened(&world, &gateway, &service).await;
    let outcomes: Vec<Value> = read(&service, "/audit?limit=500").await["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["outcome"].clone())
        .collect();
    for word in ["body-too-large", "too-fast", "too-many-attempts", "caller-not-allowed", "token"] {
        assert!(outcomes.contains(&json!(word)), "{word}: {outcomes:?}");
    }
    service.stop().await;
}
