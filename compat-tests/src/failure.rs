//! What went wrong in a proof, in words.

use std::fmt;

/// A step of a proof that did not go as it must.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// In these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Fails unless a condition holds.
    ///
    /// # Errors
    /// The words, when it does not hold.
    pub fn unless(condition: bool, words: impl FnOnce() -> String) -> Result<(), Self> {
        if condition { Ok(()) } else { Err(Self(words())) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

macro_rules! from {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                // reqwest hides the cause behind its own words.
                let mut text = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(inner) = cause {
                    text = format!("{text}: {inner}");
                    cause = inner.source();
                }
                Self(text)
            }
        })*
    };
}

from!(std::io::Error, reqwest::Error, eurus_service::clock::NotSettled, serde_json::Error);
