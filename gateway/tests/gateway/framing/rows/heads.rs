//! Lines, characters and targets.

use super::{Row, last, passed, refused};

const NOT_FOUND: &[u16] = &[404];

pub(in super::super) const ROWS: [Row; 38] = [
    passed(
        "empty lines before a request",
        b"\r\n\r\nGET /java-service/x HTTP/1.1\r\nHost: g\r\n\r\n",
        &["GET /x []"],
    ),
    passed(
        "an empty value, blanks around one, bytes beyond ASCII in one",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A:\r\nX-B: \t b c \t\r\nX-C: \xe4\r\n\r\n",
        &["GET /x [x-a: ; x-b: b c; x-c: \\xe4]"],
    ),
    passed(
        "the same header twice",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A: 1\r\nX-A: 2\r\n\r\n",
        &["GET /x [x-a: 1; x-a: 2]"],
    ),
    passed(
        "a method nobody knows",
        b"BREW /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\n\r\n!",
        &["BREW /x [content-length: 1] !"],
    ),
    passed(
        "a target with a query and escapes is passed as it is",
        b"GET /java-service/a%2Fb/..;/x?q=%00&r=/ HTTP/1.1\r\nHost: g\r\n\r\n",
        &["GET /a%2Fb/..;/x?q=%00&r=/ []"],
    ),
    refused("LF alone behind the request line", b"GET /java-service/x HTTP/1.1\nHost: g\r\n\r\n"),
    refused("LF alone behind a header", b"GET /java-service/x HTTP/1.1\r\nHost: g\nX-A: 1\r\n\r\n"),
    refused("LF alone as the empty line", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\n\n"),
    refused("LF alone everywhere", b"GET /java-service/x HTTP/1.1\nHost: g\n\n"),
    refused("LF alone before a request", b"\nGET /java-service/x HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused(
        "LF alone hides a coding from who does not end lines there",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nX-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    refused("CR alone in a value", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A: a\rX-B: b\r\n\r\n"),
    refused("CR CR LF", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\r\n\r\n"),
    refused("a NUL in a value", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A: a\0b\r\n\r\n"),
    refused("a control character in a value", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A: a\x01b\r\n\r\n"),
    refused("DEL in a value", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A: a\x7fb\r\n\r\n"),
    refused("a NUL in a name", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-\0A: a\r\n\r\n"),
    refused("a blank in a name", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX A: a\r\n\r\n"),
    refused("a name beyond ASCII", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-\xe4: a\r\n\r\n"),
    refused("a blank before the colon", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A : a\r\n\r\n"),
    refused(
        "a blank before the colon of a length",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length : 5\r\n\r\nhello",
    ),
    refused(
        "a blank before the colon of a coding",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ),
    refused("no colon", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A\r\n\r\n"),
    refused("no name", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\n: a\r\n\r\n"),
    refused("a folded value", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nX-A: a\r\n b\r\n\r\n"),
    refused(
        "a coding in a folded value",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    ),
    refused("a blank before the first header", b"GET /java-service/x HTTP/1.1\r\n Host: g\r\n\r\n"),
    refused("two blanks in the request line", b"GET  /java-service/x HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a tab in the request line", b"GET\t/java-service/x HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a blank in the target", b"GET /java-service/x y HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a NUL in the target", b"GET /java-service/x\0y HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a control character in the target", b"GET /java-service/x\x01 HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a fragment", b"GET /java-service/x#y HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("a method with a bracket", b"GE[T /java-service/x HTTP/1.1\r\nHost: g\r\n\r\n"),
    refused("HTTP/0.9", b"GET /java-service/x\r\n\r\n"),
    refused("HTTP/1.2, which nobody speaks", b"GET /java-service/x HTTP/1.2\r\nHost: g\r\n\r\n"),
    last("HTTP/1.0", b"GET /java-service/x HTTP/1.0\r\n\r\n", &["GET /x []"]),
    Row {
        name: "OPTIONS of the server as such names no service",
        sent: b"OPTIONS * HTTP/1.1\r\nHost: g\r\n\r\n",
        answers: NOT_FOUND,
        closes: false,
        received: &[],
    },
];
