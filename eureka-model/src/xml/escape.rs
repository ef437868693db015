//! Text as XML.

/// What stands for a character that no XML 1.0 document may have, not even as a reference.
const REPLACEMENT: &str = "\u{fffd}";

/// Appends `text` as the content of an element. A line break is written as a reference: a list may indent an
/// element anew by its line ends, and no reader then trims or normalises it.
pub(super) fn push_text(out: &mut Vec<u8>, text: &str) {
    let mut copied = 0;
    for (place, character) in text.char_indices() {
        let written = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&apos;",
            '\n' => "&#xa;",
            '\r' => "&#xd;",
            '\t' | ' '..='\u{7e}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => continue,
            '\u{7f}'..='\u{9f}' => "",
            _ => REPLACEMENT,
        };
        out.extend_from_slice(&text.as_bytes()[copied..place]);
        copied = place + character.len_utf8();
        if written.is_empty() {
            push_reference(out, character);
        }
        out.extend_from_slice(written.as_bytes());
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
}

/// Controls above ASCII are legal but unloved; readers take them as references.
fn push_reference(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(format!("&#x{:x};", u32::from(character)).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_line_ends_and_forbidden_characters() {
        let table = [
            ("a b<&>\"'", "a b&lt;&amp;&gt;&quot;&apos;"),
            ("żółć ☃ \u{1f600}\t", "żółć ☃ \u{1f600}\t"),
            ("a\r\nb", "a&#xd;&#xa;b"),
            ("\u{0}\u{1}\u{ffff}", "\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{7f}\u{85}", "&#x7f;&#x85;"),
        ];
        for (text, escaped) in table {
            let mut out = Vec::new();
            push_text(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), escaped);
        }
    }
}
