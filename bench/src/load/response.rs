//! Reading one HTTP/1.1 response, as cheaply as the generator needs it: bodies are counted, not kept.

use super::broken::Broken;

/// A response's head may be this long.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields at most.
const HEADERS_MAX: usize = 48;
/// The line of a chunk's size may be this long.
const CHUNK_LINE_BYTES_MAX: usize = 256;

/// What a response was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Bytes of the body, as sent.
    pub(crate) body_bytes: u64,
    /// The server closes the connection now.
    pub(crate) closes: bool,
}

/// Where in a response the bytes stand.
enum State {
    Head(Vec<u8>),
    Sized(u64),
    Chunks(Chunk),
    UntilClosed,
    Done,
}

/// Where in a chunked body.
enum Chunk {
    /// In the line with a chunk's size.
    Line(Vec<u8>),
    /// In its data, and the line end behind it.
    Data { left: u64, line_end: u64 },
    /// Behind the last chunk, in the line with this many bytes so far.
    Trailer { line_bytes: usize },
}

/// One response, being read.
pub(crate) struct Response {
    state: State,
    answer: Answer,
}

impl Response {
    /// Nothing read yet.
    pub(crate) fn new() -> Self {
        Self { state: State::Head(Vec::new()), answer: Answer { status: 0, body_bytes: 0, closes: false } }
    }

    /// Takes bytes as they come and hands those of the body on. `Some` when the response is whole.
    ///
    /// # Errors
    /// When it is no HTTP response.
    pub(crate) fn feed(&mut self, bytes: &[u8], body: &mut impl FnMut(&[u8])) -> Result<Option<Answer>, Broken> {
        let mut rest = bytes;
        while !rest.is_empty() && !matches!(self.state, State::Done) {
            rest = self.step(rest, body)?;
        }
        match self.state {
            State::Done if rest.is_empty() => Ok(Some(self.answer)),
            State::Done => Err(Broken::Response("bytes follow the response")),
            _ => Ok(None),
        }
    }

    /// The connection has ended: the end of the response if that is how its end is told.
    ///
    /// # Errors
    /// When the response is not whole.
    pub(crate) fn end(&self) -> Result<Answer, Broken> {
        match self.state {
            State::UntilClosed => Ok(self.answer),
            _ => Err(Broken::Response("the connection ended within a response")),
        }
    }

    fn step<'a>(&mut self, bytes: &'a [u8], body: &mut impl FnMut(&[u8])) -> Result<&'a [u8], Broken> {
        match &mut self.state {
            State::Head(so_far) if so_far.is_empty() => match head(bytes)? {
                Some(head) => Ok(&bytes[self.begin_body(&head)..]),
                None => {
                    so_far.extend_from_slice(bytes);
                    Ok(&[])
                }
            },
            State::Head(so_far) => {
                let before = so_far.len();
                so_far.extend_from_slice(bytes);
                let Some(head) = head(so_far)? else { return Ok(&[]) };
                Ok(&bytes[self.begin_body(&head) - before..])
            }
            State::Sized(left) => {
                let (part, rest) = split(bytes, *left);
                *left -= part.len() as u64;
                let done = *left == 0;
                self.take(part, body);
                if done {
                    self.state = State::Done;
                }
                Ok(rest)
            }
            State::UntilClosed => {
                self.take(bytes, body);
                Ok(&[])
            }
            State::Chunks(chunk) => {
                let Step { part, rest, next } = chunk.step(bytes)?;
                if let Some(next) = next {
                    self.state = next;
                }
                self.take(part, body);
                Ok(rest)
            }
            State::Done => Ok(bytes),
        }
    }

    /// Returns how many bytes the head had.
    fn begin_body(&mut self, head: &Head) -> usize {
        self.answer.status = head.status;
        self.answer.closes = head.closes;
        self.state = match (head.status, head.chunked, head.length) {
            (204 | 304, ..) | (_, false, Some(0)) => State::Done,
            (_, true, _) => State::Chunks(Chunk::Line(Vec::new())),
            (_, false, Some(length)) => State::Sized(length),
            (_, false, None) => State::UntilClosed,
        };
        self.answer.closes |= matches!(self.state, State::UntilClosed);
        head.bytes
    }

    fn take(&mut self, part: &[u8], body: &mut impl FnMut(&[u8])) {
        self.answer.body_bytes += part.len() as u64;
        body(part);
    }
}

struct Head {
    status: u16,
    bytes: usize,
    length: Option<u64>,
    chunked: bool,
    closes: bool,
}

/// The head that the bytes begin with; `None` while it is not whole.
fn head(bytes: &[u8]) -> Result<Option<Head>, Broken> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut fields);
    let status = parsed.parse(bytes).map_err(|_| Broken::Response("not HTTP"))?;
    let httparse::Status::Complete(head_bytes) = status else {
        let too_long = bytes.len() > HEAD_BYTES_MAX;
        return if too_long { Err(Broken::Response("its head is too long")) } else { Ok(None) };
    };
    let mut head = Head {
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

/// What one step through a chunked body made of the bytes.
struct Step<'a> {
    part: &'a [u8],
    rest: &'a [u8],
    next: Option<State>,
}

impl Chunk {
    fn step<'a>(&mut self, bytes: &'a [u8]) -> Result<Step<'a>, Broken> {
        match self {
            Self::Line(line) => {
                let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                    line.extend_from_slice(bytes);
                    let too_long = line.len() > CHUNK_LINE_BYTES_MAX;
                    return if too_long { Err(Broken::Response("no chunk")) } else { Ok(Step::over(&[], None)) };
                };
                line.extend_from_slice(&bytes[..end]);
                let next = match chunk_size(line)? {
                    0 => Self::Trailer { line_bytes: 0 },
                    size => Self::Data { left: size, line_end: 2 },
                };
                Ok(Step::over(&bytes[end + 1..], Some(State::Chunks(next))))
            }
            Self::Data { left: 0, line_end } => {
                let (skipped, rest) = split(bytes, *line_end);
                *line_end -= skipped.len() as u64;
                let next = (*line_end == 0).then(|| State::Chunks(Self::Line(Vec::new())));
                Ok(Step::over(rest, next))
            }
            Self::Data { left, .. } => {
                let (part, rest) = split(bytes, *left);
                *left -= part.len() as u64;
                Ok(Step { part, rest, next: None })
            }
            Self::Trailer { line_bytes } => {
                let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                    *line_bytes += bytes.len();
                    return Ok(Step::over(&[], None));
                };
                let blank = *line_bytes + end <= 1;
                let next = if blank { State::Done } else { State::Chunks(Self::Trailer { line_bytes: 0 }) };
                Ok(Step::over(&bytes[end + 1..], Some(next)))
            }
        }
    }
}

impl<'a> Step<'a> {
    /// A step over bytes that are no part of the body.
    fn over(rest: &'a [u8], next: Option<State>) -> Self {
        Self { part: &[], rest, next }
    }
}

fn chunk_size(line: &[u8]) -> Result<u64, Broken> {
    let text = str::from_utf8(line).unwrap_or_default();
    let digits = text.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).map_err(|_| Broken::Response("a chunk's size is no number"))
}

/// The first bytes, at most `at_most`, and the others.
fn split(bytes: &[u8], at_most: u64) -> (&[u8], &[u8]) {
    bytes.split_at(usize::try_from(at_most).unwrap_or(usize::MAX).min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a response in pieces of one size: its answer and body.
    fn read(response: &[u8], piece: usize) -> Result<Option<(Answer, Vec<u8>)>, Broken> {
        let mut reading = Response::new();
        let mut body = Vec::new();
        for piece in response.chunks(piece) {
            if let Some(answer) = reading.feed(piece, &mut |part| body.extend_from_slice(part))? {
                return Ok(Some((answer, body)));
            }
        }
        Ok(None)
    }

    #[test]
    fn responses_are_read_whatever_the_pieces() {
        let table: [(&str, u16, &str, bool); 7] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false),
            ("HTTP/1.1 200 \r\ncontent-length:0\r\n\r\n", 200, "", false),
            ("HTTP/1.1 204 \r\nDate: now\r\n\r\n", 204, "", false),
            ("HTTP/1.1 404 x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", 404, "no", true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n",
                200,
                "hello!",
                false,
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", 200, "", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", true),
        ];
        for (response, status, body, closes) in table {
            for piece in [1, 2, 3, 7, 1_000] {
                let (answer, read_body) = read(response.as_bytes(), piece).unwrap().unwrap();
                let expected = Answer { status, body_bytes: body.len() as u64, closes };
                assert_eq!((answer, read_body.as_slice()), (expected, body.as_bytes()), "{response:?} by {piece}");
            }
        }
    }

    #[test]
    fn a_response_is_whole_only_at_its_end() {
        for response in [
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "HTTP/1.1 200 OK\r\nContent-Le",
        ] {
            assert!(read(response.as_bytes(), 4).unwrap().is_none(), "{response:?}");
        }
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for response in [
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy",
        ] {
            assert!(read(response.as_bytes(), 1_000).is_err(), "{response:?}");
        }
    }

    #[test]
    fn a_body_without_a_length_ends_with_the_connection() {
        let mut reading = Response::new();
        assert!(reading.feed(b"HTTP/1.1 200 OK\r\n\r\nhello", &mut |_| ()).unwrap().is_none());
        assert_eq!(reading.end().unwrap(), Answer { status: 200, body_bytes: 5, closes: true });
        assert!(Response::new().end().is_err());
    }
}
