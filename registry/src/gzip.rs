//! A gzip member put together from blocks that were compressed on their own, so that a list of which little changed
//! is compressed again only where it changed.
//!
//! Each block is deflated by a fresh compressor and flushed: it refers to nothing before it and ends on a byte. Blocks
//! can therefore follow each other in one deflate stream, and their checksums combine to the checksum of the whole.

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};

/// Magic, deflate, no flags, no time, no hints, unknown system (RFC 1952).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block with fixed codes (RFC 1951): ends the stream.
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];
/// How much work a piece is worth.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effort {
    /// What is compressed anew with every change. Lists repeat themselves: the fastest level already makes them a
    /// fifteenth.
    Quick,
    /// What stays and is sent many times: a third smaller than quickly done.
    Thorough,
}

impl Effort {
    const fn level(self) -> Compression {
        match self {
            Self::Quick => Compression::new(1),
            Self::Thorough => Compression::new(6),
        }
    }
}

/// A compressed piece that can stand anywhere in a member.
#[derive(Debug)]
pub(crate) struct Block {
    compressed: Box<[u8]>,
    checksum: Hasher,
    plain_len: usize,
}

impl Block {
    /// Compresses a piece. `None` when the compressor refuses, which it does not for bytes in memory.
    pub(crate) fn of(plain: &[u8], effort: Effort) -> Option<Self> {
        let mut checksum = Hasher::new();
        checksum.update(plain);
        let compressed = if plain.is_empty() { Vec::new() } else { deflate(plain, effort)? };
        Some(Self { compressed: compressed.into_boxed_slice(), checksum, plain_len: plain.len() })
    }

    /// How many bytes it stands for.
    pub(crate) fn plain_len(&self) -> usize {
        self.plain_len
    }
}

fn deflate(plain: &[u8], effort: Effort) -> Option<Vec<u8>> {
    let mut compress = Compress::new(effort.level(), false);
    let mut out = Vec::with_capacity(plain.len() / 8 + 64);
    loop {
        let read = usize::try_from(compress.total_in()).ok()?;
        let status = compress.compress_vec(&plain[read..], &mut out, FlushCompress::Full).ok()?;
        let all_read = compress.total_in() == plain.len() as u64;
        // With room left over the flush is complete.
        if all_read && out.len() < out.capacity() {
            return Some(out);
        }
        if status == Status::StreamEnd {
            return None;
        }
        out.reserve(out.capacity().max(1_024));
    }
}

/// A gzip member that grows block by block.
#[derive(Debug)]
pub(crate) struct Member {
    out: Vec<u8>,
    checksum: Hasher,
    plain_len: usize,
}

impl Member {
    pub(crate) fn new() -> Self {
        Self { out: HEADER.to_vec(), checksum: Hasher::new(), plain_len: 0 }
    }

    pub(crate) fn push(&mut self, block: &Block) {
        self.out.extend_from_slice(&block.compressed);
        self.checksum.combine(&block.checksum);
        self.plain_len += block.plain_len;
    }

    #[allow(clippy::cast_possible_truncation)] // The format stores the length modulo 2^32.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(&LAST_BLOCK);
        self.out.extend_from_slice(&self.checksum.finalize().to_le_bytes());
        self.out.extend_from_slice(&(self.plain_len as u32).to_le_bytes());
        self.out
    }
}

/// Compresses a whole at once, quickly.
pub(crate) fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    let mut member = Member::new();
    member.push(&Block::of(plain, Effort::Quick)?);
    Some(member.finish())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::bufread::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    /// What a strict reader makes of it: one member, right checksum and length, nothing left over.
    fn decompressed(gzip: &[u8]) -> Vec<u8> {
        let mut decoder = GzDecoder::new(gzip);
        let mut plain = Vec::new();
        decoder.read_to_end(&mut plain).unwrap();
        assert!(decoder.into_inner().is_empty(), "bytes after the member");
        plain
    }

    #[test]
    fn an_empty_member_is_valid() {
        assert_eq!(decompressed(&Member::new().finish()), b"");
        assert_eq!(decompressed(&compress(b"").unwrap()), b"");
    }

    #[test]
    fn what_repeats_becomes_small() {
        let plain = b"{\"instanceId\":\"host\"}".repeat(10_000);
        let gzip = compress(&plain).unwrap();
        assert_eq!(decompressed(&gzip), plain);
        assert!(gzip.len() < plain.len() / 50, "{} bytes", gzip.len());
    }

    #[test]
    fn what_does_not_compress_passes_through() {
        let mut state = 1u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .take(300_000)
        .collect();
        assert_eq!(decompressed(&compress(&noise).unwrap()), noise);
    }

    proptest! {
        #[test]
        fn blocks_in_any_order_make_one_valid_member(pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(0u8..8, 0..3_000)), 0..8)) {
            let mut member = Member::new();
            for (is_thorough, piece) in &pieces {
                let effort = if *is_thorough { Effort::Thorough } else { Effort::Quick };
                member.push(&Block::of(piece, effort).unwrap());
            }
            prop_assert_eq!(decompressed(&member.finish()), pieces.into_iter().flat_map(|(_, piece)| piece).collect::<Vec<_>>());
        }
    }
}
