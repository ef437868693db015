//! What is seen of requests: the access log, and how much is counted apart.

use std::path::PathBuf;

use eurus_service::properties::{ConfigError, Properties};

use crate::access_log::{AccessLogConfig, FILE_KEY};
use crate::tally::BookLimits;

const KEY: &str = "eurus.gateway.access-log";
const ALLOWED: &str = "off, full, or 1/N for one of N requests, N being 1 to 1000000";
const SHARE_MAX: u32 = 1_000_000;
/// Of one file.
const BYTES_MAX: u64 = 100 << 20;
const FILES_KEPT: u32 = 5;

pub(super) fn access_log(properties: &Properties) -> Result<Option<AccessLogConfig>, ConfigError> {
    let data_dir = || PathBuf::from(properties.string("eurus.data-dir").unwrap_or_else(|| "data".to_owned()));
    let file = || data_dir().join("logs").join("access.log");
    let config = AccessLogConfig {
        every: match properties.string(KEY).as_deref() {
            None | Some("off") => 0,
            Some("full") => 1,
            Some(text) => share(text).ok_or_else(|| properties.invalid(KEY, ALLOWED))?,
        },
        file: properties.string(FILE_KEY).map_or_else(file, PathBuf::from),
        bytes_max: properties.number("eurus.gateway.access-log.bytes-max", BYTES_MAX, 64 << 10..=1 << 40)?,
        files_kept: properties.number("eurus.gateway.access-log.files-kept", FILES_KEPT, 1..=1_000)?,
    };
    Ok((config.every > 0).then_some(config))
}

fn share(text: &str) -> Option<u32> {
    let of: u32 = text.strip_prefix("1/")?.parse().ok()?;
    (1..=SHARE_MAX).contains(&of).then_some(of)
}

pub(super) fn counted(properties: &Properties, stock: BookLimits) -> Result<BookLimits, ConfigError> {
    let count = |key, default| properties.number(key, default, 0..=100_000);
    Ok(BookLimits {
        services_max: count("eurus.gateway.metrics.services-max", stock.services_max)?,
        instances_max: count("eurus.gateway.metrics.instances-max", stock.instances_max)?,
    })
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn read(flags: &[(&str, &str)]) -> Result<Option<AccessLogConfig>, ConfigError> {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() })?;
        access_log(&properties)
    }

    #[test]
    fn it_is_off_unless_asked_for() {
        let every = |value| read(&[(KEY, value)]).map(|config| config.map(|config| config.every));
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(every("off").unwrap(), None);
        assert_eq!(every("full").unwrap(), Some(1));
        assert_eq!(every("1/100").unwrap(), Some(100));
        for wrong in ["on", "1/0", "2/3", "1/1000001", "1/x", "100"] {
            let error = every(wrong).unwrap_err().to_string();
            assert!(error.contains(KEY) && error.contains("1/N"), "{error}");
        }
    }

    #[test]
    fn its_file_lies_beside_the_log() {
        let config = read(&[(KEY, "full"), ("eurus.data-dir", "/d")]).unwrap().unwrap();
        assert_eq!(config.file, PathBuf::from("/d/logs/access.log"));
        let config = read(&[(KEY, "full"), (FILE_KEY, "/a.log")]).unwrap().unwrap();
        assert_eq!((config.file, config.files_kept), (PathBuf::from("/a.log"), 5));
    }
}
