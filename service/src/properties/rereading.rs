//! The same layers once more: for what may change while a service runs.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Notify;

use super::{ConfigError, Properties, Sources};

/// Where the settings of a process came from. Cheap to clone.
#[derive(Clone)]
pub struct Rereading {
    sources: Arc<Sources>,
    asked: Arc<Notify>,
}

/// Without flags and variables, which may hold secrets.
impl fmt::Debug for Rereading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rereading")
    }
}

/// What files looked like, without reading them: a change of any of them changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesState(Vec<Option<[i64; 5]>>);

impl FilesState {
    /// Of these, whether they are there or not. Blocks for as long as the disk takes.
    pub fn of(paths: &[PathBuf]) -> Self {
        Self(paths.iter().map(|path| std::fs::metadata(path).ok().map(|found| mark(&found))).collect())
    }
}

/// A file that was put in another's place, with the same length and in the same moment, has another number.
#[allow(clippy::cast_possible_wrap)] // Compared for equality alone.
fn mark(found: &Metadata) -> [i64; 5] {
    [found.mtime(), found.mtime_nsec(), found.len() as i64, found.ino() as i64, found.dev() as i64]
}

impl Rereading {
    /// Of these layers.
    pub fn new(sources: Sources) -> Self {
        Self { sources: Arc::new(sources), asked: Arc::default() }
    }

    /// The settings as they are now, and the files and folders to look at for changes. Blocks for as long as the disk
    /// takes.
    ///
    /// # Errors
    /// As [`Properties::layered`].
    pub fn read(&self) -> Result<(Properties, Vec<PathBuf>), ConfigError> {
        let (properties, notices) = Properties::layered(Sources::clone(&self.sources))?;
        Ok((properties, notices.found.looked_at.into_iter().collect()))
    }

    /// Somebody wants it to be done now, whatever files look like.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Waits until somebody wants it.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Asks on SIGHUP, which then no longer ends the process.
    ///
    /// # Errors
    /// When the operating system refuses the handler.
    pub fn on_hangup(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        let asked = self.clone();
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                log::info!("SIGHUP: the configuration is read again");
                asked.ask();
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::Files;

    #[test]
    #[allow(clippy::disallowed_methods)] // A test.
    fn a_file_is_read_again_and_one_that_comes_is_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("application.yml");
        let reading = Rereading::new(Sources {
            files: Files::Disk,
            only_file: Some(folder.path().to_owned()),
            flags: vec![("eurus.sync-speed.token".to_owned(), "TOPSECRET".to_owned())],
            ..Sources::default()
        });
        assert!(!format!("{reading:?}").contains("TOPSECRET"));
        let (properties, looked_at) = reading.read().unwrap();
        assert_eq!(properties.string("eurus.sync-speed.deny"), None);
        assert!(looked_at.contains(&file), "{looked_at:?}");
        let absent = FilesState::of(&looked_at);
        assert_eq!(absent, FilesState::of(&looked_at));
        std::fs::write(&file, "eurus.sync-speed.deny: 10.0.0.1").unwrap();
        let there = FilesState::of(&looked_at);
        assert_ne!(absent, there);
        assert_eq!(reading.read().unwrap().0.string("eurus.sync-speed.deny").as_deref(), Some("10.0.0.1"));
        // Put in its place, as editors and Kubernetes do: same length.
        let other = folder.path().join("other");
        std::fs::write(&other, "eurus.sync-speed.deny: 10.0.0.2").unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert_ne!(there, FilesState::of(&looked_at));
        assert_eq!(reading.read().unwrap().0.string("eurus.sync-speed.deny").as_deref(), Some("10.0.0.2"));
        std::fs::write(&file, "eurus.sync-speed.dney: 10.0.0.2").unwrap();
        assert!(reading.read().unwrap_err().to_string().contains("dney"));
    }
}
