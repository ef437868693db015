//! Answers that came compressed.

use std::io::{self, Read as _};

use flate2::read::MultiGzDecoder;

/// The bytes; `None` when they are more than allowed.
pub(super) fn decompressed(body: &[u8], bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One more than allowed tells enough from too much.
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body).take(limit).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= bytes_max).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::decompressed;

    fn compressed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn within_the_limit_and_beyond() {
        let body = compressed(b"12345");
        for (limit, whole) in [(6, true), (5, true), (4, false), (0, false)] {
            let expected = whole.then(|| b"12345".to_vec());
            assert_eq!(decompressed(&body, limit).unwrap(), expected, "{limit}");
        }
        // Tiny on its way, huge in memory.
        assert_eq!(decompressed(&compressed(&vec![0; 10 << 20]), 1 << 20).unwrap(), None);
    }

    #[test]
    fn what_is_no_gzip_or_not_all_of_it_is_an_error() {
        let body = compressed(b"12345");
        for bad in [&b"not gzip"[..], &body[..body.len() - 4], &body[..5]] {
            assert!(decompressed(bad, 100).is_err(), "{}", bad.escape_ascii());
        }
        let two = [body.clone(), body].concat();
        assert_eq!(decompressed(&two, 100).unwrap(), Some(b"1234512345".to_vec()), "one after the other");
    }
}
