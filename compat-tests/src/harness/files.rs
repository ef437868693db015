//! Finds and reads scenario files.

use std::fs;
use std::path::{Path, PathBuf};

use super::reading::Wrong;
use super::scenario::Scenario;

/// Folders within folders: more than this is no catalogue.
const DEPTH_MAX: usize = 8;

/// Every scenario below the paths: a file as it is, of a folder all `.yaml` and `.yml`, by name.
///
/// # Errors
/// The first thing that is wrong: a path that is not there, a folder without a scenario, a mistake in a file.
pub fn scenarios(paths: &[PathBuf]) -> Result<Vec<Scenario>, Wrong> {
    let mut found = Vec::new();
    for path in paths {
        let known = found.len();
        collect(path, true, 0, &mut found)?;
        if found.len() == known {
            return Err(Wrong::in_file(
                &path.display().to_string(),
                "there is no scenario (.yaml or .yml) in this folder",
            ));
        }
    }
    found.iter().map(|path| read(path)).collect()
}

#[allow(clippy::disallowed_methods)] // Read before anything runs.
fn read(path: &Path) -> Result<Scenario, Wrong> {
    let file = path.display().to_string();
    let source = fs::read_to_string(path).map_err(|error| Wrong::in_file(&file, format!("cannot be read: {error}")))?;
    Scenario::parse(&file, &source)
}

fn collect(path: &Path, is_named: bool, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Wrong> {
    let wrong = |why: String| Wrong::in_file(&path.display().to_string(), why);
    if !path.is_dir() {
        let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if is_named || is_yaml {
            found.push(path.to_owned());
        }
        return Ok(());
    }
    if depth > DEPTH_MAX {
        return Err(wrong(format!("more than {DEPTH_MAX} folders deep")));
    }
    let entries = fs::read_dir(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let mut inside = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(format!("cannot be read: {error}")))?;
    inside.sort();
    inside.iter().try_for_each(|path| collect(path, false, depth + 1, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named() {
        let empty = tempfile::tempdir().unwrap();
        let words = |path: &Path| scenarios(&[path.to_owned()]).unwrap_err().to_string();
        assert!(words(empty.path()).contains("there is no scenario"));
        assert!(words(&empty.path().join("x.yaml")).contains("x.yaml: cannot be read"));
    }
}
