//! Whole numbers as decimal text, straight into a buffer.

/// Digits of an `i64` and its sign.
const TEXT_BYTES_MAX: usize = 20;

/// Appends `value` in decimal.
pub(crate) fn push(out: &mut Vec<u8>, value: i64) {
    let mut text = [0u8; TEXT_BYTES_MAX];
    let mut start = TEXT_BYTES_MAX;
    let mut rest = value.unsigned_abs();
    loop {
        start -= 1;
        // A remainder by ten always fits.
        text[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&text[start..]);
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_size_and_sign() {
        for value in [0, 7, -7, 10, 1_700_000_000_000, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            super::push(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }
}
