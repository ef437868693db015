//! Where a body ends: lengths and codings.

use super::{Row, passed, refused};

pub(in super::super) const ROWS: [Row; 30] = [
    passed("no body", b"GET /java-service/x HTTP/1.1\r\nHost: g\r\n\r\n", &["GET /x []"]),
    passed(
        "a length",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\n\r\nhello",
        &["POST /x [content-length: 5] hello"],
    ),
    passed(
        "a length of zero",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n",
        &["POST /x [content-length: 0]"],
    ),
    passed(
        "a length with leading zeros is written plainly",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 0005\r\n\r\nhello",
        &["POST /x [content-length: 5] hello"],
    ),
    passed(
        "a length with blanks around it",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: \t 5 \t\r\n\r\nhello",
        &["POST /x [content-length: 5] hello"],
    ),
    passed(
        "chunks",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        &["POST /x [transfer-encoding: chunked] 5\\r\\nhello\\r\\n0\\r\\n\\r\\n"],
    ),
    passed(
        "chunks, in other letters",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\ntRANSFER-eNCODING:  CHUNKED \r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        &["POST /x [transfer-encoding: chunked] 5\\r\\nhello\\r\\n0\\r\\n\\r\\n"],
    ),
    passed(
        "GET with chunks keeps its body",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        &["GET /x [transfer-encoding: chunked] 5\\r\\nhello\\r\\n0\\r\\n\\r\\n"],
    ),
    passed(
        "GET with a length keeps its body",
        b"GET /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\n\r\nhello",
        &["GET /x [content-length: 5] hello"],
    ),
    refused(
        "CL.TE",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    ),
    refused(
        "TE.CL",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n\
          2e\r\nGET /java-service/smuggled HTTP/1.1\r\nHost: g\r\n\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "0.CL: a length of zero beside chunks",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "TE.TE: a second coding that is none",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "TE.TE: a first coding that is none",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n\
          0\r\n\r\n",
    ),
    refused(
        "chunked twice, in two lines",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n\
          0\r\n\r\n",
    ),
    refused(
        "chunked twice, in one line",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "a coding under the chunks",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "a coding over the chunks",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "chunks with a parameter",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "chunks in quotes",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "a vertical tab before chunked",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "an empty coding",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello",
    ),
    refused(
        "two lengths that differ",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    ),
    refused(
        "two lengths that are the same",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    ),
    refused(
        "a list of lengths",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 5, 5\r\n\r\nhello",
    ),
    refused(
        "a length with a sign",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: +5\r\n\r\nhello",
    ),
    refused("a length below zero", b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: -5\r\n\r\nhello"),
    refused("a length with a blank in it", b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 1 0\r\n\r\nhello"),
    refused(
        "a length beyond 64 bits",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length: 18446744073709551621\r\n\r\nhello",
    ),
    refused("an empty length", b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nContent-Length:\r\n\r\nhello"),
];
