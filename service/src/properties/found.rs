//! Which files and profiles count, for the person who starts the process.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Files with settings that count, the weakest first.
    pub files: Vec<PathBuf>,
    /// Active profiles, the weakest first.
    pub profiles: Vec<String>,
    /// Where files were looked for.
    pub places: Vec<String>,
    /// Files and folders that would count if they were there.
    pub looked_at: BTreeSet<PathBuf>,
}

impl Found {
    pub(super) fn add_file(&mut self, path: &std::path::Path) {
        if !self.files.iter().any(|known| known == path) {
            self.files.push(path.to_owned());
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<String> = self.files.iter().map(|path| path.display().to_string()).collect();
        let text = match files.is_empty() {
            true => format!("no file with settings in {}", self.places.join(", ")),
            false => files.join(", "),
        };
        let text = format!("configuration: {text}; profiles: {}", self.profiles.join(", "));
        // One line, whatever a path holds.
        f.write_str(&text.replace(char::is_control, " "))
    }
}
