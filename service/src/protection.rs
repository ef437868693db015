//! Settings that protect the registry, found by a process that is none: ignoring them would leave open what was meant to be
//! locked.

use crate::properties::{ConfigError, Properties};

/// What only a registry honours.
const REGISTRY_ONLY: &[&str] = &["spring.security.user.name", "spring.security.user.password"];

/// Refuses to start without the protection that somebody asked for.
///
/// # Errors
/// [`ConfigError`] for the first such setting; `instead` says what protects this service.
pub fn refuse_users(properties: &Properties, instead: &str) -> Result<(), ConfigError> {
    match REGISTRY_ONLY.iter().find(|key| properties.is_set_by_user(key)) {
        None => Ok(()),
        Some(key) => {
            Err(properties.refused(key, &format!("it protects a registry, which this process is not: {instead}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::Sources;

    #[test]
    fn a_password_is_refused_where_nothing_checks_it() {
        let read = |flags: &[(&str, &str)]| {
            let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
            refuse_users(&properties, "set a token")
        };
        assert_eq!(read(&[("server.port", "1")]), Ok(()));
        let error = read(&[("spring.security.user.password", "TOPSECRET")]).unwrap_err().to_string();
        assert!(error.contains("spring.security.user.password in the command line"), "{error}");
        assert!(error.ends_with("set a token") && !error.contains("TOPSECRET"), "{error}");
    }
}
