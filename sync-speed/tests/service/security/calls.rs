//! The table: requests, and what each comes to.

pub(super) const PLAIN: &str = "plain-token-of-all-rights";
pub(super) const CI: &str = "token-of-ci-0123456789";
pub(super) const FAR: &str = "token-of-far-0123456789";
pub(super) const OLD: &str = "token-of-old-0123456789";
pub(super) const SLOW: &str = "token-of-slow-012345678";
/// Limited to one application, unlike the next.
pub(super) const GROUPS: &str = "token-of-groups-012345";
pub(super) const OPERATIONS: &str = "token-of-operations-01";
pub(super) const AUDITOR: &str = "token-of-auditor-012345";

const PUT_GROUPS: &str = "PUT /gateway-groups/JAVA-SERVICE";

/// One request, and what it comes to.
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) from: &'static str,
    pub(super) line: &'static str,
    pub(super) token: &'static str,
    pub(super) headers: &'static [&'static str],
    pub(super) body: &'static str,
    pub(super) status: u16,
    pub(super) word: &'static str,
}

pub(super) const JSON: &str = "Content-Type: application/json";
pub(super) const BODY: &str = r#"{"ip": "10.0.0.2"}"#;

/// As it would be let in, but for what a row says.
pub(super) const GOOD: Call = Call {
    name: "",
    from: "127.0.0.1",
    line: "POST /offline",
    token: CI,
    headers: &[JSON],
    body: BODY,
    status: 0,
    word: "",
};

pub(super) const fn outside(name: &'static str, from: &'static str, headers: &'static [&'static str]) -> Call {
    Call { name, from, headers, status: 403, word: "caller-not-allowed", ..GOOD }
}

pub(super) const fn unknown(
    name: &'static str,
    from: &'static str,
    headers: &'static [&'static str],
    token: &'static str,
) -> Call {
    Call { name, from, headers, token, status: 401, word: "token", ..GOOD }
}

pub(super) const fn body(name: &'static str, body: &'static str, status: u16, word: &'static str) -> Call {
    Call { name, body, status, word, ..GOOD }
}

pub(super) const fn line(name: &'static str, line: &'static str, status: u16, word: &'static str) -> Call {
    Call { name, line, status, word, ..GOOD }
}

const fn named(name: &'static str, token: &'static str, body: &'static str, status: u16, word: &'static str) -> Call {
    Call { name, token, line: PUT_GROUPS, body, status, word, ..GOOD }
}

pub(super) const CALLS: &[Call] = &[
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
    line("another's groups", "GET /gateway-groups/OTHER", 403, "application-not-allowed"),
    // What is named a gateway group is sent the gateways' token, and is never taken offline.
    named("another application", GROUPS, r#"{"groups": ["OTHER"]}"#, 403, "group-not-allowed"),
    named("in lower case", GROUPS, r#"{"groups": ["other"]}"#, 403, "group-not-allowed"),
    named("among others", GROUPS, r#"{"groups": ["EURUS-GATEWAY", "OTHER"]}"#, 403, "group-not-allowed"),
    named("one that nobody may touch", GROUPS, r#"{"groups": ["THIRD"]}"#, 403, "group-not-allowed"),
    named("one that is not there", GROUPS, r#"{"groups": ["LATER"]}"#, 403, "group-not-allowed"),
    named("itself", GROUPS, r#"{"groups": ["JAVA-SERVICE"]}"#, 403, "group-not-allowed"),
    named("a service, with all applications", OPERATIONS, r#"{"groups": ["other"]}"#, 400, "group-is-a-service"),
    named("a service, with all rights", PLAIN, r#"{"groups": ["OTHER"]}"#, 400, "group-is-a-service"),
    named("no gateway, with all rights", PLAIN, r#"{"groups": ["THIRD"]}"#, 400, "group-is-a-service"),
    named("sync-speed", PLAIN, r#"{"groups": ["EURUS-SYNC-SPEED"]}"#, 400, "group-is-a-service"),
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
    line("PUT", "PUT /offline", 405, "no-such-method"),
    line("DELETE", "DELETE /offline", 405, "no-such-method"),
    line("PATCH", "PATCH /offline", 405, "no-such-method"),
    line("in lower case", "post /offline", 405, "no-such-method"),
    line("made up", "OFFLINE /offline", 405, "no-such-method"),
    line("GET with a body", "GET /online", 405, "no-such-method"),
    Call {
        headers: &[JSON, "X-HTTP-Method-Override: POST"],
        ..line("overridden", "GET /online", 405, "no-such-method")
    },
    line("POST where there is only GET", "POST /audit", 405, "no-such-method"),
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
