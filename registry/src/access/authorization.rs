//! The `Authorization` header: what a known caller sends, and other spellings of the same.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

/// Clients disagree about padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `Basic base64(name:password)`
pub(super) fn basic(name: &str, password: &str) -> Vec<u8> {
    encode(format!("{name}:{password}").as_bytes())
}

/// `Bearer token`
pub(super) fn bearer(token: &str) -> Vec<u8> {
    format!("Bearer {token}").into_bytes()
}

/// The form that [`basic`] and [`bearer`] give it. `None` when it is neither.
pub(super) fn canonical(given: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(given).ok()?.trim();
    let (scheme, rest) = text.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Some(bearer(rest.trim()))
    } else if scheme.eq_ignore_ascii_case("basic") {
        Some(encode(&LENIENT.decode(rest.trim()).ok()?))
    } else {
        None
    }
}

/// Name and password of a canonical `Basic` header.
pub(super) fn name_and_password(canonical: &[u8]) -> Option<(String, String)> {
    let decoded = STANDARD.decode(canonical.strip_prefix(b"Basic ")?).ok()?;
    let (name, password) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn encode(name_and_password: &[u8]) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(name_and_password)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_the_same() {
        let known = basic("user", "pass!");
        assert_eq!(known, b"Basic dXNlcjpwYXNzIQ==");
        for (given, same) in [
            ("Basic dXNlcjpwYXNzIQ==", true),
            ("basic dXNlcjpwYXNzIQ==", true),
            ("BASIC  dXNlcjpwYXNzIQ== ", true),
            ("Basic dXNlcjpwYXNzIQ", true),
            ("Basic dXNlcjpwYXNzIQ=", true),
            ("Basic dXNlcjpwYXNz", false),
            ("Bearer dXNlcjpwYXNzIQ==", false),
        ] {
            assert_eq!(canonical(given.as_bytes()) == Some(known.clone()), same, "{given}");
        }
        assert_eq!(canonical(b"bearer  abc "), Some(bearer("abc")));
        assert_eq!(name_and_password(&known), Some(("user".to_owned(), "pass!".to_owned())));
    }

    #[test]
    fn what_is_no_credential() {
        for given in [&b""[..], b"Basic", b"Basic ***", b"Digest abc", b"dXNlcjpwYXNzIQ==", b"\xff\xfe abc"] {
            assert_eq!(canonical(given), None, "{}", given.escape_ascii());
        }
        assert_eq!(name_and_password(b"Basic dXNlcg=="), None, "without a colon");
        assert_eq!(name_and_password(b"Bearer dXNlcjpwYXNzIQ=="), None);
    }
}
