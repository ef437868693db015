//! Reading one HTTP/1.1 response, as cheaply as the generator needs it: bodies are counted, not kept.

use super::broken::Broken;
use super::chunk::{Chunk, Step, split};
use super::head::Head;

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
            State::Head(so_far) if so_far.is_empty() => match Head::of(bytes)? {
                Some(head) => Ok(&bytes[self.begin_body(&head)..]),
                None => {
                    so_far.extend_from_slice(bytes);
                    Ok(&[])
                }
            },
            State::Head(so_far) => {
                let before = so_far.len();
                so_far.extend_from_slice(bytes);
                let Some(head) = Head::of(so_far)? else { return Ok(&[]) };
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
                let Step { part, rest, is_last } = chunk.step(bytes)?;
                if is_last {
                    self.state = State::Done;
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
            (_, true, _) => State::Chunks(Chunk::default()),
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
