//! JSON strings.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` as a JSON string, escaped as Java's Jackson does: what must be, and nothing else.
pub(super) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (place, &byte) in bytes.iter().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..place]);
        copied = place + 1;
        push_escape(out, byte);
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 0xf)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_reads_back() {
        let text: String = (0..0x2100).filter_map(char::from_u32).chain(['\u{2028}', '\u{1f600}', '/']).collect();
        let mut out = Vec::new();
        push_string(&mut out, &text);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        let mut out = Vec::new();
        push_string(&mut out, "a/ż\"\\\n\u{1}\u{7f}");
        assert_eq!(String::from_utf8(out).unwrap(), "\"a/ż\\\"\\\\\\n\\u0001\u{7f}\"");
    }
}
