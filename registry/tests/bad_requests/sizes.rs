//! More than is taken.

use crate::row::Row;

const HEAD: &str = "POST /eureka/apps/A HTTP/1.1\r\nHost: r\r\nConnection: close\r\nAccept: application/json\r\n\
                    Content-Type: application/json\r\n";
const CHUNK: &[u8] = b"10000\r\n";
const CHUNK_BYTES: usize = 0x1_0000;

/// With its length in front.
pub(crate) fn announced(body: &[u8]) -> Vec<&[u8]> {
    const LENGTH: &str = "Content-Length: 50000000\r\n\r\n";
    assert_eq!(body.len(), 50_000_000);
    vec![HEAD.as_bytes(), LENGTH.as_bytes(), body]
}

/// Chunk by chunk, without saying how long it will be.
pub(crate) fn chunked(body: &[u8]) -> Vec<&[u8]> {
    let mut parts: Vec<&[u8]> = vec![HEAD.as_bytes(), b"Transfer-Encoding: chunked\r\n\r\n"];
    for chunk in body.chunks_exact(CHUNK_BYTES) {
        parts.extend([CHUNK, chunk, b"\r\n"]);
    }
    parts.push(b"0\r\n\r\n");
    parts
}

pub(crate) fn rows() -> Vec<Row> {
    let too_large = "the body is larger than 16777216 bytes";
    let body = |bytes: usize| {
        [HEAD.as_bytes(), format!("Content-Length: {bytes}\r\n\r\n").as_bytes(), &vec![b' '; bytes]].concat()
    };
    let get = |path: &str, headers: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n{headers}\r\n").into_bytes()
    };
    let many_headers: String = (0..200).map(|place| format!("X-{place}: y\r\n")).collect();
    vec![
        Row::new("one byte too many", body((16 << 20) + 1), 413, too_large),
        Row::new("as long as may be, and empty", body(16 << 20), 400, "cannot parse request body"),
        Row::new("announced as endless", format!("{HEAD}Content-Length: 9999999999999\r\n\r\n{{}}"), 413, too_large),
        Row::new("a heartbeat with 20 MB", [format!("PUT /eureka/apps/GOOD/held HTTP/1.1\r\nHost: r\r\nConnection: close\r\nAccept: application/json\r\nContent-Length: {}\r\n\r\n", 20_000_000).as_bytes(), &vec![b'x'; 20_000_000]].concat(), 413, too_large),
        Row::new("a header of 200 KB", get("/eureka/apps", &format!("X: {}\r\n", "y".repeat(200_000))), 431, ""),
        Row::new("a query of 200 KB", get(&format!("/eureka/apps?{}", "y".repeat(200_000)), ""), 431, ""),
        Row::new("a path of 200 KB", get(&format!("/eureka/apps/{}", "y".repeat(200_000)), ""), 431, ""),
        Row::new("two hundred headers", get("/eureka/apps", &many_headers), 431, ""),
    ]
}
