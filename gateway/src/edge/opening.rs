//! How a caller begins on a plain port: with HTTP/1, or with HTTP/2 that it knows to be spoken here. The bytes that say so
//! are read once, and HTTP begins with them: it costs no further call to the operating system.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::timeout;

use crate::frame_heads::PREFACE;

/// Bytes that are read at once: the heads of most requests are shorter.
const FIRST_BYTES: usize = 4 * 1024;

/// What a caller speaks, and the bytes that were read to know it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Http1(Bytes),
    Http2(Bytes),
    /// It has closed the connection, or said too little in time.
    Nothing,
}

/// Reads as far as is needed to know. `limit` holds for each read.
pub(super) async fn opening<S: AsyncRead + Unpin>(stream: &mut S, limit: Duration) -> io::Result<Opening> {
    let mut first = Vec::with_capacity(FIRST_BYTES);
    loop {
        let Ok(read) = timeout(limit, stream.read_buf(&mut first)).await else { return Ok(Opening::Nothing) };
        let is_end = read? == 0;
        let common = first.len().min(PREFACE.len());
        if first[..common] != PREFACE[..common] {
            return Ok(Opening::Http1(Bytes::from(first)));
        }
        match () {
            () if common == PREFACE.len() => return Ok(Opening::Http2(Bytes::from(first))),
            () if is_end => return Ok(Opening::Nothing),
            () => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    /// What is made of these pieces, each read apart.
    async fn read(pieces: &[&[u8]]) -> Opening {
        let (mut caller, mut stream) = duplex(64);
        let send = async {
            for piece in pieces {
                caller.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(caller);
        };
        tokio::join!(opening(&mut stream, Duration::from_secs(20)), send).0.unwrap()
    }

    #[tokio::test]
    async fn the_first_bytes_tell_what_is_spoken() {
        let http1 = |bytes: &'static [u8]| Opening::Http1(Bytes::from_static(bytes));
        assert_eq!(read(&[b"GET / HTTP/1.1\r\n"]).await, http1(b"GET / HTTP/1.1\r\n"));
        assert_eq!(read(&[b"P", b"OST"]).await, http1(b"POST"));
        assert_eq!(read(&[b"PRI", b" * HTTP/1.1"]).await, http1(b"PRI * HTTP/1.1"));
        assert_eq!(read(&[PREFACE]).await, Opening::Http2(Bytes::from_static(PREFACE)));
        let with_more = [PREFACE, b"settings"].concat();
        assert_eq!(read(&[&with_more[..5], &with_more[5..]]).await, Opening::Http2(Bytes::from(with_more.clone())));
        assert_eq!(read(&[]).await, Opening::Nothing);
        assert_eq!(read(&[b"PRI * HT"]).await, Opening::Nothing);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_says_nothing_is_not_waited_for_without_end() {
        let (_caller, mut stream) = duplex(64);
        assert_eq!(opening(&mut stream, Duration::from_secs(60)).await.unwrap(), Opening::Nothing);
    }
}
