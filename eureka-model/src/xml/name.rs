//! Metadata keys as element names, in the code of Java's XStream: `_` is written `__`, `$` is `_-`, and any other
//! character that a name may not have is `_.` with four hexadecimal digits for each of its UTF-16 units.

use std::borrow::Cow;

/// Our name for the empty key, which XStream has no name for; no other key is written so.
const EMPTY: &str = "_.";

/// Appends the element name for a key.
pub(super) fn push_encoded(out: &mut Vec<u8>, key: &str) {
    if key.is_empty() {
        out.extend_from_slice(EMPTY.as_bytes());
    }
    for (place, character) in key.char_indices() {
        match character {
            '_' => out.extend_from_slice(b"__"),
            '$' => out.extend_from_slice(b"_-"),
            _ if is_start(character) || (place > 0 && is_further(character)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("_.{unit:04x}").as_bytes());
                }
            }
        }
    }
}

/// The key that an element name stands for. What is no code stands for itself: other clients write `my_key`.
pub(super) fn decoded(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return Cow::Borrowed(name);
    }
    if name == EMPTY {
        return Cow::Borrowed("");
    }
    let mut units: Vec<u16> = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some(character) = rest.chars().next() {
        let (unit, length) = match coded_unit(rest) {
            Some(coded) => coded,
            None => {
                units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
                rest = &rest[character.len_utf8()..];
                continue;
            }
        };
        units.push(unit);
        rest = &rest[length..];
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}

/// The UTF-16 unit coded at the start, and the length of its code.
fn coded_unit(text: &str) -> Option<(u16, usize)> {
    if text.starts_with("__") {
        return Some((u16::from(b'_'), 2));
    }
    if text.starts_with("_-") {
        return Some((u16::from(b'$'), 2));
    }
    let digits =
        text.strip_prefix("_.")?.get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok().map(|unit| (unit, 6))
}

/// As XStream has it, but for the colon: a key like `a:b` would be a prefix that nobody declared, and readers that
/// know namespaces would refuse the whole list.
const fn is_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}')
}

/// What a name may have beyond its first character.
const fn is_further(character: char) -> bool {
    matches!(character,
        '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names() {
        let table = [
            ("management.port", "management.port"),
            ("my_key", "my__key"),
            ("a$b", "a_-b"),
            ("a b", "a_.0020b"),
            ("1st", "_.0031st"),
            ("a:b", "a_.003ab"),
            ("😀", "_.d83d_.de00"),
            ("", "_."),
            ("_.", "__."),
            ("żółć", "żółć"),
        ];
        for (key, name) in table {
            let mut out = Vec::new();
            push_encoded(&mut out, key);
            assert_eq!(String::from_utf8(out).unwrap(), name);
            assert_eq!(decoded(name), key);
        }
        assert_eq!(decoded("my_key"), "my_key");
        assert_eq!(decoded("a_.00zz"), "a_.00zz");
        assert_eq!(decoded("a_.00é"), "a_.00é");
    }
}
