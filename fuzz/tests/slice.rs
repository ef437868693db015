//! A short, seeded slice of the fuzzing: every seed, and mutations of it.

use fuzz::seeds;

/// Mutations tried of each target.
const MUTATIONS: usize = 5_000;
/// The same every time; `fuzz/run` is for new ones.
const SEED: u64 = 0x6575_7275_7300;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    #[allow(clippy::cast_possible_truncation)] // The remainder is below a usize.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// One to four changes: bytes flipped, pieces dropped, doubled, or taken from another seed.
fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let (one, other) = (random.below(bytes.len() + 1), random.below(bytes.len() + 1));
        let (start, end) = (one.min(other), one.max(other).min(one.min(other) + 200));
        match random.below(4) {
            0 if start < bytes.len() => bytes[start] = random.next().to_le_bytes()[0],
            1 => drop(bytes.drain(start..end)),
            2 => {
                let piece = bytes[start..end].to_vec();
                bytes.splice(end..end, piece);
            }
            _ => {
                let donor = &seeds[random.below(seeds.len())];
                let from = random.below(donor.len());
                let piece = donor[from..donor.len().min(from + 100)].to_vec();
                bytes.splice(start..end, piece);
            }
        }
    }
    bytes
}

fn slice(target: &str, property: fn(&[u8])) {
    let seeds: Vec<Vec<u8>> =
        seeds::all().into_iter().filter(|(of, _)| *of == target).map(|(_, bytes)| bytes).collect();
    assert!(!seeds.is_empty(), "no seeds for {target}");
    seeds.iter().for_each(|seed| property(seed));
    let mut random = Random(SEED);
    for number in 0..MUTATIONS {
        let bytes = mutated(&seeds, &mut random);
        let outcome = std::panic::catch_unwind(|| property(&bytes));
        assert!(outcome.is_ok(), "{target}, mutation {number}: {:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn json() {
    slice("json", fuzz::json);
}

#[test]
fn xml() {
    slice("xml", fuzz::xml);
}

#[test]
fn batch() {
    slice("batch", fuzz::batch);
}

#[test]
fn request() {
    slice("request", fuzz::http::request);
}

#[test]
fn headers() {
    slice("headers", fuzz::http::headers);
}

#[test]
fn chunks() {
    slice("chunks", fuzz::http::chunks);
}

#[test]
fn answer() {
    slice("answer", fuzz::http::answer);
}

#[test]
fn config() {
    slice("config", fuzz::config);
}
