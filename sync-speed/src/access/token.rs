//! A bearer token. It is never shown: not in logs, not in errors.

use std::fmt;

use eurus_service::secret::Secret;

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
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
