//! Java's `.properties` format, as Spring Boot reads it: with `#---` between documents.

/// Something that is no properties file, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) why: String,
}

/// Documents of names and values, in their order.
pub(super) fn parse(text: &str) -> Result<Vec<Vec<(String, String)>>, Malformed> {
    let lines: Vec<&str> = natural_lines(text.trim_start_matches('\u{feff}'));
    let mut documents = vec![Vec::new()];
    let mut at = 0;
    while at < lines.len() {
        let first = at;
        at += 1;
        if is_separator(&lines, first) {
            documents.push(Vec::new());
            continue;
        }
        let start = lines[first].trim_start_matches(is_blank);
        if start.is_empty() || start.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = start.to_owned();
        while continues(&logical) {
            logical.pop();
            let Some(next) = lines.get(at) else { break };
            logical.push_str(next.trim_start_matches(is_blank));
            at += 1;
        }
        let entry = entry(&logical).map_err(|why| Malformed { line: first + 1, why })?;
        if let Some(document) = documents.last_mut() {
            document.push(entry);
        }
    }
    Ok(documents)
}

/// Lines end with `\n`, `\r` or `\r\n`.
fn natural_lines(text: &str) -> Vec<&str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r')).collect()
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

/// `#---` or `!---` alone, unless a comment of the same kind stands directly before or after it.
fn is_separator(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim_end_matches(is_blank);
    if line != "#---" && line != "!---" {
        return false;
    }
    let prefix = &line[..1];
    let is_comment = |neighbour: Option<&&str>| neighbour.is_some_and(|line| line.starts_with(prefix));
    !is_comment(at.checked_sub(1).and_then(|before| lines.get(before))) && !is_comment(lines.get(at + 1))
}

/// An odd number of backslashes at its end joins a line with the next.
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn entry(line: &str) -> Result<(String, String), String> {
    let mut escaped = false;
    let end = line.char_indices().find(|(_, c)| {
        let ends = !escaped && (is_blank(*c) || matches!(c, '=' | ':'));
        escaped = *c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.map_or(line.len(), |(at, _)| at));
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(is_blank);
    Ok((unescape(key)?, unescape(value)?))
}

fn unescape(text: &str) -> Result<String, String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next() {
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let unit =
                        u16::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4 && !digits.starts_with('+'));
                    units.push(
                        unit.ok_or_else(|| format!("\\u{digits} is not valid: expected four hexadecimal digits"))?,
                    );
                    continue;
                }
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\x0c',
                Some(other) => other,
                None => continue,
            },
            other => other,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).map_err(|_| "a \\u escape is half a character".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Vec<(String, String)> {
        let mut documents = parse(text).unwrap();
        assert_eq!(documents.len(), 1, "{text}");
        documents.remove(0)
    }

    #[test]
    fn lines_are_read_as_java_reads_them() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("a=b", &[("a", "b")]),
            ("  a : b ", &[("a", "b ")]),
            ("a b", &[("a", "b")]),
            ("a\t=\tb=c", &[("a", "b=c")]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("# a=b\n! c\n\n   # d\nx=#y", &[("x", "#y")]),
            ("a=b\\\n   c\\\n\td", &[("a", "bcd")]),
            ("a=b\\\\\nc=d", &[("a", "b\\"), ("c", "d")]),
            ("a\\ b\\=\\:c=d", &[("a b=:c", "d")]),
            ("a=\\u00e9\\uD83D\\uDE00\\n\\z", &[("a", "\u{e9}\u{1f600}\nz")]),
            ("a=1\r\nb=2\rc=3", &[("a", "1"), ("b", "2"), ("c", "3")]),
            ("\u{feff}a=1", &[("a", "1")]),
            ("a=b\\", &[("a", "b")]),
            ("=v", &[("", "v")]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(one(text), expected, "{text:?}");
        }
    }

    #[test]
    fn documents_are_separated_by_a_comment_of_three_dashes() {
        for (text, documents) in [
            ("a=1\n#---\nb=2", 2),
            ("a=1\n!---\nb=2\n#---\n", 3),
            ("a=1\n# ---\nb=2", 1),
            ("a=1\n #---\nb=2", 1),
            ("a=1\n#----\nb=2", 1),
            ("# x\n#---\nb=2", 1),
            ("a=1\n#---\n# x", 1),
            ("a=1\n#---\n! x", 2),
        ] {
            assert_eq!(parse(text).unwrap().len(), documents, "{text:?}");
        }
    }

    #[test]
    fn a_bad_escape_names_its_line() {
        for escape in ["\\u12", "\\u12g4", "\\u+123", "\\ud83d"] {
            let error = parse(&format!("a=1\n\nb={escape}")).unwrap_err();
            assert_eq!(error.line, 3, "{escape}");
        }
    }

    /// What Java's `Properties.store` writes.
    fn stored(text: &str, is_key: bool) -> String {
        let mut stored = String::new();
        for (at, c) in text.chars().enumerate() {
            match c {
                ' ' if is_key || at == 0 => stored.push_str("\\ "),
                '\t' => stored.push_str("\\t"),
                '\n' => stored.push_str("\\n"),
                '\r' => stored.push_str("\\r"),
                '\x0c' => stored.push_str("\\f"),
                '=' | ':' | '#' | '!' | '\\' => stored.extend(['\\', c]),
                ' '..='~' => stored.push(c),
                c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| stored.push_str(&format!("\\u{unit:04X}"))),
            }
        }
        stored
    }

    proptest! {
        #[test]
        fn what_was_stored_is_read_again(entries in prop::collection::vec((any::<String>(), any::<String>()), 0..8)) {
            let text: String = entries.iter().map(|(k, v)| format!("{}={}\n", stored(k, true), stored(v, false))).collect();
            prop_assert_eq!(one(&text), entries);
        }

        #[test]
        fn no_text_makes_it_panic(text in "(.|[\\\\=: \t\r\n#!u-]){0,60}") {
            let _ = parse(&text);
        }
    }
}
