//! Where configuration files are looked for: `spring.config.location` and its relatives.

use std::fmt;
use std::path::PathBuf;

use super::document::Syntax;

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) place: Place,
    /// Whether it may be absent.
    pub(super) is_optional: bool,
}

/// What a location names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One file.
    File(PathBuf, Syntax),
    /// A folder in which `application.yml` and others are looked for.
    Folder(PathBuf),
    /// Each folder directly below one.
    FoldersBelow(PathBuf),
    /// What only a Java process or another server can reach.
    Elsewhere(String),
}

/// As a person names it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, _) | Self::Folder(path) => write!(f, "{}", path.display()),
            Self::FoldersBelow(path) => write!(f, "{}/*", path.display()),
            Self::Elsewhere(text) => f.write_str(text),
        }
    }
}

/// What may be written.
pub(super) const ALLOWED: &str = "files ending in .yml, .yaml or .properties, or folders ending in /, each with optional: or file: before it if need be";

/// Spring's own, lowest first. What lies in one group is one level for profiles.
pub(super) fn standard() -> Vec<Vec<Location>> {
    let optional = |place| Location { place, is_optional: true };
    vec![vec![
        optional(Place::Folder(PathBuf::from("."))),
        optional(Place::Folder(PathBuf::from("config"))),
        optional(Place::FoldersBelow(PathBuf::from("config"))),
    ]]
}

/// Groups of a comma-separated list; within a group `;` separates. `None` when a place cannot be understood.
pub(super) fn parse(text: &str) -> Option<Vec<Vec<Location>>> {
    let groups = text.split(',').filter(|group| !group.trim().is_empty());
    groups.map(|group| group.split(';').map(|one| one_location(one.trim())).collect()).collect()
}

fn one_location(text: &str) -> Option<Location> {
    let (is_optional, text) = match text.strip_prefix("optional:") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let path = text.strip_prefix("file:").unwrap_or(text);
    let is_path = path.len() < text.len() || !has_scheme(path);
    let place = if is_path { local(path)? } else { Place::Elsewhere(text.to_owned()) };
    Some(Location { place, is_optional })
}

/// `classpath:`, `configserver:`, `vault://`, …
fn has_scheme(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)))
}

fn local(path: &str) -> Option<Place> {
    // `file:///etc/eurus/` is `/etc/eurus/`.
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return None;
    }
    if let Some(folder) = path.strip_suffix("*/") {
        return (!folder.contains('*')).then(|| Place::FoldersBelow(PathBuf::from(folder)));
    }
    if path.ends_with('/') {
        return Some(Place::Folder(PathBuf::from(path)));
    }
    // `name[.yml]`: the ending of a file that has none.
    let (path, ending) = match path.strip_suffix(']').and_then(|path| path.rsplit_once('[')) {
        Some((path, ending)) => (path, PathBuf::from(format!("x{ending}"))),
        None => (path, PathBuf::from(path)),
    };
    Some(Place::File(PathBuf::from(path), Syntax::of(&ending)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_files_folders_or_elsewhere() {
        let table = [
            ("a.yml", Some((Place::File("a.yml".into(), Syntax::Yaml), false))),
            ("optional:file:./x.properties", Some((Place::File("./x.properties".into(), Syntax::Properties), true))),
            ("file:/etc/eurus/", Some((Place::Folder("/etc/eurus/".into()), false))),
            ("file:///etc/eurus/", Some((Place::Folder("/etc/eurus/".into()), false))),
            ("file:conf/*/", Some((Place::FoldersBelow("conf/".into()), false))),
            ("file:conf[.yaml]", Some((Place::File("conf".into(), Syntax::Yaml), false))),
            ("optional:configserver:http://c/", Some((Place::Elsewhere("configserver:http://c/".into()), true))),
            ("classpath:/x/", Some((Place::Elsewhere("classpath:/x/".into()), false))),
            ("conf", None),
            ("optional:", None),
        ];
        for (text, expected) in table {
            let expected = expected.map(|(place, is_optional)| vec![vec![Location { place, is_optional }]]);
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse("a/;b/,c/").unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }
}
