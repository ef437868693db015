//! Patterns of paths, as Spring's `PathPattern` has them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::path;
use super::segment::Segment;

/// What stands in a path as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One pattern.
#[derive(Clone, Debug)]
pub(crate) struct PathPattern {
    /// As it was written.
    pub(super) text: String,
    pub(super) segments: Vec<Segment>,
    /// `/**` and `/{*name}` at its end: any number of segments more, which may have a name.
    pub(super) rest: Option<Option<String>>,
    /// A slash at a path's end makes no difference, unless the pattern has one.
    pub(super) takes_slash: bool,
}

impl PathPattern {
    /// Reads one; what is wrong with it, if it is none.
    pub(crate) fn parse(text: &str, takes_slash: bool) -> Result<Self, String> {
        let Some(inner) = text.strip_prefix('/') else { return Err("a pattern begins with /".to_owned()) };
        let mut parts = split(inner)?;
        let rest = match parts.last().copied() {
            Some("**") => Some(None),
            Some(last) => match last.strip_prefix("{*").and_then(|name| name.strip_suffix('}')) {
                Some(name) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty() => {
                    Some(Some(name.to_owned()))
                }
                _ => None,
            },
            None => None,
        };
        if rest.is_some() {
            parts.pop();
        }
        if parts.iter().any(|part| part.contains("**") || part.contains("{*")) {
            return Err("** and {*name} stand alone between slashes, and at the end".to_owned());
        }
        let segments = parts.into_iter().map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        let ends_with_slash = matches!(segments.last(), Some(Segment::Literal(last)) if last.is_empty());
        let takes_slash = takes_slash && rest.is_none() && !ends_with_slash;
        let pattern = Self { text: text.to_owned(), segments, rest, takes_slash };
        let mut names = pattern.names();
        names.sort_unstable();
        match names.windows(2).find(|two| two[0] == two[1]) {
            Some(twice) => Err(format!("{{{}}} is there twice", twice[0])),
            None => Ok(pattern),
        }
    }

    /// Whether a path fits, looked at without any table.
    pub(super) fn fits(&self, path: &str) -> bool {
        let mut given = path::segments(path);
        for segment in &self.segments {
            match given.next() {
                Some(value) if segment.fits(&path::value(value)) => {}
                _ => return false,
            }
        }
        match given.next() {
            None => true,
            Some(_) if self.rest.is_some() => true,
            Some(last) => self.takes_slash && last.is_empty() && given.next().is_none(),
        }
    }

    /// The names of what is free in it.
    pub(super) fn names(&self) -> Vec<&str> {
        let rest = self.rest.iter().flatten().map(String::as_str);
        self.segments.iter().flat_map(Segment::names).chain(rest).collect()
    }

    /// What its names stand for in a path that fits, as it may stand in a path.
    pub(super) fn capture(&self, path: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut left = path;
        for segment in &self.segments {
            let inner = left.strip_prefix('/').unwrap_or(left);
            let (value, after) = inner.split_at(inner.find('/').unwrap_or(inner.len()));
            segment.capture(&path::value(value), &mut |name, value| {
                let text = String::from_utf8_lossy(value);
                found.push((name.to_owned(), utf8_percent_encode(&text, KEPT).to_string()));
            });
            left = after;
        }
        if let Some(Some(name)) = &self.rest {
            found.push((name.clone(), left.to_owned()));
        }
        found
    }
}

/// At its slashes, but for those in braces, where regular expressions may have some.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (place, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1).ok_or("a } closes nothing")?,
            '/' if depth == 0 => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    if depth == 0 { Ok(parts) } else { Err("a { is not closed".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let table: [(&str, &[&str], &[&str]); 12] = [
            ("/", &["/"], &["/a", "//"]),
            ("/**", &["/", "/a", "/a/b/", "//"], &[]),
            ("/a", &["/a", "/a/", "/%61", "/a;v=1"], &["/A", "/a/b", "/", "/a//", "/ab"]),
            ("/a/", &["/a/"], &["/a", "/a//"]),
            ("/a/**", &["/a", "/a/", "/a/b/c"], &["/ab", "/b/a"]),
            ("/a/*", &["/a/b", "/a/b/"], &["/a", "/a/", "/a/b/c"]),
            ("/a/{x}/c", &["/a/b/c", "/a/%2F/c"], &["/a//c", "/a/b/b/c"]),
            ("/a/{*all}", &["/a", "/a/b/c"], &["/b"]),
            ("/*/b/*.png", &["/a/b/x.png"], &["/a/b/x.gif", "/b/x.png"]),
            ("/{a:[a-z/]+}/x", &["/abc/x"], &["/ABC/x"]),
            ("/a?", &["/ab"], &["/a", "/abc"]),
            ("/a b", &["/a%20b"], &["/a"]),
        ];
        for (pattern, fits, others) in table {
            let pattern = PathPattern::parse(pattern, true).unwrap();
            for path in fits {
                assert!(pattern.fits(path), "{} {path}", pattern.text);
            }
            for path in others {
                assert!(!pattern.fits(path), "{} {path}", pattern.text);
            }
        }
        assert!(!PathPattern::parse("/a", false).unwrap().fits("/a/"));
    }

    #[test]
    fn names_stand_for_what_may_stand_in_a_path() {
        let pattern = PathPattern::parse("/a/{x}/{y:b.*}/{*rest}", true).unwrap();
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let expected = owned(&[("x", "1%2F2"), ("y", "b%C3%A9"), ("rest", "/c%20/d")]);
        assert_eq!(pattern.capture("/a/1%2f2;p=1/b\u{e9}/c%20/d"), expected);
        assert_eq!(pattern.capture("/a/1/b")[2].1, "");
    }

    #[test]
    fn what_is_none_is_refused() {
        for pattern in ["a", "", "/a/**/b", "/a**", "/{*x}/b", "/{a}/{a}", "/{a", "/a}", "/x{*y}"] {
            assert!(PathPattern::parse(pattern, true).is_err(), "{pattern}");
        }
    }
}
