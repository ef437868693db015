//! Judges a history: what must hold in every run, whatever happens in it. Pure.

mod convergence;
mod leases;
mod orders;
#[cfg(test)]
mod tests;

use std::fmt;

use super::history::{Happening, History};

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// No request begins at an instance after its offline was acknowledged `done`, until it is online again or lives anew.
    Offline,
    /// What was acknowledged `done` stays so at the registry: the instance is not UP again by itself.
    Kept,
    /// A registration that was acknowledged is there for as long as its lease and nobody cancels it.
    Registered,
    /// At the end every gateway routes to what its registry says.
    Converged,
    /// A list's hash is that of its body.
    Hash,
    /// An entry that was answered is in the journal at the end, and one that was `done` is still.
    Journal,
}

impl Rule {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Offline, Self::Kept, Self::Registered, Self::Converged, Self::Hash, Self::Journal];

    /// As a scenario file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Kept => "kept",
            Self::Registered => "registered",
            Self::Converged => "converged",
            Self::Hash => "hash",
            Self::Journal => "journal",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// When, since the scenario's begin, milliseconds.
    pub at_ms: i64,
    /// In words.
    pub words: String,
}

/// Which gateway follows which registry, for the comparison at the end: both run then.
#[derive(Clone, Debug)]
pub struct Following {
    /// The gateway.
    pub gateway: String,
    /// One of its registries. One that follows several sees one of them at a time: the registries must agree.
    pub registry: String,
    /// How far the gateway may be behind: a tick of the registry's read-only cache and a fetch of its own, with some room.
    pub behind_ms: i64,
}

/// All violations, in the order of time.
pub fn check(history: &History, following: &[Following]) -> Vec<Violation> {
    let mut found = orders::violations(history);
    found.extend(leases::violations(history));
    found.extend(convergence::violations(history, following));
    found.extend(history.events.iter().filter_map(|event| match &event.what {
        Happening::WrongHash { node, layer, said, counted } => Some(Violation {
            rule: Rule::Hash,
            at_ms: event.at_ms,
            words: format!("the list of {node}, {layer}, says {said}, and its instances come to {counted}"),
        }),
        Happening::EntryLost { sync_speed, id, state, found } => Some(Violation {
            rule: Rule::Journal,
            at_ms: event.at_ms,
            words: format!(
                "{sync_speed} answered {state} for {id}, and at the end its journal {}",
                found.as_ref().map_or("does not know it".to_owned(), |found| format!("says {found}"))
            ),
        }),
        _ => None,
    }));
    found.sort_by_key(|violation| violation.at_ms);
    found
}
