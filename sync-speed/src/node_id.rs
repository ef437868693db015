//! This node's name among those that share a database: made once, kept in the data directory, so that a node finds its
//! own entries again after a restart.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::error::RunError;

/// The file in the data directory.
const FILE: &str = "sync-speed-node";
/// Long enough that no two nodes are given the same one.
const BYTES: usize = 8;

/// Read, or made when it is missing.
///
/// # Errors
/// When the folder cannot be read or written, or the file holds something else.
pub(crate) fn of(data_dir: &Path) -> Result<String, RunError> {
    let path = data_dir.join(FILE);
    let cannot = |what: &str| RunError::Config(format!("the name of this node, {}: {what}", path.display()));
    // At start-up, before anything is served: blocking here delays nobody.
    #[allow(clippy::disallowed_methods)]
    let read = fs::read_to_string(&path);
    match read {
        Ok(text) if is_name(text.trim()) => Ok(text.trim().to_owned()),
        Ok(_) => Err(cannot("what it holds is no name; remove the file, and the node gets a new one")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(&path).map_err(|error| cannot(&error.to_string()))
        }
        Err(error) => Err(cannot(&error.to_string())),
    }
}

fn make(path: &Path) -> io::Result<String> {
    let mut random = [0_u8; BYTES];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    writeln!(file, "{name}")?;
    file.sync_all()?;
    Ok(name)
}

fn is_name(text: &str) -> bool {
    text.len() == BYTES * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let name = of(&data).unwrap();
        assert_eq!(of(&data).unwrap(), name);
        fs::write(data.join(FILE), "somebody").unwrap();
        assert!(of(&data).unwrap_err().to_string().contains("is no name"));
        assert_ne!(of(folder.path()).unwrap(), name);
    }
}
