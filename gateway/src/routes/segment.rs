//! One segment of a path pattern, or one label of a host pattern.

use regex::bytes::{Regex, RegexBuilder};

/// The most memory that one pattern may be compiled to, bytes.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// One character of UTF-8.
const ONE: &str = r"(?:[\x00-\x7F]|[\xC0-\xFF][\x80-\xBF]*)";

/// What a segment may be.
#[derive(Clone, Debug)]
pub(crate) enum Segment {
    /// As it stands.
    Literal(Box<[u8]>),
    /// `*` and `{name}`: anything but nothing.
    Any(Option<Box<str>>),
    /// `*.png`, `a?c`, `{name:[a-z]+}`, `v{major}.{minor}`.
    Shaped(Shape),
}

/// A segment of which a part is free.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// As it was written: two of one text are one.
    pub(super) text: Box<str>,
    regex: Regex,
    /// In the order of their groups, which are called `v0`, `v1` and so on.
    names: Vec<Box<str>>,
}

impl Shape {
    pub(super) fn fits(&self, value: &[u8]) -> bool {
        self.regex.is_match(value)
    }
}

impl Segment {
    /// Reads one; what is wrong with it, if it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any(None));
        }
        if !text.contains(['*', '?', '{', '}']) {
            return Ok(Self::Literal(text.as_bytes().into()));
        }
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
            && !name.contains(['{', '}', ':', '*', '?'])
        {
            return Ok(Self::Any(Some(variable_name(name)?.into())));
        }
        shape(text).map(Self::Shaped)
    }

    pub(super) fn fits(&self, value: &[u8]) -> bool {
        match self {
            Self::Literal(literal) => **literal == *value,
            Self::Any(_) => !value.is_empty(),
            Self::Shaped(shape) => shape.fits(value),
        }
    }

    /// The names that it gives to what is free.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Any(name) => name.as_deref().into_iter().collect(),
            Self::Shaped(shape) => shape.names.iter().map(|name| &**name).collect(),
        }
    }

    /// What its names stand for in a value that fits.
    pub(super) fn capture(&self, value: &[u8], add: &mut dyn FnMut(&str, &[u8])) {
        match self {
            Self::Literal(_) => {}
            Self::Any(name) => name.iter().for_each(|name| add(name, value)),
            Self::Shaped(shape) => {
                let Some(found) = shape.regex.captures(value) else { return };
                for (place, name) in shape.names.iter().enumerate() {
                    add(name, found.name(&format!("v{place}")).map_or(b"", |group| group.as_bytes()));
                }
            }
        }
    }
}

fn shape(text: &str) -> Result<Shape, String> {
    let (mut source, mut names) = (String::from("(?s)^(?:"), Vec::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        rest = match first {
            '*' => {
                source.push_str(".*");
                after
            }
            '?' => {
                source.push_str(ONE);
                after
            }
            '{' => {
                let end = closing(after).ok_or("a { is not closed")?;
                let (name, shape) = after[..end].split_once(':').unwrap_or((&after[..end], ".*"));
                source.push_str(&format!("(?P<v{}>{shape})", names.len()));
                names.push(variable_name(name)?.into());
                &after[end + 1..]
            }
            '}' => return Err("a } closes nothing".to_owned()),
            other => {
                source.push_str(&regex::escape(other.encode_utf8(&mut [0; 4])));
                after
            }
        };
    }
    source.push_str(")$");
    Ok(Shape { text: text.into(), regex: compiled(&source)?, names })
}

/// Where the brace is closed that stands before.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (place, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(place),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn variable_name(name: &str) -> Result<&str, String> {
    let mut letters = name.chars();
    let is_name = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if is_name { Ok(name) } else { Err(format!("'{name}' is no name of a variable")) }
}

/// A regular expression over bytes; `\d` and the like are ASCII, as in Java. It takes time in proportion to what it is
/// applied to, whatever it says; memory is bounded. What it works with is taken without waiting: where two threads want it
/// at the same moment, one makes its own.
pub(crate) fn compiled(source: &str) -> Result<Regex, String> {
    let one_line = |error: &regex::Error| error.to_string().lines().last().unwrap_or_default().trim().to_owned();
    RegexBuilder::new(source)
        .unicode(false)
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(COMPILED_BYTES_MAX)
        .build()
        .map_err(|error| format!("it is no regular expression that can be used: {}", one_line(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments() {
        for (pattern, value, fits) in [
            ("a", "a", true),
            ("a", "A", false),
            ("*", "x", true),
            ("*", "", false),
            ("{x}", "x", true),
            ("{x}", "", false),
            ("*.png", "a.png", true),
            ("*.png", "apng", false),
            ("a?c", "abc", true),
            ("a?c", "a\u{e9}c", true),
            ("a?c", "ac", false),
            ("{id:\\d{3}}", "123", true),
            ("{id:\\d{3}}", "1234", false),
            ("{id:\\d+}", "\u{663}", false),
            ("v{major}.{minor}", "v1.2", true),
            ("a|b*", "a", false),
            ("a.b?", "axbc", false),
        ] {
            assert_eq!(Segment::parse(pattern).unwrap().fits(value.as_bytes()), fits, "{pattern} {value}");
        }
    }

    #[test]
    fn what_is_free_has_names() {
        let segment = Segment::parse("v{major}.{minor:[0-9]+}").unwrap();
        let mut found = Vec::new();
        segment.capture(b"v1.23", &mut |name, value| found.push((name.to_owned(), value.to_vec())));
        assert_eq!(found, [("major".to_owned(), b"1".to_vec()), ("minor".to_owned(), b"23".to_vec())]);
    }

    #[test]
    fn what_is_none_is_refused() {
        for pattern in ["{", "{a", "a}", "{a b}", "{}", "{1a}", "{a:(}", "{a:(?=x)}", "x{a:(?:\\w{999}){999}}"] {
            assert!(Segment::parse(pattern).is_err(), "{pattern}");
        }
    }
}
