//! The files that configuration is read from: those of the disk, or those that a test gives.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ConfigError;

/// The largest file that is read, bytes.
const FILE_BYTES_MAX: u64 = 1 << 24;

/// Where files come from.
#[derive(Clone, Default)]
pub enum Files {
    /// There are none.
    #[default]
    None,
    /// The disk, relative to the working folder.
    Disk,
    /// Exactly these.
    Given(BTreeMap<PathBuf, String>),
}

impl Files {
    /// One file that is given.
    pub fn one(path: &str, text: &str) -> Self {
        Self::Given([(PathBuf::from(path), text.to_owned())].into())
    }

    /// The bytes of a file; `None` when there is no such file.
    pub(super) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, ConfigError> {
        let unreadable = |error: io::Error| ConfigError::file(path, &format!("cannot be read: {error}"));
        let bytes = match self {
            Self::None => None,
            Self::Given(files) => files.get(path).map(|text| text.clone().into_bytes()),
            Self::Disk => match std::fs::File::open(path) {
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
                Err(error) => return Err(unreadable(error)),
                Ok(file) => {
                    let mut bytes = Vec::new();
                    // One byte more than allowed shows that there is more.
                    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
                    Some(bytes)
                }
            },
        };
        match bytes {
            Some(bytes) if bytes.len() as u64 > FILE_BYTES_MAX => {
                Err(ConfigError::file(path, &format!("larger than {FILE_BYTES_MAX} bytes")))
            }
            bytes => Ok(bytes),
        }
    }

    pub(super) fn has_folder(&self, path: &Path) -> bool {
        match self {
            Self::None => false,
            Self::Given(files) => files.keys().any(|file| file != path && file.starts_with(path)),
            Self::Disk => path.is_dir(),
        }
    }

    /// The folders directly below a folder, in the order of their names.
    pub(super) fn folders_below(&self, path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
        let Self::Disk = self else { return Ok(Vec::new()) };
        let listed = match std::fs::read_dir(path) {
            Ok(listed) => listed.collect::<Result<Vec<_>, _>>(),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        };
        let listed = listed.map_err(|error| ConfigError::file(path, &format!("cannot be listed: {error}")))?;
        let mut folders: Vec<PathBuf> =
            listed.iter().map(std::fs::DirEntry::path).filter(|path| path.is_dir()).collect();
        folders.sort();
        Ok(folders)
    }
}
