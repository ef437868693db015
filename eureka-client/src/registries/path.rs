//! Application names and instance ids in a URL's path.

use std::fmt::Write as _;

/// One path segment. Colons stay, as Java's clients send them; a slash, a space, `;` (which Java's servers would cut
/// off as a matrix parameter) and everything else outside the unreserved set are encoded.
///
/// # Errors
/// Text that no encoding can carry: nothing, `.` and `..` (URL parsers resolve the dots even when encoded, and the
/// call would reach another resource).
pub(super) fn segment(text: &str) -> Result<String, String> {
    if matches!(text, "" | "." | "..") {
        return Err(format!("'{text}' cannot stand in a URL's path: use a name other than '', '.' and '..'"));
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => encoded.push(byte as char),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_encoded_as_registries_read_them() {
        for (text, encoded) in [
            ("10.0.0.1:java-service:8080", "10.0.0.1:java-service:8080"),
            ("a/b c", "a%2Fb%20c"),
            ("a;x=1?y#z", "a%3Bx%3D1%3Fy%23z"),
            ("50%", "50%25"),
            ("a+b", "a%2Bb"),
            ("...", "..."),
            ("ä", "%C3%A4"),
        ] {
            assert_eq!(segment(text).as_deref(), Ok(encoded));
        }
    }

    #[test]
    fn what_a_path_cannot_carry_is_refused() {
        for text in ["", ".", ".."] {
            assert!(segment(text).is_err(), "{text}");
        }
    }
}
