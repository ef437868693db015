//! Bodies that both sides can compute: each byte follows from the request's number, who sends it, and its place.

use bytes::Bytes;

/// Of a computed body, at most this much is made at a time.
pub(super) const PIECE_BYTES: u64 = 16 * 1024;
const WORD: u64 = 8;

/// Who sends it: the two bodies of one request differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Caller,
    Instance,
}

/// One body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    number: u64,
    salt: u64,
}

impl Content {
    pub(super) fn of(number: u64, sender: Sender) -> Self {
        Self { number, salt: if sender == Sender::Caller { 0x5eed } else { 0xa115_3e4d } }
    }

    /// One of several messages of a request.
    pub(super) fn message(self, message: u64) -> Self {
        Self { salt: mixed(self.salt ^ (message + 1)), ..self }
    }

    /// Eight bytes of it (SplitMix64).
    fn word(self, index: u64) -> [u8; 8] {
        mixed(self.number.rotate_left(32) ^ self.salt.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .to_le_bytes()
    }

    /// What stands from this place on.
    pub(super) fn piece(self, offset: u64, length: u64) -> Bytes {
        let first = offset / WORD;
        let last = (offset + length).div_ceil(WORD);
        let words: Vec<u8> = (first..last).flat_map(|index| self.word(index)).collect();
        let skipped = usize::try_from(offset % WORD).unwrap_or_default();
        let length = usize::try_from(length).unwrap_or_default();
        Bytes::from(words).slice(skipped..skipped + length)
    }

    /// All of it: for messages, which are small.
    pub(super) fn whole(self, length: u64) -> Bytes {
        self.piece(0, length)
    }

    /// The place of the first byte that is another one.
    pub(super) fn first_difference(self, offset: u64, seen: &[u8]) -> Option<u64> {
        let expected = self.piece(offset, seen.len() as u64);
        if expected == seen {
            return None;
        }
        let place = expected.iter().zip(seen).position(|(expected, seen)| expected != seen)?;
        Some(offset + place as u64)
    }
}

fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Looks along a body as it comes.
#[derive(Debug)]
pub(super) struct Reading {
    content: Content,
    pub(super) seen: u64,
    pub(super) wrong_at: Option<u64>,
}

impl Reading {
    pub(super) fn of(content: Content) -> Self {
        Self { content, seen: 0, wrong_at: None }
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        if self.wrong_at.is_none() {
            self.wrong_at = self.content.first_difference(self.seen, piece);
        }
        self.seen += piece.len() as u64;
    }

    /// What is wrong with a body that has ended as if it were whole.
    pub(super) fn verdict(&self, length: u64) -> Result<(), String> {
        match self.wrong_at {
            Some(place) => Err(format!("byte {place} of {length} is another one")),
            None if self.seen != length => Err(format!("{} bytes instead of {length}, as if they were all", self.seen)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_parts_of_the_whole_wherever_they_are_cut() {
        let content = Content::of(7, Sender::Caller);
        let whole = content.whole(100);
        for (offset, length) in [(0, 0), (0, 1), (3, 9), (8, 8), (15, 70), (99, 1)] {
            let cut = usize::try_from(offset).unwrap()..usize::try_from(offset + length).unwrap();
            assert_eq!(content.piece(offset, length), whole[cut]);
        }
        assert_ne!(whole, Content::of(8, Sender::Caller).whole(100));
        assert_ne!(whole, Content::of(7, Sender::Instance).whole(100));
        assert_ne!(whole, content.message(0).whole(100));
        assert_ne!(content.message(1).whole(8), content.message(0).whole(8));
    }

    #[test]
    fn what_is_wrong_with_a_body_is_seen() {
        let content = Content::of(7, Sender::Instance);
        let read = |pieces: &[&[u8]]| {
            let mut reading = Reading::of(content);
            pieces.iter().for_each(|piece| reading.take(piece));
            reading.verdict(20)
        };
        let whole = content.whole(20);
        let mut flipped = whole.to_vec();
        flipped[13] ^= 1;
        assert_eq!(read(&[&whole[..5], &whole[5..]]), Ok(()));
        assert_eq!(read(&[&flipped[..5], &flipped[5..]]), Err("byte 13 of 20 is another one".to_owned()));
        assert_eq!(read(&[&whole[..19]]), Err("19 bytes instead of 20, as if they were all".to_owned()));
        assert_eq!(read(&[&whole, b"x"]).unwrap_err(), "byte 20 of 20 is another one");
    }
}
