//! An answer's body in chunks, as its data and trailers.

use std::fmt;

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::head::HeadLimits;
use crate::framing::Fault;
use crate::framing::chunks::Chunks;

/// See the module.
#[derive(Debug)]
pub(crate) struct Chunked {
    chunks: Chunks,
    /// What has come of the trailers, with the empty line that ends them.
    trailers: Vec<u8>,
    limits: HeadLimits,
}

/// What comes next of it.
#[derive(Debug)]
pub(crate) enum Next {
    Data(Bytes),
    End(Option<HeaderMap>),
    /// It has not been read yet.
    Unread,
}

/// What is wrong with it.
#[derive(Debug)]
pub(crate) enum ChunkError {
    Malformed(Fault),
    /// The trailers are none.
    Trailers(httparse::Error),
    TrailersTooLong(usize),
}

impl Chunked {
    pub(super) fn new(limits: HeadLimits) -> Self {
        Self { chunks: Chunks::of_an_answer(), trailers: Vec::new(), limits }
    }

    /// Takes it out of what was read.
    pub(super) fn next(&mut self, unread: &mut BytesMut) -> Result<Next, ChunkError> {
        let mut taken = 0;
        while let Some(byte) = unread.get(taken)
            && self.chunks.data_left().is_none()
            && !self.chunks.has_ended()
        {
            if self.chunks.is_in_trailers() {
                self.trailers.push(*byte);
            }
            self.chunks.read(std::slice::from_ref(byte)).map_err(ChunkError::Malformed)?;
            taken += 1;
        }
        unread.advance(taken);
        if self.trailers.len() > self.limits.bytes_max {
            return Err(ChunkError::TrailersTooLong(self.limits.bytes_max));
        }
        if self.chunks.has_ended() {
            return trailers(&self.trailers, self.limits).map(Next::End);
        }
        let Some(left) = self.chunks.data_left().filter(|_| !unread.is_empty()) else { return Ok(Next::Unread) };
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(unread.len());
        let data = unread.split_to(count).freeze();
        self.chunks.read(&data).map_err(ChunkError::Malformed)?;
        Ok(Next::Data(data))
    }
}

fn trailers(bytes: &[u8], limits: HeadLimits) -> Result<Option<HeaderMap>, ChunkError> {
    if bytes == b"\r\n" {
        return Ok(None);
    }
    let mut room = vec![httparse::EMPTY_HEADER; limits.headers_max];
    let parsed = httparse::parse_headers(bytes, &mut room).map_err(ChunkError::Trailers)?;
    let httparse::Status::Complete((_, headers)) = parsed else {
        return Err(ChunkError::Trailers(httparse::Error::NewLine));
    };
    let mut trailers = HeaderMap::with_capacity(headers.len());
    for header in headers {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(ChunkError::Trailers(httparse::Error::HeaderValue));
        };
        trailers.append(name, value);
    }
    Ok(Some(trailers))
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(fault) => write!(f, "{fault}"),
            Self::Trailers(error) => write!(f, "its trailers cannot be read: {error}"),
            Self::TrailersTooLong(max) => {
                write!(f, "its trailers have more than {max} bytes (eurus.gateway.header-bytes-max)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { bytes_max: 64, headers_max: 2 };

    /// A body's data and trailers, and how many bytes are left behind it.
    type Whole = (Vec<u8>, Vec<String>, usize);

    /// What it is in pieces of this size; `None`: more is needed.
    fn read(bytes: &[u8], piece: usize) -> Result<Option<Whole>, String> {
        let (mut chunked, mut unread, mut data) = (Chunked::new(LIMITS), BytesMut::new(), Vec::new());
        let mut pieces = bytes.chunks(piece);
        loop {
            match chunked.next(&mut unread).map_err(|error| error.to_string())? {
                Next::Data(part) => data.extend(part),
                Next::End(trailers) => {
                    let trailers = trailers.unwrap_or_default();
                    let said = trailers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap()));
                    return Ok(Some((data, said.collect(), unread.len() + pieces.map(<[u8]>::len).sum::<usize>())));
                }
                Next::Unread => match pieces.next() {
                    Some(piece) => unread.extend_from_slice(piece),
                    None => return Ok(None),
                },
            }
        }
    }

    #[test]
    fn data_and_trailers_whatever_the_pieces() {
        type Said = (&'static [u8], &'static [&'static str], usize);
        let table: [(&[u8], Option<Said>); 7] = [
            (b"0\r\n\r\n", Some((b"", &[], 0))),
            (b"5\r\nhello\r\n1;a=b\r\n!\r\n0\r\n\r\nHTTP", Some((b"hello!", &[], 4))),
            (b"5 \t\r\nhello\r\n0  \r\n\r\n", Some((b"hello", &[], 0))),
            (b"3\r\n\r\n0\r\n0\r\nx-sum: 1\r\ny:2 \r\n\r\n!", Some((b"\r\n0", &["x-sum=1", "y=2"], 1))),
            (b"5\r\nhel", None),
            (b"5\r\nhello\r\n0\r\n", None),
            (b"0\r\nx: 1\r\n", None),
        ];
        for (bytes, expected) in table {
            for piece in [1, 2, 3, 1_000] {
                let expected = expected.map(|(data, trailers, rest)| {
                    (data.to_vec(), trailers.iter().map(ToString::to_string).collect(), rest)
                });
                assert_eq!(read(bytes, piece), Ok(expected), "{piece}: {}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_no_body_in_chunks() {
        let long = [b"0\r\nx: ".as_slice(), &[b'a'; 64], b"\r\n\r\n"].concat();
        let table: [(&[u8], &str); 8] = [
            (b"x\r\n", "a chunk's size line is malformed"),
            (b" 5\r\nhello", "a chunk's size line is malformed"),
            (b"5 5\r\nhello", "a chunk's size line is malformed"),
            (b"5\r\nhello0\r\n\r\n", "a chunk does not end with CR LF"),
            (b"0\r\nx: 1\n\r\n", "a trailer is malformed"),
            (b"0\r\na b: 1\r\n\r\n", "its trailers cannot be read: invalid header name"),
            (b"0\r\na: 1\r\nb: 1\r\nc: 1\r\n\r\n", "its trailers cannot be read: too many headers"),
            (&long, "its trailers have more than 64 bytes (eurus.gateway.header-bytes-max)"),
        ];
        for (bytes, expected) in table {
            for piece in [1, 1_000] {
                assert_eq!(read(bytes, piece), Err(expected.to_owned()), "{piece}: {}", bytes.escape_ascii());
            }
        }
    }
}
