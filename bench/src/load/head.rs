//! The head of an HTTP/1.1 response.

use super::broken::Broken;

/// A response's head may be this long.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields at most.
const HEADERS_MAX: usize = 48;

/// What a head says about its response.
pub(super) struct Head {
    pub(super) status: u16,
    /// Of the head itself.
    pub(super) bytes: usize,
    pub(super) length: Option<u64>,
    pub(super) chunked: bool,
    pub(super) closes: bool,
}

impl Head {
    /// The head that the bytes begin with; `None` while it is not whole.
    pub(super) fn of(bytes: &[u8]) -> Result<Option<Self>, Broken> {
        let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut fields);
        let status = parsed.parse(bytes).map_err(|_| Broken::Response("not HTTP"))?;
        let httparse::Status::Complete(head_bytes) = status else {
            let too_long = bytes.len() > HEAD_BYTES_MAX;
            return if too_long { Err(Broken::Response("its head is too long")) } else { Ok(None) };
        };
        let mut head = Self {
            status: parsed.code.unwrap_or_default(),
            bytes: head_bytes,
            length: None,
            chunked: false,
            closes: parsed.version == Some(0),
        };
        for field in parsed.headers.iter() {
            let value = str::from_utf8(field.value).unwrap_or_default().trim();
            if field.name.eq_ignore_ascii_case("content-length") {
                head.length = Some(value.parse().map_err(|_| Broken::Response("its Content-Length is no number"))?);
            } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
                head.chunked = value.eq_ignore_ascii_case("chunked");
            } else if field.name.eq_ignore_ascii_case("connection") {
                head.closes = value.eq_ignore_ascii_case("close");
            }
        }
        Ok(Some(head))
    }
}
