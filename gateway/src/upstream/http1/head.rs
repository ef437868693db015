//! The head of an answer, as an instance writes it.

use std::mem::MaybeUninit;
use std::ops::Range;
use std::{fmt, io};

use bytes::BytesMut;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::response::Parts;
use http::{Response, StatusCode, Version};
use httparse::{ParserConfig, Status};
use hyper::ext::ReasonPhrase;
use smallvec::SmallVec;

use crate::limits::HEADERS_ON_STACK;

/// How much of a head is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLimits {
    pub(crate) bytes_max: usize,
    pub(crate) headers_max: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) parts: Parts,
    /// Whether another request may follow, as far as the instance says.
    pub(crate) is_kept: bool,
    /// How long it is.
    pub(super) bytes: usize,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum HeadError {
    /// The connection ended before.
    Closed,
    Io(io::Error),
    /// It is none of HTTP/1.
    Unreadable(httparse::Error),
    /// It is longer than so many bytes.
    TooLong(usize),
    /// Those that are not the last have more than so many bytes.
    Interim(usize),
    /// It has more headers than these.
    TooMany(usize),
    /// A header's value that is none.
    BadValue,
    /// HTTP/1.0 knows no chunks.
    ChunksBefore11,
}

/// What was found of a head that is all there. Headers are where they stand in it: they share its memory.
struct Found {
    length: usize,
    status: StatusCode,
    version: Version,
    reason: Option<ReasonPhrase>,
    places: SmallVec<[(HeaderName, Range<usize>); 24]>,
}

/// Takes a head out of what was read, its headers in the memory of others; `None`: it is not all there yet.
pub(crate) fn parse(
    unread: &mut BytesMut,
    room_for: &mut HeaderMap,
    limits: HeadLimits,
) -> Result<Option<Head>, HeadError> {
    let found = if limits.headers_max <= HEADERS_ON_STACK {
        let mut room = [const { MaybeUninit::uninit() }; HEADERS_ON_STACK];
        find(&mut room[..limits.headers_max], unread, limits)?
    } else {
        find(&mut vec![MaybeUninit::uninit(); limits.headers_max], unread, limits)?
    };
    match found {
        None if unread.len() > limits.bytes_max => Err(HeadError::TooLong(limits.bytes_max)),
        None => Ok(None),
        Some(Found { length, .. }) if length > limits.bytes_max => Err(HeadError::TooLong(limits.bytes_max)),
        Some(found) => take(unread, std::mem::take(room_for), found).map(Some),
    }
}

fn find<'b>(
    room: &mut [MaybeUninit<httparse::Header<'b>>],
    bytes: &'b [u8],
    limits: HeadLimits,
) -> Result<Option<Found>, HeadError> {
    let mut response = httparse::Response::new(&mut []);
    let length = match ParserConfig::default().parse_response_with_uninit_headers(&mut response, bytes, room) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooMany(limits.headers_max)),
        Err(error) => return Err(HeadError::Unreadable(error)),
    };
    let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or(HeadError::Unreadable(httparse::Error::Status))?;
    let begin_of = |part: &[u8]| part.as_ptr().addr() - bytes.as_ptr().addr();
    let mut places = SmallVec::with_capacity(response.headers.len());
    for header in response.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes())
            .map_err(|_| HeadError::Unreadable(httparse::Error::HeaderName))?;
        let begin = begin_of(header.value);
        places.push((name, begin..begin + header.value.len()));
    }
    let reason = response.reason.filter(|reason| Some(*reason) != status.canonical_reason());
    Ok(Some(Found {
        length,
        status,
        version: if response.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 },
        reason: reason.and_then(|reason| ReasonPhrase::try_from(reason.as_bytes()).ok()),
        places,
    }))
}

fn take(unread: &mut BytesMut, mut headers: HeaderMap, found: Found) -> Result<Head, HeadError> {
    let bytes = unread.split_to(found.length).freeze();
    for (name, place) in found.places {
        let value = HeaderValue::from_maybe_shared(bytes.slice(place)).map_err(|_| HeadError::BadValue)?;
        headers.append(name, value);
    }
    if found.version == Version::HTTP_10 && headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(HeadError::ChunksBefore11);
    }
    let is_kept = match found.version {
        Version::HTTP_10 => says(&headers, "keep-alive"),
        _ => !says(&headers, "close"),
    };
    let mut response = Response::new(());
    *response.status_mut() = found.status;
    *response.version_mut() = found.version;
    *response.headers_mut() = headers;
    if let Some(reason) = found.reason {
        response.extensions_mut().insert(reason);
    }
    Ok(Head { parts: response.into_parts().0, is_kept, bytes: bytes.len() })
}

/// Whether `Connection` names it.
fn says(headers: &HeaderMap, token: &str) -> bool {
    let values = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|named| named.trim().eq_ignore_ascii_case(token))
}

impl Head {
    /// Whether it is not the last one of its answer.
    pub(crate) fn is_interim(&self) -> bool {
        self.parts.status.is_informational() && self.parts.status != StatusCode::SWITCHING_PROTOCOLS
    }
}

impl From<io::Error> for HeadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("connection closed before an answer was complete"),
            Self::Io(error) => write!(f, "connection broke before an answer: {error}"),
            Self::Unreadable(error) => write!(f, "its answer cannot be read as HTTP/1: {error}"),
            Self::TooLong(max) => {
                write!(f, "its answer's head has more than {max} bytes (eurus.gateway.header-bytes-max)")
            }
            Self::Interim(max) => {
                write!(f, "more than {max} bytes of interim answers (1xx; eurus.gateway.header-bytes-max)")
            }
            Self::TooMany(max) => write!(f, "its answer has more than {max} headers (eurus.gateway.headers-max)"),
            Self::BadValue => f.write_str("a header of its answer has a value that is none"),
            Self::ChunksBefore11 => f.write_str("its answer of HTTP/1.0 has Transfer-Encoding"),
        }
    }
}

impl std::error::Error for HeadError {}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { bytes_max: 128, headers_max: 3 };

    /// Status, headers, whether the connection is kept, and what is left.
    type Whole = (u16, Vec<String>, bool, Vec<u8>);

    /// What is read in pieces of this size; `None`: more is needed.
    fn read(bytes: &[u8], piece: usize) -> Result<Option<Whole>, String> {
        let (mut unread, mut pieces) = (BytesMut::new(), bytes.chunks(piece));
        loop {
            if let Some(Head { parts, is_kept, .. }) =
                parse(&mut unread, &mut HeaderMap::new(), LIMITS).map_err(|error| error.to_string())?
            {
                let headers = parts.headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap()));
                pieces.for_each(|piece| unread.extend_from_slice(piece));
                return Ok(Some((parts.status.as_u16(), headers.collect(), is_kept, unread.to_vec())));
            }
            match pieces.next() {
                Some(piece) => unread.extend_from_slice(piece),
                None => return Ok(None),
            }
        }
    }

    #[test]
    fn heads_whatever_the_pieces() {
        type Said = (u16, &'static [&'static str], bool, &'static [u8]);
        let table: [(&[u8], Option<Said>); 8] = [
            (b"HTTP/1.1 200 OK\r\nA: 1\r\nb:  2 \r\n\r\nbody", Some((200, &["a=1", "b=2"], true, b"body"))),
            (b"HTTP/1.1 599\r\n\r\n", Some((599, &[], true, b""))),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP", Some((100, &[], true, b"HTTP"))),
            (b"HTTP/1.1 200 OK\r\nconnection: x, Close\r\n\r\n", Some((200, &["connection=x, Close"], false, b""))),
            (b"HTTP/1.0 200 OK\r\n\r\n", Some((200, &[], false, b""))),
            (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n", Some((200, &["connection=keep-alive"], true, b""))),
            (b"HTTP/1.1 200 OK\r\na: 1\r\n", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            for piece in [1, 2, 3, 1_000] {
                let expected = expected.map(|(status, headers, is_kept, rest)| {
                    (status, headers.iter().map(ToString::to_string).collect(), is_kept, rest.to_vec())
                });
                assert_eq!(read(bytes, piece), Ok(expected), "{piece}: {}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_no_head() {
        let long = [b"HTTP/1.1 200 OK\r\na: ".as_slice(), &[b'a'; 128]].concat();
        let whole = [&long[..], b"\r\n\r\n"].concat();
        let table: [(&[u8], &str); 9] = [
            (b"SSH-2.0-x\r\n", "its answer cannot be read as HTTP/1: invalid HTTP version"),
            (b"HTTP/2 200\r\n\r\n", "its answer cannot be read as HTTP/1: invalid HTTP version"),
            (b"HTTP/1.1 099 x\r\n\r\n", "its answer cannot be read as HTTP/1: invalid response status"),
            (b"HTTP/1.1 200 OK\r\na b: 1\r\n\r\n", "its answer cannot be read as HTTP/1: invalid header name"),
            (b"HTTP/1.1 200 OK\r\na: 1\r\n b\r\n\r\n", "its answer cannot be read as HTTP/1: invalid header name"),
            (
                b"HTTP/1.1 200 OK\r\na: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\n\r\n",
                "its answer has more than 3 headers (eurus.gateway.headers-max)",
            ),
            (b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "its answer of HTTP/1.0 has Transfer-Encoding"),
            (&long, "its answer's head has more than 128 bytes (eurus.gateway.header-bytes-max)"),
            (&whole, "its answer's head has more than 128 bytes (eurus.gateway.header-bytes-max)"),
        ];
        for (bytes, expected) in table {
            for piece in [1, 1_000] {
                assert_eq!(read(bytes, piece), Err(expected.to_owned()), "{piece}: {}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn what_the_instance_calls_its_status_is_kept() {
        let mut unread = BytesMut::from(&b"HTTP/1.1 200 Fine\r\n\r\n"[..]);
        let head = parse(&mut unread, &mut HeaderMap::new(), LIMITS).unwrap().unwrap();
        assert_eq!(head.parts.extensions.get::<ReasonPhrase>().unwrap().as_bytes(), b"Fine");
    }
}
