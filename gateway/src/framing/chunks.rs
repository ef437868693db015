//! Where a body in chunks ends. The sizes and the ends of lines are read as RFC 9112 has them and no other way; data and
//! what trailers say is passed over.

use super::Fault;

/// Digits of a chunk's size at most: more cannot be counted in 64 bits.
const SIZE_DIGITS_MAX: u32 = 16;

/// Bytes of extensions behind one size at most.
const EXTENSIONS_MAX: u32 = 4 * 1024;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Chunks {
    at: At,
    /// Blanks may stand behind a size: servers exist that pad it.
    takes_blanks: bool,
}

#[derive(Clone, Copy, Debug)]
enum At {
    Size { size: u64, digits: u32 },
    Blanks { size: u64 },
    Extensions { size: u64, count: u32 },
    SizeLf { size: u64 },
    Data { left: u64 },
    DataCr,
    DataLf,
    TrailerBegin,
    Trailer,
    TrailerLf,
    EndLf,
    End,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { at: At::Size { size: 0, digits: 0 }, takes_blanks: false }
    }
}

impl Chunks {
    /// Of an answer: what comes from an instance is read a little more leniently, and written anew.
    pub(crate) fn of_an_answer() -> Self {
        Self { takes_blanks: true, ..Self::default() }
    }

    /// Bytes of a chunk that come next; `None`: it is no data that comes.
    pub(crate) fn data_left(&self) -> Option<u64> {
        if let At::Data { left } = self.at { Some(left) } else { None }
    }

    /// Whether what comes next is of the trailers, or of the line that ends them.
    pub(crate) fn is_in_trailers(&self) -> bool {
        matches!(self.at, At::TrailerBegin | At::Trailer | At::TrailerLf | At::EndLf)
    }

    /// Takes bytes, as many as belong to the body: how many these are.
    ///
    /// # Errors
    /// [`Fault`] for what is malformed.
    pub fn read(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let mut taken = 0;
        while !self.has_ended()
            && let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty())
        {
            taken += match &mut self.at {
                At::Data { left } => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= count as u64;
                    if *left == 0 {
                        self.at = At::DataCr;
                    }
                    count
                }
                at => {
                    self.at = at.after(rest[0], self.takes_blanks)?;
                    1
                }
            };
        }
        Ok(taken)
    }

    /// Whether the body is over.
    pub fn has_ended(&self) -> bool {
        matches!(self.at, At::End)
    }
}

impl At {
    fn after(self, byte: u8, takes_blanks: bool) -> Result<Self, Fault> {
        match (self, byte) {
            (Self::Size { size, digits: 1.. } | Self::Blanks { size }, b' ' | b'\t') if takes_blanks => {
                Ok(Self::Blanks { size })
            }
            (Self::Size { size, digits }, _) => Self::after_size(size, digits, byte),
            (Self::Blanks { size }, b'\r') => Ok(Self::SizeLf { size }),
            (Self::Blanks { size }, b';') => Ok(Self::Extensions { size, count: 0 }),
            (Self::Blanks { .. }, _) => Err(Fault::BadChunkSize),
            (Self::Extensions { size, .. }, b'\r') => Ok(Self::SizeLf { size }),
            (Self::Extensions { count: EXTENSIONS_MAX.., .. }, _) => Err(Fault::ChunkLineTooLong),
            (Self::Extensions { size, count }, b'\t' | b' '..=b'~' | 0x80..) => {
                Ok(Self::Extensions { size, count: count + 1 })
            }
            (Self::Extensions { .. }, _) => Err(Fault::BadChunkSize),
            (Self::SizeLf { size: 0 }, b'\n') => Ok(Self::TrailerBegin),
            (Self::SizeLf { size }, b'\n') => Ok(Self::Data { left: size }),
            (Self::SizeLf { .. }, _) => Err(Fault::BadChunkSize),
            (Self::DataCr, b'\r') => Ok(Self::DataLf),
            (Self::DataLf, b'\n') => Ok(Self::Size { size: 0, digits: 0 }),
            (Self::DataCr | Self::DataLf, _) => Err(Fault::BadChunkEnd),
            (Self::TrailerBegin, b'\r') => Ok(Self::EndLf),
            (Self::Trailer, b'\r') => Ok(Self::TrailerLf),
            (Self::TrailerBegin | Self::Trailer, b'\n') => Err(Fault::BadTrailer),
            (Self::TrailerBegin | Self::Trailer, _) => Ok(Self::Trailer),
            (Self::TrailerLf, b'\n') => Ok(Self::TrailerBegin),
            (Self::EndLf, b'\n') => Ok(Self::End),
            (Self::TrailerLf | Self::EndLf, _) => Err(Fault::BadTrailer),
            (Self::Data { .. } | Self::End, _) => Ok(self),
        }
    }

    fn after_size(size: u64, digits: u32, byte: u8) -> Result<Self, Fault> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            let is_countable = digits < SIZE_DIGITS_MAX;
            let next = Self::Size { size: size << 4 | u64::from(digit), digits: digits + 1 };
            return if is_countable { Ok(next) } else { Err(Fault::BadChunkSize) };
        }
        match byte {
            b'\r' if digits > 0 => Ok(Self::SizeLf { size }),
            b';' if digits > 0 => Ok(Self::Extensions { size, count: 0 }),
            _ => Err(Fault::BadChunkSize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes the body has, once it has ended.
    type End = Result<Option<usize>, Fault>;

    /// Whole, and byte by byte.
    fn read(bytes: &[u8]) -> End {
        let mut whole = Chunks::default();
        let outcome = whole.read(bytes).map(|taken| whole.has_ended().then_some(taken));
        let mut single = Chunks::default();
        let mut taken = 0;
        let by_byte = bytes.iter().try_for_each(|byte| single.read(&[*byte]).map(|count| taken += count));
        assert_eq!(outcome, by_byte.map(|()| single.has_ended().then_some(taken)), "{:?}", bytes.escape_ascii());
        outcome
    }

    #[test]
    fn where_chunks_end() {
        let table: [(&[u8], End); 20] = [
            (b"0\r\n\r\n", Ok(Some(5))),
            (b"5\r\nhello\r\n0\r\n\r\nGET", Ok(Some(15))),
            (b"05;a=\"b\"\r\nhello\r\n00\r\nx-sum: 1\r\ny: 2\r\n\r\nG", Ok(Some(39))),
            (b"A\r\n\r\n0\r\n\r\n12", Ok(None)),
            (b"5\r\nhel", Ok(None)),
            (b"", Ok(None)),
            (b"ffffffffffffffff\r\n", Ok(None)),
            (b"00000000000000000\r\n", Err(Fault::BadChunkSize)),
            (b"10000000000000000\r\n", Err(Fault::BadChunkSize)),
            (b"\r\n", Err(Fault::BadChunkSize)),
            (b"-1\r\n", Err(Fault::BadChunkSize)),
            (b"0x5\r\nhello", Err(Fault::BadChunkSize)),
            (b"5 \r\nhello", Err(Fault::BadChunkSize)),
            (b"5\nhello", Err(Fault::BadChunkSize)),
            (b"5;a\nhello", Err(Fault::BadChunkSize)),
            (b"5;\rahello", Err(Fault::BadChunkSize)),
            (b"5;\0\r\nhello", Err(Fault::BadChunkSize)),
            (b"5\r\nhello0\r\n\r\n", Err(Fault::BadChunkEnd)),
            (b"0\r\nx: 1\n\r\n", Err(Fault::BadTrailer)),
            (b"0\r\nx: 1\r\r\n\r\n", Err(Fault::BadTrailer)),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(bytes), expected, "{}", bytes.escape_ascii());
        }
        let long = [b"5;".as_slice(), &[b'a'; EXTENSIONS_MAX as usize + 1]].concat();
        assert_eq!(read(&long), Err(Fault::ChunkLineTooLong));
    }
}
