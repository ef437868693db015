//! The chunks of a chunked body, read as their bytes come.

use super::broken::Broken;

/// The line of a chunk's size may be this long.
const CHUNK_LINE_BYTES_MAX: usize = 256;

/// Where in a chunked body the bytes stand.
pub(super) enum Chunk {
    /// In the line with a chunk's size.
    Line(Vec<u8>),
    /// In its data, and the line end behind it.
    Data { left: u64, line_end: u64 },
    /// Behind the last chunk, in the line with this many bytes so far.
    Trailer { line_bytes: usize },
}

/// What one step through a chunked body made of the bytes.
pub(super) struct Step<'a> {
    /// Of the body itself.
    pub(super) part: &'a [u8],
    pub(super) rest: &'a [u8],
    /// The body ends here.
    pub(super) is_last: bool,
}

impl Default for Chunk {
    /// Before the first.
    fn default() -> Self {
        Self::Line(Vec::new())
    }
}

impl Chunk {
    pub(super) fn step<'a>(&mut self, bytes: &'a [u8]) -> Result<Step<'a>, Broken> {
        match self {
            Self::Line(line) => {
                let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                    line.extend_from_slice(bytes);
                    let too_long = line.len() > CHUNK_LINE_BYTES_MAX;
                    return if too_long { Err(Broken::Response("no chunk")) } else { Ok(Step::over(&[])) };
                };
                line.extend_from_slice(&bytes[..end]);
                *self = match chunk_size(line)? {
                    0 => Self::Trailer { line_bytes: 0 },
                    size => Self::Data { left: size, line_end: 2 },
                };
                Ok(Step::over(&bytes[end + 1..]))
            }
            Self::Data { left: 0, line_end } => {
                let (skipped, rest) = split(bytes, *line_end);
                *line_end -= skipped.len() as u64;
                if *line_end == 0 {
                    *self = Self::default();
                }
                Ok(Step::over(rest))
            }
            Self::Data { left, .. } => {
                let (part, rest) = split(bytes, *left);
                *left -= part.len() as u64;
                Ok(Step { part, rest, is_last: false })
            }
            Self::Trailer { line_bytes } => {
                let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                    *line_bytes += bytes.len();
                    return Ok(Step::over(&[]));
                };
                let is_last = *line_bytes + end <= 1;
                *line_bytes = 0;
                Ok(Step { is_last, ..Step::over(&bytes[end + 1..]) })
            }
        }
    }
}

impl<'a> Step<'a> {
    /// A step over bytes that are no part of the body.
    fn over(rest: &'a [u8]) -> Self {
        Self { part: &[], rest, is_last: false }
    }
}

fn chunk_size(line: &[u8]) -> Result<u64, Broken> {
    let text = str::from_utf8(line).unwrap_or_default();
    let digits = text.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).map_err(|_| Broken::Response("a chunk's size is no number"))
}

/// The first bytes, at most `at_most`, and the others.
pub(super) fn split(bytes: &[u8], at_most: u64) -> (&[u8], &[u8]) {
    bytes.split_at(usize::try_from(at_most).unwrap_or(usize::MAX).min(bytes.len()))
}
