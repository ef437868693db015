//! What a caller may be allowed to do.

use std::fmt;
use std::str::FromStr;

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Lists, instances, pages, metrics.
    Read,
    /// Registering, heartbeats, cancelling, metadata.
    Register,
    /// What an operator decides about an instance: status overrides.
    Operate,
    /// What another registry hands on.
    Replicate,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Register, Self::Operate, Self::Replicate];

    /// As it is written in settings and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Register => "register",
            Self::Operate => "operate",
            Self::Replicate => "replicate",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(text)).ok_or(())
    }
}

/// A set of roles.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// None.
    pub const NONE: Self = Self(0);
    /// Every one.
    pub const ALL: Self = Self(0b1111);

    /// These.
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |bits, role| bits | role.bit()))
    }

    /// Whether one is among them.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Role::ALL.iter().filter(|role| self.contains(**role))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert!(Roles::ALL.contains(role) && !Roles::NONE.contains(role));
            let others = Role::ALL.iter().filter(|other| **other != role);
            assert!(others.clone().all(|other| !Roles::of(&[role]).contains(*other)), "{role}");
        }
        assert_eq!(Roles::of(&Role::ALL), Roles::ALL);
        assert_eq!("READ".parse(), Ok(Role::Read));
        assert_eq!("admin".parse::<Role>(), Err(()));
        assert_eq!(format!("{:?}", Roles::of(&[Role::Read, Role::Operate])), "{Read, Operate}");
    }
}
