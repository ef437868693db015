//! Other people's words in a line of fields: whatever they are, they stay in their field and in their line.

use std::fmt;

/// Displays visible ASCII as it is, but for `"` and `\`; every other byte as `\xNN`. Nothing: `-`.
pub(super) struct Escaped<'a>(pub(super) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("-");
        }
        let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let mut rest = self.0;
        while !rest.is_empty() {
            let plain = rest.iter().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
            let (before, after) = rest.split_at(plain);
            f.write_str(std::str::from_utf8(before).map_err(|_| fmt::Error)?)?;
            rest = after;
            if let Some((byte, after)) = rest.split_first() {
                write!(f, "\\x{byte:02x}")?;
                rest = after;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_field_or_its_line() {
        let table: [(&[u8], &str); 6] = [
            (b"/orders/42", "/orders/42"),
            (b"", "-"),
            (b"/a\" 200 \\", r"/a\x22\x20200\x20\x5c"),
            (b"/\r\n2026", r"/\x0d\x0a2026"),
            ("/ä\u{1b}[2J".as_bytes(), r"/\xc3\xa4\x1b[2J"),
            (b"\xff\x00x", r"\xff\x00x"),
        ];
        for (given, expected) in table {
            assert_eq!(Escaped(given).to_string(), expected);
        }
    }
}
