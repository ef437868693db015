//! Bodies in chunks.

use super::{Row, passed, refused_in_body};

pub(in super::super) const ROWS: [Row; 19] = [
    passed(
        "extensions do not pass",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          5;a=b;c=\"d\"\r\nhello\r\n0;end\r\n\r\n",
        &["POST /x [transfer-encoding: chunked] 5\\r\\nhello\\r\\n0\\r\\n\\r\\n"],
    ),
    passed(
        "sizes with leading zeros and large letters are written plainly",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n000A\r\n0123456789\r\n000\r\n\r\n",
        &["POST /x [transfer-encoding: chunked] A\\r\\n0123456789\\r\\n0\\r\\n\\r\\n"],
    ),
    passed(
        "data that looks like the end",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
        &["POST /x [transfer-encoding: chunked] 7\\r\\n\\r\\n0\\r\\n\\r\\n\\r\\n0\\r\\n\\r\\n"],
    ),
    passed(
        "a trailer that was not announced, and one that is forbidden, do not pass",
        b"POST /java-service/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          5\r\nhello\r\n0\r\nContent-Length: 50\r\nX-Other: 1\r\n\r\n",
        &["POST /x [transfer-encoding: chunked] 5\\r\\nhello\\r\\n0\\r\\n\\r\\n"],
    ),
    refused_in_body(
        "no size",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "a size with a sign",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "a size below zero",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "a size with 0x",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "a size beyond 64 bits",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          10000000000000005\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "a size of too many digits",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          00000000000000000005\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "a blank behind the size",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "LF alone behind the size",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "LF alone in an extension",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          5;a\nb\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "a NUL in an extension",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          5;a\0b\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "CR alone in an extension",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          5;a\rb\r\nhello\r\n0\r\n\r\n",
    ),
    refused_in_body(
        "no line end behind the data",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
    ),
    refused_in_body(
        "LF alone behind the data",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
    ),
    refused_in_body(
        "LF alone behind a trailer",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          5\r\nhello\r\n0\r\nX-Sum: 1\nX-Other: 2\r\n\r\n",
    ),
    refused_in_body(
        "a trailer with a NUL",
        b"POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n\
          5\r\nhello\r\n0\r\nX-Sum: a\0b\r\n\r\n",
    ),
];
