//! Reads typed values out of a scenario file. Every complaint names file, line, key and what is allowed.

use std::fmt;

use super::duration::span_ms;
use super::yaml::Tree;
use serde_saphyr::Spanned;

/// What is wrong in a scenario file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    file: String,
    line: u64,
    key: String,
    why: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, key, why } = self;
        match (line, key.as_str()) {
            (0, _) => write!(f, "{file}: {why}"),
            (_, "") => write!(f, "{file}:{line}: {why}"),
            _ => write!(f, "{file}:{line}: {key}: {why}"),
        }
    }
}

impl std::error::Error for Wrong {}

impl Wrong {
    pub(super) fn in_file(file: &str, why: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, key: String::new(), why: why.into() }
    }
}

/// One value with its place.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    file: &'a str,
    line: u64,
    /// As `steps[2].crash`.
    pub(super) key: String,
    tree: &'a Tree,
}

/// The entries of a map whose keys are all known.
pub(super) struct Fields<'a> {
    whole: Item<'a>,
    entries: Vec<(&'a str, Item<'a>)>,
}

impl<'a> Item<'a> {
    pub(super) fn whole(file: &'a str, tree: &'a Spanned<Tree>) -> Self {
        Self { file, line: tree.defined.line(), key: String::new(), tree: &tree.value }
    }

    pub(super) fn wrong(&self, why: impl Into<String>) -> Wrong {
        Wrong { file: self.file.to_owned(), line: self.line, key: self.key.clone(), why: why.into() }
    }

    fn expected(&self, what: &str) -> Wrong {
        let found = match self.tree {
            Tree::Text(text) => format!("'{}'", text.escape_debug()),
            other => other.kind().to_owned(),
        };
        self.wrong(format!("{found} is not {what}"))
    }

    /// Names and values of a map, whatever the names are.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Item<'a>)>, Wrong> {
        let Tree::Map(entries) = self.tree else { return Err(self.expected("a map")) };
        let dot = if self.key.is_empty() { "" } else { "." };
        let item = |(name, value): &'a (Spanned<String>, Spanned<Tree>)| {
            let key = format!("{}{dot}{}", self.key, name.value);
            let item = Item { file: self.file, line: name.defined.line(), key, tree: &value.value };
            (name.value.as_str(), item)
        };
        Ok(entries.iter().map(item).collect())
    }

    /// A map whose keys are all among the allowed.
    pub(super) fn fields(&self, allowed: &[&str]) -> Result<Fields<'a>, Wrong> {
        let entries = self.entries()?;
        match entries.iter().find(|(name, _)| !allowed.contains(name)) {
            Some((_, item)) => Err(item.wrong(format!("no such key (allowed: {})", allowed.join(", ")))),
            None => Ok(Fields { whole: self.clone(), entries }),
        }
    }

    pub(super) fn list(&self) -> Result<Vec<Item<'a>>, Wrong> {
        let Tree::List(items) = self.tree else { return Err(self.expected("a list")) };
        let item = |(place, item): (usize, &'a Spanned<Tree>)| Item {
            file: self.file,
            line: item.defined.line(),
            key: format!("{}[{place}]", self.key),
            tree: &item.value,
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.tree, Tree::Map(_))
    }

    pub(super) fn text(&self) -> Result<&'a str, Wrong> {
        match self.tree {
            Tree::Text(text) => Ok(text),
            _ => Err(self.expected("a text")),
        }
    }

    /// Any scalar, as it would be written in a properties file.
    pub(super) fn setting(&self) -> Result<String, Wrong> {
        match self.tree {
            Tree::Text(text) => Ok(text.clone()),
            Tree::Bool(bool) => Ok(bool.to_string()),
            Tree::Whole(number) => Ok(number.to_string()),
            Tree::Broken(number) => Ok(number.to_string()),
            _ => Err(self.expected("a value")),
        }
    }

    pub(super) fn bool(&self) -> Result<bool, Wrong> {
        match self.tree {
            Tree::Bool(bool) => Ok(*bool),
            _ => Err(self.expected("true or false")),
        }
    }

    pub(super) fn count(&self, allowed: std::ops::RangeInclusive<usize>) -> Result<usize, Wrong> {
        let number = match self.tree {
            Tree::Whole(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        number
            .filter(|number| allowed.contains(number))
            .ok_or_else(|| self.expected(&format!("a whole number from {} to {}", allowed.start(), allowed.end())))
    }

    pub(super) fn span_ms(&self) -> Result<i64, Wrong> {
        let text = match self.tree {
            Tree::Text(text) => text.as_str(),
            _ => "",
        };
        span_ms(text).ok_or_else(|| self.expected("a duration, as 90s, 1m30s, 1h or 500ms"))
    }

    /// One of some words.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Wrong> {
        let text = match self.tree {
            Tree::Text(text) => text.as_str(),
            _ => "",
        };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        found.ok_or_else(|| self.expected(&format!("one of: {}", allowed.join(", "))))
    }
}

impl<'a> Fields<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&Item<'a>> {
        self.entries.iter().find(|(known, _)| *known == name).map(|(_, item)| item)
    }

    pub(super) fn need(&self, name: &str) -> Result<&Item<'a>, Wrong> {
        self.get(name).ok_or_else(|| self.whole.wrong(format!("the key '{name}' is missing")))
    }

    /// An item of the list of that name.
    pub(super) fn listed(&self, name: &str, place: usize) -> Result<Item<'a>, Wrong> {
        let items = self.need(name)?.list()?;
        items.into_iter().nth(place).ok_or_else(|| self.wrong(format!("{name} has no item {place}")))
    }

    /// An entry of one of the maps of these names.
    pub(super) fn entry_in(&self, names: &[&str], name: &str) -> Result<Item<'a>, Wrong> {
        for map in names.iter().filter_map(|map| self.get(map)) {
            if let Some((_, item)) = map.entries()?.into_iter().find(|(known, _)| *known == name) {
                return Ok(item);
            }
        }
        Err(self.wrong(format!("there is no {name}")))
    }

    pub(super) fn span_ms(&self, name: &str, default_ms: i64) -> Result<i64, Wrong> {
        self.get(name).map_or(Ok(default_ms), Item::span_ms)
    }

    /// All of them, to find the one that says what is to be done.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(&'a str, Item<'a>)> {
        self.entries.iter()
    }

    pub(super) fn wrong(&self, why: impl Into<String>) -> Wrong {
        self.whole.wrong(why)
    }
}
