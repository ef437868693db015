//! One request's head, line by line: where its body ends. What does not bear on that is hyper's to judge.

use super::{Fault, Framing};

const CONTENT_LENGTH: &[u8] = b"content-length:";
const TRANSFER_ENCODING: &[u8] = b"transfer-encoding:";

/// What the lines of a head have said so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    has_begun: bool,
    length: Option<u64>,
    is_chunked: bool,
}

impl Head {
    /// Takes the next line, without its end. `Some`: the head ends with it.
    ///
    /// # Errors
    /// [`Fault`] for what could be read in two ways.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Framing>, Fault> {
        match line.first() {
            // Empty lines before a request are ignored, as RFC 9112 2.2 wants it.
            None if !self.has_begun => Ok(None),
            None => Ok(Some(self.framing())),
            Some(_) if !self.has_begun => {
                self.has_begun = true;
                if line.contains(&b'#') { Err(Fault::Fragment) } else { Ok(None) }
            }
            Some(b'c' | b'C') => self.length(line).map(|()| None),
            Some(b't' | b'T') => self.coding(line).map(|()| None),
            Some(_) => Ok(None),
        }
    }

    fn framing(&self) -> Framing {
        if self.is_chunked { Framing::Chunked } else { Framing::Length(self.length.unwrap_or(0)) }
    }

    fn length(&mut self, line: &[u8]) -> Result<(), Fault> {
        let Some(value) = value_of(line, CONTENT_LENGTH) else { return Ok(()) };
        let length = decimal(value).ok_or(Fault::BadLength)?;
        if self.is_chunked {
            return Err(Fault::LengthBesideChunks);
        }
        if self.length.replace(length).is_some() { Err(Fault::TwoLengths) } else { Ok(()) }
    }

    fn coding(&mut self, line: &[u8]) -> Result<(), Fault> {
        let Some(value) = value_of(line, TRANSFER_ENCODING) else { return Ok(()) };
        if self.length.is_some() {
            return Err(Fault::LengthBesideChunks);
        }
        if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Fault::NotChunked);
        }
        self.is_chunked = true;
        Ok(())
    }
}

/// The value of a line whose name and colon are these, in any case.
fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (begin, value) = line.split_at_checked(name.len())?;
    begin.eq_ignore_ascii_case(name).then(|| trim(value))
}

/// Without the blanks that may surround a value; no other white space counts as one.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Digits only. Below 2^63: nothing is as long, and others read it as a signed number.
fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: u64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    i64::try_from(length).is_ok().then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Framing, Fault> {
        let mut head = Head::default();
        for line in ["", "POST /a HTTP/1.1", "Host: a"].iter().chain(lines) {
            assert_eq!(head.line(line.as_bytes())?, None);
        }
        head.line(b"").map(|framing| framing.unwrap())
    }

    #[test]
    fn where_a_body_ends() {
        let table: [(&[&str], Result<Framing, Fault>); 19] = [
            (&[], Ok(Framing::Length(0))),
            (&["Content-Length: 5"], Ok(Framing::Length(5))),
            (&["CONTENT-LENGTH:\t 05 "], Ok(Framing::Length(5))),
            (&["Transfer-Encoding: Chunked"], Ok(Framing::Chunked)),
            (&["content-length-x: 5", "transfer-encodings: x", "t: 1", "c: 1"], Ok(Framing::Length(0))),
            (&["content-length: 5", "content-length: 5"], Err(Fault::TwoLengths)),
            (&["content-length: 5", "content-length: 6"], Err(Fault::TwoLengths)),
            (&["content-length: 5, 5"], Err(Fault::BadLength)),
            (&["content-length:"], Err(Fault::BadLength)),
            (&["content-length: +5"], Err(Fault::BadLength)),
            (&["content-length: -5"], Err(Fault::BadLength)),
            (&["content-length: 0x5"], Err(Fault::BadLength)),
            (&["content-length: 9223372036854775808"], Err(Fault::BadLength)),
            (&["content-length: 99999999999999999999999"], Err(Fault::BadLength)),
            (&["content-length: 5", "transfer-encoding: chunked"], Err(Fault::LengthBesideChunks)),
            (&["transfer-encoding: chunked", "content-length: 0"], Err(Fault::LengthBesideChunks)),
            (&["transfer-encoding: gzip, chunked"], Err(Fault::NotChunked)),
            (&["transfer-encoding: \x0bchunked"], Err(Fault::NotChunked)),
            (&["transfer-encoding: chunked", "transfer-encoding: chunked"], Err(Fault::NotChunked)),
        ];
        for (lines, expected) in table {
            assert_eq!(read(lines), expected, "{lines:?}");
        }
        assert_eq!(Head::default().line(b"GET /a#b HTTP/1.1"), Err(Fault::Fragment));
    }
}
