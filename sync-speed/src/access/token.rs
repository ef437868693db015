//! A bearer token. It is never shown: not in logs, not in errors.

use std::fmt;
use std::ops::RangeInclusive;

use eurus_service::secret::Secret;

/// Characters of a token that callers bring: a shorter one is guessed.
const CHARS_ALLOWED: RangeInclusive<usize> = 16..=1_024;
/// The same in words.
pub const ALLOWED: &str = "16 to 1024 visible ASCII characters, such as `openssl rand -hex 16` prints";

/// See the module.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Secret);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// `None` for an empty one, which would let everybody in.
    pub fn new(text: String) -> Option<Self> {
        (!text.is_empty()).then(|| Self(Secret::new(text)))
    }

    /// One that callers bring; `None` for what is not [`ALLOWED`].
    pub fn of_callers(text: String) -> Option<Self> {
        let is_allowed = CHARS_ALLOWED.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_allowed.then(|| Self(Secret::new(text)))
    }

    /// To send it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether an `Authorization` header carries it.
    pub fn is_in(&self, header: Option<&str>) -> bool {
        header.and_then(bearer).is_some_and(|given| self.is(&given))
    }

    /// Whether it is what was given. The time it takes does not tell how much of a wrong one was right.
    pub fn is(&self, given: &Secret) -> bool {
        self.0 == *given
    }
}

/// What an `Authorization` header carries under the scheme `Bearer`.
pub fn bearer(header: &str) -> Option<Secret> {
    const SCHEME: &str = "bearer ";
    let (scheme, token) = (header.get(..SCHEME.len())?, header.get(SCHEME.len()..)?);
    scheme.eq_ignore_ascii_case(SCHEME).then(|| Secret::new(token.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let token = Token::new("secret".to_owned()).unwrap();
        for (header, matches) in [
            (Some("Bearer secret"), true),
            (Some("bearer secret"), true),
            (Some("Bearer  secret "), true),
            (Some("Bearer secreT"), false),
            (Some("Bearer secret1"), false),
            (Some("Bearer secre"), false),
            (Some("Bearer "), false),
            (Some("Basic secret"), false),
            (Some("secret"), false),
            (Some("Béarer secret"), false),
            (None, false),
        ] {
            assert_eq!(token.is_in(header), matches, "{header:?}");
        }
        assert_eq!(Token::new(String::new()), None);
        for (text, is_allowed) in [
            ("0123456789abcdef".to_owned(), true),
            ("0123456789abcde".to_owned(), false),
            ("0123456789 abcdef".to_owned(), false),
            ("0123456789abcdeü".to_owned(), false),
            ("x".repeat(1_024), true),
            ("x".repeat(1_025), false),
        ] {
            assert_eq!(Token::of_callers(text.clone()).is_some(), is_allowed, "{text}");
        }
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
