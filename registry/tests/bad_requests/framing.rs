//! Messages that are not HTTP, or whose end cannot be told.

use crate::row::{Row, post};

const HEAD: &str = "POST /eureka/apps/A HTTP/1.1\r\nHost: r\r\nConnection: close\r\nAccept: application/json\r\n\
                    Content-Type: application/json\r\n";

fn posting(headers: &str, body: &str) -> Vec<u8> {
    format!("{HEAD}{headers}\r\n\r\n{body}").into()
}

pub(crate) fn rows() -> Vec<Row> {
    let refused = |name, request: Vec<u8>| Row::new(name, request, 400, "");
    let broken = "the body broke off, or its length or chunks are not as announced";
    let long_body = post("{\"instance\":{}}");
    vec![
        refused("two lengths", posting("Content-Length: 2\r\nContent-Length: 3", "{}}")),
        refused("a negative length", posting("Content-Length: -2", "{}")),
        refused("a length with a sign", posting("Content-Length: +2", "{}")),
        refused("a length that is a word", posting("Content-Length: two", "{}")),
        refused("a length beyond 64 bits", posting("Content-Length: 99999999999999999999999", "{}")),
        refused("a length and chunks", posting("Content-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        refused("an unknown transfer encoding", posting("Transfer-Encoding: gzip", "{}")),
        Row::new(
            "a chunk without a length",
            posting("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"),
            400,
            broken,
        ),
        Row::new(
            "a chunk beyond 64 bits",
            posting("Transfer-Encoding: chunked", "fffffffffffffffff\r\n{}"),
            400,
            broken,
        ),
        Row::new("a negative chunk", posting("Transfer-Encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n"), 400, broken),
        Row::new(
            "a chunk that is longer than it says",
            posting("Transfer-Encoding: chunked", "1\r\n{}\r\n0\r\n\r\n"),
            400,
            broken,
        ),
        Row::new("chunks that break off", posting("Transfer-Encoding: chunked", "2\r\n{}\r\n"), 400, broken)
            .breaking_off(),
        Row::new("a body that breaks off", &long_body[..long_body.len() - 1], 400, broken).breaking_off(),
        refused("a header without a name", posting(": x", "")),
        refused("a header with a space in its name", posting("My Header: x", "")),
        refused("a header without a colon", posting("Header", "")),
        refused("NUL in a header", posting("X: a\0b", "")),
        refused("a line feed alone in a header", posting("X: a\rb", "")),
        refused("another protocol", b"GET /eureka/apps HTTP/9.9\r\n\r\n".to_vec()),
        refused("no protocol", b"GET /eureka/apps\r\n\r\n".to_vec()),
        refused("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec()),
        refused("HTTP/2 without being asked", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
    ]
}
