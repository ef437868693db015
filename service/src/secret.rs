//! A password or token in memory: comparing takes the same time wherever two differ, and showing it shows nothing.

use std::fmt;

use subtle::ConstantTimeEq as _;

/// See the module.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Of its text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself: to send it or to check it, never to show it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn secrets_are_compared_and_not_shown() {
        for (one, other, same) in [("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("", "", true)] {
            assert_eq!(Secret::new(one) == Secret::new(other), same, "{one} {other}");
        }
        assert_eq!(format!("{:?}", Some(Secret::new("abc"))), "Some((secret))");
    }
}
