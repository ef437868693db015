//! What a property such as `server.ssl.certificate` names: a file, in Spring's ways of writing it, or PEM text itself.

use std::path::{Path, PathBuf};

use crate::properties::{ConfigError, Properties};

/// Bytes of a certificate, key or store at most.
const MATERIAL_BYTES_MAX: u64 = 4 << 20;

/// Bytes, and how to call them in an error.
pub(super) struct Material {
    pub(super) bytes: Vec<u8>,
    pub(super) shown: String,
    key: String,
}

impl Material {
    /// What the key names; `None` when it is not set.
    pub(super) fn named_by(properties: &Properties, key: &str) -> Result<Option<Self>, ConfigError> {
        let Some(text) = properties.string(key) else { return Ok(None) };
        if is_pem(&text) {
            let shown = "the text in the configuration".to_owned();
            return Ok(Some(Self { bytes: text.into_bytes(), shown, key: key.to_owned() }));
        }
        let path = path_of(&text, properties.file_of(key).and_then(Path::parent));
        match read(&path) {
            Ok(bytes) => Ok(Some(Self { bytes, shown: path.display().to_string(), key: key.to_owned() })),
            Err(why) => Err(ConfigError::other(format!("{key}: {} cannot be read: {why}", path.display()))),
        }
    }

    /// The error for what is wrong with it.
    pub(super) fn wrong(&self, why: impl std::fmt::Display) -> ConfigError {
        ConfigError::other(format!("{}: {}: {why}", self.key, self.shown))
    }
}

/// The file that the key names; `None` when it names none.
pub(super) fn file_named_by(properties: &Properties, key: &str) -> Option<PathBuf> {
    let text = properties.string(key).filter(|text| !is_pem(text))?;
    Some(path_of(&text, properties.file_of(key).and_then(Path::parent)))
}

/// Whether it is what others name a file for.
fn is_pem(text: &str) -> bool {
    text.starts_with("-----BEGIN")
}

/// `file:` is what stands behind it; `classpath:` stands beside the configuration file, for want of a class path.
fn path_of(text: &str, configuration: Option<&Path>) -> PathBuf {
    if let Some(resource) = text.strip_prefix("classpath:") {
        let resource = resource.trim_start_matches('/');
        return configuration.map_or_else(|| PathBuf::from(resource), |folder| folder.join(resource));
    }
    let path = text.strip_prefix("file:").unwrap_or(text);
    // file:///etc/x and file:/etc/x are the same.
    PathBuf::from(path.strip_prefix("//").filter(|path| path.starts_with('/')).unwrap_or(path))
}

/// Blocks: at the start, when nothing else runs yet, and for renewals on a thread of their own.
#[allow(clippy::disallowed_methods)]
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MATERIAL_BYTES_MAX {
        return Err(format!("larger than {MATERIAL_BYTES_MAX} bytes"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn springs_ways_of_naming_a_file() {
        let beside = Some(Path::new("/etc/eurus"));
        for (text, folder, path) in [
            ("cert.pem", beside, "cert.pem"),
            ("/a/cert.pem", beside, "/a/cert.pem"),
            ("file:cert.pem", beside, "cert.pem"),
            ("file:/a/cert.pem", beside, "/a/cert.pem"),
            ("file:///a/cert.pem", beside, "/a/cert.pem"),
            ("classpath:cert.pem", beside, "/etc/eurus/cert.pem"),
            ("classpath:/ssl/cert.pem", beside, "/etc/eurus/ssl/cert.pem"),
            ("classpath:cert.pem", None, "cert.pem"),
        ] {
            assert_eq!(path_of(text, folder), PathBuf::from(path), "{text}");
        }
    }
}
