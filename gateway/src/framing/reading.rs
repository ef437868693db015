//! A connection's bytes in the pieces in which they come: head, body, head, body. Nothing is copied but a head, or the end
//! of a line, that comes in more than one piece.

use super::chunks::Chunks;
use super::head::Head;
use super::verdicts::Verdicts;
use super::{Fault, Framing};

/// See the module.
#[derive(Debug)]
pub struct Reading {
    at: At,
    /// The begin of a line whose end has not come.
    held: Vec<u8>,
    /// Bytes of the head so far, and at most.
    head_bytes: usize,
    head_bytes_max: usize,
}

#[derive(Debug)]
enum At {
    Head(Head),
    Body(u64),
    Chunks(Chunks),
    /// Nothing is read any more: there was a fault.
    Nowhere,
}

impl Reading {
    /// At the begin of a connection.
    pub fn new(head_bytes_max: usize) -> Self {
        Self { at: At::Head(Head::default()), held: Vec::new(), head_bytes: 0, head_bytes_max }
    }

    /// Takes what has come, and notes what it learns.
    pub fn take(&mut self, mut bytes: &[u8], verdicts: &Verdicts) {
        while !bytes.is_empty() {
            match self.step(bytes, verdicts) {
                Ok(taken) => bytes = bytes.get(taken..).unwrap_or_default(),
                Err(fault) => {
                    self.at = At::Nowhere;
                    self.held = Vec::new();
                    verdicts.put_fault(fault);
                }
            }
        }
        verdicts.put_in_head(matches!(self.at, At::Head(_)) && self.head_bytes > 0);
    }

    /// How many bytes it took: one at least.
    fn step(&mut self, bytes: &[u8], verdicts: &Verdicts) -> Result<usize, Fault> {
        match &mut self.at {
            At::Nowhere => Ok(bytes.len()),
            At::Head(_) => self.line(bytes, verdicts),
            At::Body(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= count as u64;
                if *left == 0 {
                    self.message_ended(verdicts);
                }
                Ok(count)
            }
            At::Chunks(chunks) => {
                let count = chunks.read(bytes)?;
                if chunks.has_ended() {
                    self.message_ended(verdicts);
                }
                Ok(count)
            }
        }
    }

    fn line(&mut self, bytes: &[u8], verdicts: &Verdicts) -> Result<usize, Fault> {
        let end = memchr::memchr(b'\n', bytes);
        let count = end.map_or(bytes.len(), |end| end + 1);
        self.head_bytes += count;
        if self.head_bytes > self.head_bytes_max {
            return Err(Fault::HeadTooLong);
        }
        if end.is_none() || !self.held.is_empty() {
            self.held.extend_from_slice(&bytes[..count]);
        }
        if end.is_none() {
            return Ok(count);
        }
        let whole = if self.held.is_empty() { &bytes[..count] } else { self.held.as_slice() };
        let line = whole.strip_suffix(b"\r\n").ok_or(Fault::BareLf)?;
        if let At::Head(head) = &mut self.at
            && let Some(framing) = head.line(line)?
        {
            self.head_ended(framing, verdicts);
        }
        self.held.clear();
        Ok(count)
    }

    fn head_ended(&mut self, framing: Framing, verdicts: &Verdicts) {
        verdicts.put_head(framing);
        self.head_bytes = 0;
        self.at = match framing {
            Framing::Length(0) => {
                self.message_ended(verdicts);
                return;
            }
            Framing::Length(left) => At::Body(left),
            Framing::Chunked => At::Chunks(Chunks::default()),
        };
    }

    fn message_ended(&mut self, verdicts: &Verdicts) {
        verdicts.put_end();
        self.at = At::Head(Head::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 128;

    /// What the requests of these bytes are found to be, until one is refused; in pieces of this size.
    fn read(bytes: &[u8], piece: usize) -> (Vec<Framing>, Option<Fault>) {
        let (verdicts, mut reading) = (Verdicts::default(), Reading::new(LIMIT));
        bytes.chunks(piece).for_each(|bytes| reading.take(bytes, &verdicts));
        let mut framings = Vec::new();
        loop {
            match verdicts.next() {
                Ok(framing) => framings.push(framing),
                Err(Fault::OutOfStep) => return (framings, None),
                Err(fault) => return (framings, Some(fault)),
            }
        }
    }

    #[test]
    fn messages_follow_each_other_whatever_the_pieces() {
        let long = [b"GET /".as_slice(), &[b'a'; LIMIT]].concat();
        let table: [(&[u8], &[Framing], Option<Fault>); 6] = [
            (b"\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\n\r\nGET", &[Framing::Length(0); 2], None),
            (
                b"POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\na\nb\n\r\nPOST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n\
                  2\r\n\n\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
                &[Framing::Length(6), Framing::Chunked, Framing::Length(0)],
                None,
            ),
            (b"GET / HTTP/1.1\nhost: a\r\n\r\n", &[], Some(Fault::BareLf)),
            (b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nhost: a\n\r\n", &[Framing::Length(0)], Some(Fault::BareLf)),
            (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx", &[Framing::Chunked], Some(Fault::BadChunkSize)),
            (&long, &[], Some(Fault::HeadTooLong)),
        ];
        for (bytes, framings, fault) in table {
            for piece in [1, 2, 3, 7, 1_000] {
                assert_eq!(read(bytes, piece), (framings.to_vec(), fault), "{piece}: {}", bytes.escape_ascii());
            }
        }
    }
}
