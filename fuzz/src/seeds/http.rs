//! Messages of HTTP whose mutations lead to the places where two readers may differ.

const REQUEST: [&str; 7] = [
    "GET /a?b=c HTTP/1.1\r\nHost: a:80\r\nConnection: x-a, keep-alive\r\nX-A: 1\r\nTE: trailers\r\n\r\n",
    "\r\nPOST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nhost: a\r\n\r\n",
    "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nx-t: 1\r\n\r\n\
     GET /b HTTP/1.1\r\nhost: a\r\n\r\n",
    "POST http://a/b HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\nOPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
    "GET /a HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: websocket\r\nhttp2-settings: AA\r\n\
     expect: 100-continue\r\n\r\n",
    "POST /a HTTP/1.1\nhost: a\ncontent-length: 5\ncontent-length: 5\ntransfer-encoding: chunked\n\n0\n\n",
    "GET /a#b HTTP/1.1\r\nhost: [::1]\r\nx-forwarded-for: 1.1.1.1\r\nforwarded: for=1.1.1.1\r\nconnection: close, host\r\n\r\n",
];

const HEADERS: [&str; 4] = [
    "Content-Length: 5\r\nX-A: b",
    "Transfer-Encoding: chunked\r\nConnection: transfer-encoding, x-forwarded-for\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /a HTTP/1.1",
    "Content-Length: +5, 5\r\nContent-Length:\t5 \r\nTransfer-Encoding: gzip, chunked\r\nKeep-Alive: 5",
    "X-A : b\r\n c\nContent-Length: 05\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nExpect: 100-continue\r\nHost: b",
];

const CHUNKS: [&str; 5] = [
    "5\r\nhello\r\n0\r\n\r\n",
    "A;a=\"b\"\r\n0123456789\r\n000\r\nx: 1\r\ny: 2\r\n\r\n",
    "1\r\na\r\n1\r\nb\r\n0\r\n\r\nGET /b HTTP/1.1\r\nhost: a\r\n\r\n",
    "ffffffffffffffff\r\n5 \r\nhello\n0\n\n",
    "5;\r\r\nhello\r\n0\r\nx: 1\n\r\n",
];

/// The first byte chooses the request's method.
const ANSWER: [&str; 7] = [
    "\0HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: 1\r\n\r\n",
    "\0HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello",
    "\0HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n",
    "\0HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
    "\u{1}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "\0HTTP/1.1 200 OK\nContent-Length: 5, 5\nContent-Length: 6\nTransfer-Encoding: gzip, chunked\n\nhello",
];

/// Every seed with the target that it is for.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let targets = [("request", &REQUEST[..]), ("headers", &HEADERS), ("chunks", &CHUNKS), ("answer", &ANSWER)];
    targets.into_iter().flat_map(|(target, seeds)| seeds.iter().map(move |seed| (target, seed.as_bytes().to_vec())))
}
