//! The token that sync-speed wants from its callers. Never an argument: those are seen by everybody on the machine.

use std::path::Path;

use eurus_service::secret::Secret;

const VARIABLE: &str = "EURUS_SYNC_SPEED_TOKEN";

/// From the file, else from the environment; `None`: sync-speed decides by the address alone.
pub(super) fn find(file: Option<&Path>) -> Result<Option<Secret>, String> {
    let (text, source) = match file {
        Some(path) => (read(path)?, format!("the file {}", path.display())),
        None => match std::env::var(VARIABLE) {
            Ok(text) => (text, format!("the variable {VARIABLE}")),
            Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => return Err(format!("the variable {VARIABLE} is not text")),
        },
    };
    checked(&text).map(Some).ok_or_else(|| format!("{source} holds no token: one line of visible ASCII characters"))
}

#[allow(clippy::disallowed_methods)] // Once, before anything else happens.
fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("--token-file {}: {error}", path.display()))
}

/// An editor's line end belongs to the file, not to the token.
fn checked(text: &str) -> Option<Secret> {
    let token = text.trim();
    let is_token = !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic());
    is_token.then(|| Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        for (text, expected) in [
            ("abc", Some("abc")),
            ("abc\n", Some("abc")),
            (" abc\r\n", Some("abc")),
            ("", None),
            (" \n", None),
            ("a b", None),
            ("a\nb", None),
            ("ä", None),
        ] {
            assert_eq!(checked(text).as_ref().map(Secret::expose), expected, "{text:?}");
        }
    }
}
