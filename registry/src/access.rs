//! Who may do what: roles, and the decision about one request. Pure; HTTP is `http/guard`'s.
//!
//! | module | what |
//! |---|---|
//! | `role` | what a caller may be allowed |
//! | `settings` | [`AccessConfig`]: the user and the tokens, validated |
//! | `password` | how Spring writes a password: `{noop}`, `{bcrypt}` |
//! | `authorization` | the forms in which an `Authorization` header may say the same |
//! | `hashed` | a bcrypt password: checked once, remembered by its digest |
//! | `guesses` | how many wrong ones an address may have compared |
//! | `denials` | counters, and the log line, of requests that were refused |

mod authorization;
mod denials;
mod guesses;
mod hashed;
mod password;
mod role;
mod settings;

use subtle::ConstantTimeEq as _;

pub(crate) use denials::{DenialCounts, Denials};
pub(crate) use guesses::Guesses;
pub(crate) use hashed::Unverified;
pub use role::{Role, Roles};
pub use settings::{AccessConfig, TOKEN_BYTES_MIN, TOKENS_MAX, Token, User};

use hashed::{HashedUser, Standing};
use password::Password;

/// What is decided about a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allowed,
    /// Nobody known: no credentials, or wrong ones.
    Unauthenticated,
    /// Somebody known, without this role.
    Forbidden(Role),
    /// The password must be compared with its bcrypt hash first, which takes long: [`Gate::verify`], then decide again.
    Unverified(Unverified),
}

/// The credentials that are known, ready to be compared with what a request brings.
#[derive(Default)]
pub(crate) struct Gate {
    /// Nobody is known and everything is allowed, as Eureka is.
    is_open: bool,
    /// What a request without credentials may do.
    anonymous: Roles,
    known: Vec<Known>,
    hashed: Option<HashedUser>,
}

/// The whole `Authorization` header of a caller, made once: a request is compared with it, not decoded.
struct Known {
    name: String,
    authorization: Vec<u8>,
    roles: Roles,
}

impl Gate {
    /// # Errors
    /// The operating system gives no random bytes.
    pub(crate) fn new(config: &AccessConfig) -> Result<Self, getrandom::Error> {
        let mut gate = Self { is_open: config.is_open(), anonymous: config.anonymous, ..Self::default() };
        match &config.user {
            Some(User { name, password: Password::Plain(secret) }) => {
                gate.admit(name, authorization::basic(name, secret.expose()), Roles::ALL);
            }
            Some(User { name, password: Password::Bcrypt(hash) }) => {
                gate.hashed = Some(HashedUser::new(name, hash.clone())?);
            }
            None => {}
        }
        for Token { name, secret, roles } in &config.tokens {
            gate.admit(name, authorization::bearer(secret.expose()), *roles);
            // Java clients can only be given http://name:password@host:8761/eureka/.
            gate.admit(name, authorization::basic(name, secret.expose()), *roles);
        }
        Ok(gate)
    }

    fn admit(&mut self, name: &str, authorization: Vec<u8>, roles: Roles) {
        self.known.push(Known { name: name.to_owned(), authorization, roles });
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether a request with this `Authorization` header may do what needs this role.
    pub(crate) fn decide(&self, authorization: Option<&[u8]>, needed: Role) -> Decision {
        if self.is_open {
            return Decision::Allowed;
        }
        let (roles, is_known) = match authorization {
            None => (self.anonymous, false),
            Some(given) => match self.identify(given) {
                Standing::Known(roles) => (roles, true),
                Standing::Unknown => return Decision::Unauthenticated,
                Standing::Unverified(unverified) => return Decision::Unverified(unverified),
            },
        };
        match (roles.contains(needed), is_known) {
            (true, _) => Decision::Allowed,
            (false, true) => Decision::Forbidden(needed),
            (false, false) => Decision::Unauthenticated,
        }
    }

    /// Compares a password with its hash, some tenths of a second of work, and remembers what came out: whether it
    /// fits.
    pub(crate) fn verify(&self, unverified: &Unverified) -> bool {
        self.hashed.as_ref().is_some_and(|hashed| hashed.verify(unverified))
    }

    fn identify(&self, given: &[u8]) -> Standing {
        if let Some(roles) = self.roles_of(given) {
            return Standing::Known(roles);
        }
        if let Some(roles) = self.hashed.as_ref().and_then(|user| user.roles_of(given)) {
            return Standing::Known(roles);
        }
        // Not to the letter one that is known: perhaps another spelling of it.
        let Some(same) = authorization::canonical(given) else { return Standing::Unknown };
        match (self.roles_of(&same), &self.hashed) {
            (Some(roles), _) => Standing::Known(roles),
            (None, Some(user)) => user.standing_of(&same),
            (None, None) => Standing::Unknown,
        }
    }

    /// Under which name somebody is known, for the log.
    pub(crate) fn name_of(&self, given: &[u8]) -> Option<&str> {
        let known = self.known_as(given).or_else(|| self.known_as(&authorization::canonical(given)?));
        known.map(|known| known.name.as_str())
    }

    fn roles_of(&self, given: &[u8]) -> Option<Roles> {
        self.known_as(given).map(|known| known.roles)
    }

    fn known_as(&self, given: &[u8]) -> Option<&Known> {
        self.known.iter().find(|known| known.authorization.ct_eq(given).into())
    }
}

#[cfg(test)]
mod tests;
