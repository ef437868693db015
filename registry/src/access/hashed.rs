//! A user whose password is only known as a bcrypt hash. Comparing takes tenths of a second by design, so it is done once:
//! a header that fitted is remembered by a keyed digest, and so are the last ones that did not. Another name is compared
//! all the same: how long an answer takes must not tell which names are known.

use std::collections::VecDeque;
use std::fmt;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::authorization;
use super::role::Roles;
use eurus_service::secret::Secret;

/// Wrong headers that are remembered: a client with an old password costs one comparison, not one a heartbeat.
const REJECTED_MAX: usize = 64;

type Fingerprint = [u8; 32];

/// See the module.
pub(super) struct HashedUser {
    name: String,
    hash: Secret,
    /// Of this process alone, so that a digest says nothing of a password to whoever gets hold of it.
    key: [u8; 32],
    accepted: ArcSwapOption<Fingerprint>,
    // A plain mutex: only requests with wrong or new credentials come here.
    rejected: Mutex<VecDeque<Fingerprint>>,
}

/// How somebody with this header stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Known(Roles),
    Unknown,
    Unverified(Unverified),
}

/// A password that has not been compared yet.
#[derive(PartialEq, Eq)]
pub(crate) struct Unverified {
    password: Secret,
    fingerprint: Fingerprint,
    is_users_name: bool,
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified")
    }
}

impl HashedUser {
    /// # Errors
    /// The operating system gives no random bytes.
    pub(super) fn new(name: &str, hash: Secret) -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self { name: name.to_owned(), hash, key, accepted: ArcSwapOption::empty(), rejected: Mutex::default() })
    }

    /// Of a header that fitted before.
    pub(super) fn roles_of(&self, given: &[u8]) -> Option<Roles> {
        self.is_accepted(&self.fingerprint(given)).then_some(Roles::ALL)
    }

    pub(super) fn standing_of(&self, canonical: &[u8]) -> Standing {
        let fingerprint = self.fingerprint(canonical);
        if self.is_accepted(&fingerprint) {
            return Standing::Known(Roles::ALL);
        }
        match authorization::name_and_password(canonical) {
            Some((name, password)) if !self.rejected.lock().contains(&fingerprint) => {
                let is_users_name = name.as_bytes().ct_eq(self.name.as_bytes()).into();
                Standing::Unverified(Unverified { password: Secret::new(password), fingerprint, is_users_name })
            }
            _ => Standing::Unknown,
        }
    }

    /// Whether it is the user's.
    pub(super) fn verify(&self, unverified: &Unverified) -> bool {
        let fits = bcrypt::verify(unverified.password.expose(), self.hash.expose()).unwrap_or_else(|error| {
            // The hash was checked at the start.
            log::error!("spring.security.user.password: the bcrypt hash cannot be compared: {error}");
            false
        });
        if fits && unverified.is_users_name {
            self.accepted.store(Some(unverified.fingerprint.into()));
            return true;
        }
        let mut rejected = self.rejected.lock();
        if rejected.len() >= REJECTED_MAX {
            rejected.pop_front();
        }
        rejected.push_back(unverified.fingerprint);
        false
    }

    fn is_accepted(&self, fingerprint: &Fingerprint) -> bool {
        self.accepted.load().as_ref().is_some_and(|accepted| accepted.ct_eq(fingerprint).into())
    }

    /// The key first: without it nobody can try passwords on a digest. No digest leaves the process, so that it could be
    /// continued from one says nothing.
    fn fingerprint(&self, header: &[u8]) -> Fingerprint {
        Sha256::new().chain_update(self.key).chain_update(header).finalize().into()
    }
}
