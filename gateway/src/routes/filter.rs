//! What becomes of a request's path on its way: filters in their order.

use std::fmt;

use regex::bytes::{Captures, Regex};

use super::segment::{closing, compiled};

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    /// So many segments less at the beginning.
    StripPrefix(usize),
    /// A beginning more.
    PrefixPath(Template),
    /// Another path.
    SetPath(Template),
    /// Every match replaced.
    RewritePath(Rewrite),
}

/// A path with `{name}` for what a pattern has left free.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    /// A variable's name, or a group's number.
    Name(String),
    Group(usize),
}

/// A regular expression, and what replaces its matches.
#[derive(Clone, Debug)]
pub(crate) struct Rewrite {
    regex: Regex,
    text: String,
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads one; what is wrong with it, if it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err("a path begins with /".to_owned());
        }
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            pieces.push(Piece::Text(in_paths(before)?));
            let end = closing(after).ok_or("a { is not closed")?;
            pieces.push(Piece::Name(after[..end].to_owned()));
            rest = &after[end + 1..];
        }
        pieces.push(Piece::Text(in_paths(rest)?));
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// The names it needs.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn filled(&self, variables: &[(String, String)]) -> String {
        let mut path = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Name(name) => {
                    let value = variables.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
                    // What stands for segments begins with a slash of its own.
                    let is_double = value.starts_with('/') && path.ends_with('/');
                    path.push_str(if is_double { &value[1..] } else { value });
                }
                Piece::Group(_) => {}
            }
        }
        path
    }
}

impl Rewrite {
    /// Reads one, with Java's `$1`, `${name}` and backslashes in the replacement; `$\` is Spring's way to write a `$` where
    /// `${` would be a placeholder.
    pub(crate) fn parse(regexp: &str, replacement: &str) -> Result<Self, String> {
        let regex = compiled(regexp)?;
        let pieces = replacing(&replacement.replace("$\\", "$"), &regex)?;
        Ok(Self { regex, text: replacement.to_owned(), pieces })
    }

    fn apply(&self, path: &str) -> String {
        let replaced = self.regex.replace_all(path.as_bytes(), |found: &Captures<'_>| {
            let mut part = Vec::new();
            for piece in &self.pieces {
                match piece {
                    Piece::Text(text) => part.extend_from_slice(text.as_bytes()),
                    Piece::Group(group) => {
                        part.extend_from_slice(found.get(*group).map_or(b"", |group| group.as_bytes()));
                    }
                    Piece::Name(_) => {}
                }
            }
            part
        });
        // Of ASCII, but where an expression has cut a character in two.
        String::from_utf8_lossy(&replaced).into_owned()
    }
}

/// Java's replacement: `$1`, `${name}`, a backslash before what is meant as it stands.
fn replacing(text: &str, regex: &Regex) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut plain) = (Vec::new(), String::new());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => plain.extend(rest.next()),
            '$' => {
                pieces.push(Piece::Text(in_paths(&std::mem::take(&mut plain))?));
                let (group, left) = group(rest.as_str(), regex)?;
                pieces.push(Piece::Group(group));
                rest = left.chars();
            }
            other => plain.push(other),
        }
    }
    pieces.push(Piece::Text(in_paths(&plain)?));
    Ok(pieces)
}

/// The group that is named behind a `$`, and what follows. Of `$12` as much as there are groups for, as in Java.
fn group<'a>(text: &'a str, regex: &Regex) -> Result<(usize, &'a str), String> {
    if let Some((name, left)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        let place = regex.capture_names().position(|known| known == Some(name));
        return place.map(|place| (place, left)).ok_or_else(|| format!("the expression has no group {name}"));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=digits)
        .rev()
        .find_map(|end| {
            text[..end].parse().ok().filter(|group| *group < regex.captures_len()).map(|group| (group, end))
        })
        .map(|(group, end)| (group, &text[end..]))
        .ok_or_else(|| "behind a $ stands the number of a group, or {its name}".to_owned())
}

/// What may stand in a path as it is.
fn in_paths(text: &str) -> Result<String, String> {
    match text.chars().find(|c| {
        !c.is_ascii_graphic() || matches!(c, '?' | '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    }) {
        None => Ok(text.to_owned()),
        Some(c) => Err(format!("'{}' may not stand in a path: write it with %", c.escape_default())),
    }
}

impl Filter {
    /// The path behind it.
    pub(super) fn apply(&self, path: &str, variables: &[(String, String)]) -> String {
        match self {
            Self::StripPrefix(count) => stripped(path, *count),
            Self::PrefixPath(template) => {
                let prefix = template.filled(variables);
                format!("{}{path}", prefix.strip_suffix('/').unwrap_or(&prefix))
            }
            Self::SetPath(template) => template.filled(variables),
            Self::RewritePath(rewrite) => {
                let path = rewrite.apply(path);
                if path.starts_with('/') { path } else { format!("/{path}") }
            }
        }
    }

    /// The variables it needs.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::PrefixPath(template) | Self::SetPath(template) => template.names().collect(),
            Self::StripPrefix(_) | Self::RewritePath(_) => Vec::new(),
        }
    }
}

fn stripped(path: &str, count: usize) -> String {
    let mut left = path;
    for _ in 0..count {
        let inner = left.trim_start_matches('/');
        left = inner.find('/').map_or("", |slash| &inner[slash..]);
    }
    if left.is_empty() { "/".to_owned() } else { left.to_owned() }
}

/// As it would be written.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StripPrefix(count) => write!(f, "StripPrefix={count}"),
            Self::PrefixPath(template) => write!(f, "PrefixPath={}", template.text),
            Self::SetPath(template) => write!(f, "SetPath={}", template.text),
            Self::RewritePath(Rewrite { regex, text, .. }) => write!(f, "RewritePath={regex}, {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_stripped() {
        for (path, count, expected) in [
            ("/a/b/c", 1, "/b/c"),
            ("/a/b/c", 2, "/c"),
            ("/a/b/c", 3, "/"),
            ("/a", 5, "/"),
            ("/", 1, "/"),
            ("/a/", 1, "/"),
            ("/a//b", 1, "//b"),
            ("//a/b", 1, "/b"),
            ("/a/b%2Fc/", 1, "/b%2Fc/"),
            ("/a/b", 0, "/a/b"),
        ] {
            assert_eq!(Filter::StripPrefix(count).apply(path, &[]), expected, "{path} {count}");
        }
    }

    #[test]
    fn matches_are_replaced_as_java_does() {
        for (regexp, replacement, path, expected) in [
            ("/red/?(?<segment>.*)", "/$\\{segment}", "/red/blue", "/blue"),
            ("/red/?(?<segment>.*)", "/${segment}", "/red", "/"),
            ("/api/(\\w+)/(\\d+)", "/v1/$2/$1", "/api/orders/7/x", "/v1/7/orders/x"),
            ("/(a)", "/$1b", "/a", "/ab"),
            ("/(a)", "/$12", "/a", "/a2"),
            ("/(1)(2)(3)(4)(5)(6)(7)(8)(9)(a)(b)(c)", "/$12", "/123456789abc", "/c"),
            ("a", "b", "/aaa", "/bbb"),
            ("^/a", "", "/ab", "/b"),
            ("x", "y", "/a%20", "/a%20"),
            ("/a", "/\\$1", "/a", "/$1"),
        ] {
            let rewrite = Filter::RewritePath(Rewrite::parse(regexp, replacement).unwrap());
            assert_eq!(rewrite.apply(path, &[]), expected, "{regexp} {replacement} {path}");
        }
    }

    #[test]
    fn templates_are_filled() {
        let variables = [("a".to_owned(), "x%20".to_owned()), ("rest".to_owned(), "/y/z".to_owned())];
        for (template, expected) in [("/v/{a}", "/v/x%20"), ("/{a}/{rest}", "/x%20/y/z"), ("/{a}{rest}", "/x%20/y/z")] {
            assert_eq!(Filter::SetPath(Template::parse(template).unwrap()).apply("/p", &variables), expected);
        }
        let prefix = |text| Filter::PrefixPath(Template::parse(text).unwrap()).apply("/p", &variables);
        assert_eq!((prefix("/v1"), prefix("/v1/"), prefix("/{a}")), ("/v1/p".into(), "/v1/p".into(), "/x%20/p".into()));
    }

    #[test]
    fn what_is_none_is_refused() {
        for (regexp, replacement) in [("(", "/"), ("a", "$1"), ("a", "${x}"), ("a", "$"), ("a", "/ b"), ("a", "/?x")] {
            assert!(Rewrite::parse(regexp, replacement).is_err(), "{regexp} {replacement}");
        }
        for template in ["a", "/{a", "/a b", "/a?b"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }
}
