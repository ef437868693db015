//! Paths that name nothing, methods that are not taken, formats that are not spoken.

use crate::row::{JSON, Row, plain, request};

pub(crate) fn rows() -> Vec<Row> {
    [paths(), methods(), formats()].into_iter().flatten().collect()
}

fn paths() -> Vec<Row> {
    let rows = [
        ("an escape that is none", "/eureka/apps/%zz"),
        ("half an escape", "/eureka/apps/A%4"),
        ("an escape that is no UTF-8", "/eureka/apps/%ff%fe"),
        ("NUL in the path", "/eureka/apps/GOOD/held%00"),
        ("up", "/eureka/apps/../../etc/passwd"),
        ("up, escaped", "/eureka/apps/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
        ("up, escaped twice", "/eureka/apps/GOOD/%252e%252e"),
        ("backslashes", "/eureka/apps/..\\..\\etc"),
        ("an empty segment", "/eureka//apps"),
        ("an empty id", "/eureka/apps/GOOD//status"),
        ("another version", "/eureka/v3/apps"),
        ("another case", "/Eureka/apps"),
        ("beyond the last resource", "/eureka/apps/GOOD/held/status/more"),
        ("a page of another", "/actuator/env"),
        ("nothing known", "/etc/passwd"),
    ];
    let mut rows: Vec<Row> = rows
        .into_iter()
        .map(|(name, path)| Row::new(name, plain("GET", path), 404, "\"error\":\"Not Found\""))
        .collect();
    rows.push(Row::new("an unknown instance", plain("GET", "/eureka/apps/GOOD/nobody"), 404, "Not Found"));
    rows.push(Row::new("a script in the path", plain("GET", "/%3Cscript%3E"), 404, "\"path\":\"/%3Cscript%3E\""));
    rows.push(Row::new("a space in the path", plain("GET", "/eureka/ap ps"), 400, ""));
    rows.push(Row::new(
        "bytes beyond ASCII in the path",
        [b"GET /eureka/apps/\xff\xfe HTTP/1.1\r\nHost: r\r\nConnection: close\r\nAccept: application/json\r\n\r\n"
            .as_slice()]
        .concat(),
        400,
        "",
    ));
    rows
}

fn methods() -> Vec<Row> {
    let rows = [
        ("PATCH", "/eureka/apps", "allow: GET,OPTIONS"),
        ("DELETE", "/eureka/apps", "allow: GET,OPTIONS"),
        ("POST", "/eureka/apps/delta", "allow: GET,OPTIONS"),
        ("PUT", "/eureka/apps/GOOD", "allow: POST,GET,OPTIONS"),
        ("POST", "/eureka/apps/GOOD/held", "allow: DELETE,GET,OPTIONS,PUT"),
        ("GET", "/eureka/apps/GOOD/held/status", "allow: DELETE,OPTIONS,PUT"),
        ("DELETE", "/eureka/apps/GOOD/held/metadata", "allow: OPTIONS,PUT"),
        ("DELETE", "/eureka/asg/group/status", "allow: OPTIONS,PUT"),
        ("PUT", "/eureka/peerreplication/batch", "allow: POST,OPTIONS"),
        ("DELETE", "/eureka/vips/good", "allow: GET,OPTIONS"),
        ("FOO", "/eureka/apps", "allow: GET,OPTIONS"),
        ("get", "/eureka/apps", "allow: GET,OPTIONS"),
        ("TRACE", "/eureka/apps", "allow: HEAD, DELETE"),
        ("PROPFIND", "/", "allow: GET,OPTIONS"),
    ];
    rows.into_iter()
        .map(|(method, path, says)| Row::new(&format!("{method} {path}"), plain(method, path), 405, says))
        .collect()
}

fn formats() -> Vec<Row> {
    let register = |name: &str, content_type: &str| {
        let headers = [("Accept", "application/json"), ("Content-Type", content_type)];
        Row::new(
            name,
            request("POST", "/eureka/apps/A", &headers, b"{}"),
            415,
            "x-eurus-reason: Content-Type must be application/json or application/xml, but is ",
        )
    };
    let accepting = |accept: &str, method: &str, path: &str| {
        let request = request(method, path, &[("Accept", accept)], b"");
        Row::new(&format!("{method} {path} for {accept}"), request, 406, "")
    };
    vec![
        Row::new(
            "a registration without its type",
            request("POST", "/eureka/apps/A", &JSON[..1], b"{}"),
            415,
            "Unsupported",
        ),
        register("plain text", "text/plain"),
        register("a form", "application/x-www-form-urlencoded"),
        register("several parts", "multipart/form-data; boundary=x"),
        register("JSON of another make", "application/hal+json"),
        register("no type at all", "json"),
        register("a type that is no text", "\u{ff}\u{fe}"),
        accepting("image/png", "GET", "/eureka/apps"),
        accepting("text/json", "GET", "/eureka/apps/GOOD"),
        accepting("application/json;q=0", "GET", "/eureka/apps/delta"),
        accepting("image/png", "PUT", "/eureka/apps/GOOD/held/status?value=DOWN"),
        accepting("image/png", "DELETE", "/eureka/apps/GOOD/held"),
        accepting("image/png", "PUT", "/eureka/apps/GOOD/held/metadata?a=b"),
        accepting("image/png", "PUT", "/eureka/asg/group/status?value=DISABLED"),
    ]
}
