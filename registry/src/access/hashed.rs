//! A user whose password is only known as a bcrypt hash. Comparing takes tenths of a second by design, so it is done once:
//! a header that fitted is remembered by its digest, and so are the last ones that did not.

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
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified")
    }
}

impl HashedUser {
    pub(super) fn new(name: &str, hash: Secret) -> Self {
        Self { name: name.to_owned(), hash, accepted: ArcSwapOption::empty(), rejected: Mutex::default() }
    }

    /// Of a header that fitted before.
    pub(super) fn roles_of(&self, given: &[u8]) -> Option<Roles> {
        self.is_accepted(&fingerprint(given)).then_some(Roles::ALL)
    }

    pub(super) fn standing_of(&self, canonical: &[u8]) -> Standing {
        let fingerprint = fingerprint(canonical);
        if self.is_accepted(&fingerprint) {
            return Standing::Known(Roles::ALL);
        }
        match authorization::name_and_password(canonical) {
            Some((name, password)) if name == self.name && !self.rejected.lock().contains(&fingerprint) => {
                Standing::Unverified(Unverified { password: Secret::new(password), fingerprint })
            }
            _ => Standing::Unknown,
        }
    }

    pub(super) fn verify(&self, unverified: &Unverified) {
        let fits = bcrypt::verify(unverified.password.expose(), self.hash.expose()).unwrap_or_else(|error| {
            // The hash was checked at the start.
            log::error!("spring.security.user.password: the bcrypt hash cannot be compared: {error}");
            false
        });
        if fits {
            self.accepted.store(Some(unverified.fingerprint.into()));
            return;
        }
        let mut rejected = self.rejected.lock();
        if rejected.len() >= REJECTED_MAX {
            rejected.pop_front();
        }
        rejected.push_back(unverified.fingerprint);
    }

    fn is_accepted(&self, fingerprint: &Fingerprint) -> bool {
        self.accepted.load().as_ref().is_some_and(|accepted| accepted.ct_eq(fingerprint).into())
    }
}

fn fingerprint(header: &[u8]) -> Fingerprint {
    Sha256::digest(header).into()
}
