//! What may go wrong with a cache layer or a link.

use super::super::layer::Layer;

/// What happens to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheFault {
    /// It is not brought up to date any more.
    Freeze,
    /// It is again.
    Thaw,
    /// It is brought up to date now.
    Refresh,
    /// What it says now is kept.
    Remember,
    /// It says again what was kept: a stale copy.
    PutBack,
    /// Its hash fits nothing.
    SpoilHash,
}

/// What happens to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// Connections break.
    Cut,
    /// Nothing is wrong with it any more; what was held back arrives.
    Mend,
    /// Connections are reset.
    Reset,
    /// Answers are made at once and arrive by so many bytes a second.
    Slow(usize),
    /// Answers are made at once and arrive only once the link is mended.
    Hold,
    /// Answers are made at once and arrive so much later, milliseconds.
    Delay(i64),
    /// Requests arrive twice; the second answer counts.
    Twice,
    /// What was sent lately arrives once more, the newest first: each older one after a newer one.
    DeliverAgain,
    /// Lists arrive with a hash that fits nothing.
    SpoilHash,
}

const CACHE_FAULTS: [(&str, CacheFault); 6] = [
    ("freeze", CacheFault::Freeze),
    ("thaw", CacheFault::Thaw),
    ("refresh", CacheFault::Refresh),
    ("remember", CacheFault::Remember),
    ("put-back", CacheFault::PutBack),
    ("spoil-hash", CacheFault::SpoilHash),
];
const LINK_FAULTS: [(&str, LinkFault); 7] = [
    ("cut", LinkFault::Cut),
    ("reset", LinkFault::Reset),
    ("mend", LinkFault::Mend),
    ("hold", LinkFault::Hold),
    ("twice", LinkFault::Twice),
    ("deliver-again", LinkFault::DeliverAgain),
    ("spoil-answers", LinkFault::SpoilHash),
];

impl CacheFault {
    pub(super) fn of(word: &str) -> Option<Self> {
        CACHE_FAULTS.iter().find(|(known, _)| *known == word).map(|(_, fault)| *fault)
    }

    /// As a file writes it.
    pub(in crate::harness) fn word(self) -> &'static str {
        CACHE_FAULTS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }

    pub(super) fn is_possible_in(self, layer: Layer) -> bool {
        match layer {
            Layer::Store | Layer::Routable => false,
            Layer::ReadWrite | Layer::ReadOnly => true,
            Layer::ClientCopy => matches!(self, Self::Freeze | Self::Thaw | Self::Refresh | Self::SpoilHash),
            Layer::ServerList => matches!(self, Self::Freeze | Self::Thaw | Self::Refresh),
        }
    }
}

impl LinkFault {
    /// `delay` and `slow` are not among them: they say by how much.
    pub(super) fn of(word: &str) -> Option<Self> {
        LINK_FAULTS.iter().find(|(known, _)| *known == word).map(|(_, fault)| *fault)
    }

    pub(in crate::harness) fn word(self) -> &'static str {
        LINK_FAULTS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }
}

impl Layer {
    pub(super) fn what_is_possible(self) -> &'static str {
        match self {
            Self::Store | Self::Routable => ": it is no cache",
            Self::ReadWrite | Self::ReadOnly => "",
            Self::ClientCopy => " (allowed: freeze, thaw, refresh, spoil-hash)",
            Self::ServerList => " (allowed: freeze, thaw, refresh)",
        }
    }
}
