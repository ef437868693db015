//! What speaks of the connection: whether it goes on, and what passes it.

use super::{Row, last, passed, refused};

const TWO: &[u16] = &[200, 200];

pub(in super::super) const ROWS: [Row; 20] = [
    Row {
        name: "two requests at once",
        sent: b"GET /java-service/x HTTP/1.1\r\nHost: g\r\n\r\nGET /java-service/y HTTP/1.1\r\nHost: g\r\n\r\n",
        answers: TWO,
        closes: false,
        received: &["GET /x []", "GET /y []"],
    },
    Row {
        name: "two bodies at once",
        sent: b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n\
                POST /java-service/y HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\n\r\nb",
        answers: TWO,
        closes: false,
        received: &["POST /x [transfer-encoding: chunked] 1\\r\\na\\r\\n0\\r\\n\\r\\n", "POST /y [content-length: 1] b"],
    },
    Row {
        name: "the second of two is refused, and a third is not read",
        sent: b"GET /java-service/x HTTP/1.1\r\nHost: g\r\n\r\nGET /java-service/y HTTP/1.1\nHost: g\r\n\r\n\
                GET /java-service/z HTTP/1.1\r\nHost: g\r\n\r\n",
        answers: &[200, 400],
        closes: true,
        received: &["GET /x []"],
    },
    last(
        "Connection: close, and what follows it is not read",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\nGET /java-service/y HTTP/1.1\r\nHost: g\r\n\r\n",
        &["GET /x []"],
    ),
    last("Connection: CLOSE", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: CLOSE\r\n\r\n", &["GET /x []"]),
    last(
        "close among others",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: x-a , close\r\nX-A: 1\r\n\r\n",
        &["GET /x []"],
    ),
    last(
        "close in one line, keep-alive in another",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
        &["GET /x []"],
    ),
    passed(
        "HTTP/1.0 that wants to go on",
        b"GET /java-service/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        &["GET /x []"],
    ),
    refused(
        "chunks in HTTP/1.0",
        b"POST /java-service/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    refused(
        "chunks and a length in HTTP/1.0",
        b"POST /java-service/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
    ),
    passed(
        "hop-by-hop headers, and those that Connection names",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: X-A, x-b\r\nconnection: X-C\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\n\
          X-D: 4\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: p\r\nTE: gzip\r\nTrailer: X-T\r\n\r\n",
        &["GET /x [trailer: X-T; x-d: 4]"],
    ),
    passed(
        "Connection names what the gateway and the framing need",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: content-length, host, x-forwarded-for, transfer-encoding\r\n\
          Content-Length: 5\r\n\r\nhello",
        &["POST /x [content-length: 5] hello"],
    ),
    passed(
        "Connection names the coding",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n\
          1\r\na\r\n0\r\n\r\n",
        &["POST /x [transfer-encoding: chunked] 1\\r\\na\\r\\n0\\r\\n\\r\\n"],
    ),
    passed(
        "Connection names what is no name",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: ,, \"x\", \xe4\r\nX-A: 1\r\n\r\n",
        &["GET /x [x-a: 1]"],
    ),
    Row {
        name: "Expect: 100-continue is answered by the gateway",
        sent: b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\nhello",
        answers: &[100, 200],
        closes: false,
        received: &["POST /x [content-length: 5] hello"],
    },
    passed(
        "another expectation is none, and does not pass",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nExpect: y 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        &["POST /x [content-length: 5] hello"],
    ),
    passed(
        "an upgrade to HTTP/2 is ignored",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
          HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        &["GET /x []"],
    ),
    passed(
        "an upgrade with a body is ignored",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello",
        &["POST /x [content-length: 5] hello"],
    ),
    passed(
        "an upgrade that Connection does not name is ignored",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nUpgrade: websocket\r\nHTTP2-Settings: AAMA\r\n\r\n",
        &["GET /x []"],
    ),
    Row {
        name: "an upgrade that the instance does not take, and a request behind it",
        sent: b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\
                GET /java-service/y HTTP/1.1\r\nHost: g\r\n\r\n",
        answers: TWO,
        closes: false,
        received: &["GET /x [connection: upgrade; upgrade: websocket]", "GET /y []"],
    },
];
