//! A second reading of a caller's bytes, beside hyper's. hyper is lenient where the next server may not be: it ends a line
//! at a bare LF, drops a length that stands beside chunks, takes the first of two equal lengths and cuts a fragment off
//! the target, and none of it can be seen in what it hands on. This reading is strict, finds where each message ends on its
//! own, and must come to the same framing as hyper's for each request: otherwise the request is refused and the
//! connection closed.
//!
//! | module | what |
//! |---|---|
//! | [`head`] | one line, and one head: where its body ends, or what is wrong with it |
//! | [`chunks`] | where a body in chunks ends |
//! | [`reading`] | a connection's bytes, in the pieces in which they come |
//! | [`verdicts`] | what was read, for the request path |
//! | `judged_stream` | the stream below hyper that lets the reading see its bytes |

pub mod chunks;
pub mod head;
mod judged_stream;
pub mod reading;
pub mod verdicts;

use std::fmt;

pub use judged_stream::JudgedStream;

/// Where a request's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes.
    Length(u64),
    /// With its last chunk.
    Chunked,
}

/// What is wrong with a caller's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line ends with LF alone.
    BareLf,
    /// The target has a part behind '#'.
    Fragment,
    /// More than one `Content-Length`.
    TwoLengths,
    /// `Content-Length` is not a decimal number below 2^63.
    BadLength,
    /// `Content-Length` beside `Transfer-Encoding`.
    LengthBesideChunks,
    /// `Transfer-Encoding` is not `chunked`, once and alone.
    NotChunked,
    /// A head of more bytes than are allowed.
    HeadTooLong,
    /// A chunk's size is no hexadecimal number of 1 to 16 digits, or what follows it is no extension.
    BadChunkSize,
    /// The line of a chunk's size, with its extensions, is too long.
    ChunkLineTooLong,
    /// A chunk does not end with CR LF.
    BadChunkEnd,
    /// A trailer's line does not end with CR LF.
    BadTrailer,
    /// The two readings differ on where a message ends.
    OutOfStep,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareLf => "a line ends with LF alone; lines end with CR LF",
            Self::Fragment => "the target has a fragment (#)",
            Self::TwoLengths => "more than one Content-Length",
            Self::BadLength => "Content-Length is not a decimal number",
            Self::LengthBesideChunks => "both Content-Length and Transfer-Encoding",
            Self::NotChunked => "Transfer-Encoding is not 'chunked', once and alone",
            Self::HeadTooLong => "the head is too long",
            Self::BadChunkSize => "a chunk's size line is malformed",
            Self::ChunkLineTooLong => "a chunk's size line is too long",
            Self::BadChunkEnd => "a chunk does not end with CR LF",
            Self::BadTrailer => "a trailer is malformed",
            Self::OutOfStep => "where the message ends can be read in two ways",
        })
    }
}

impl std::error::Error for Fault {}
