//! Whom a request is for.

use super::{Row, last, passed, refused};

pub(in super::super) const ROWS: [Row; 24] = [
    passed("a name and a port", b"GET /java-service/x HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n", &["GET /x []"]),
    passed("an address of IPv6", b"GET /java-service/x HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", &["GET /x []"]),
    passed(
        "a whole URI with the same host",
        b"GET http://G:80/java-service/x?q HTTP/1.1\r\nHost: g:80\r\n\r\n",
        &["GET /x?q []"],
    ),
    last("HTTP/1.0 has none", b"GET /java-service/x HTTP/1.0\r\n\r\n", &["GET /x []"]),
    last("a whole URI in HTTP/1.0", b"GET http://g/java-service/x HTTP/1.0\r\n\r\n", &["GET /x []"]),
    refused("none in HTTP/1.1", b"GET /java-service/x HTTP/1.1\r\n\r\n"),
    refused("two", b"GET /java-service/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    refused("two that are the same", b"GET /java-service/x HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"),
    refused("an empty one", b"GET /java-service/x HTTP/1.1\r\nHost:\r\n\r\n"),
    refused("two in one", b"GET /java-service/x HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    refused("a blank in it", b"GET /java-service/x HTTP/1.1\r\nHost: a b\r\n\r\n"),
    refused("a user in it", b"GET /java-service/x HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    refused("a path in it", b"GET /java-service/x HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    refused("two ports", b"GET /java-service/x HTTP/1.1\r\nHost: a:80:81\r\n\r\n"),
    refused("a port that is none", b"GET /java-service/x HTTP/1.1\r\nHost: a:b\r\n\r\n"),
    refused("a port beyond 65535", b"GET /java-service/x HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    refused("a bracket without its other", b"GET /java-service/x HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    refused("HTTP/1.0 with two", b"GET /java-service/x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    refused("a whole URI with another host", b"GET http://a/java-service/x HTTP/1.1\r\nHost: b\r\n\r\n"),
    refused("a whole URI with a user", b"GET http://u@g/java-service/x HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a whole URI of another scheme", b"GET ftp://g/java-service/x HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a target without a slash", b"GET java-service/x HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("CONNECT", b"CONNECT g:80 HTTP/1.1\r\nHost: g:80\r\n\r\n"),
    refused("GET of everything", b"GET * HTTP/1.1\r\nHost: g\r\n\r\n"),
];
