//! How an instance behaves at the moment.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use eurus_service::Clock;
use tokio::sync::watch;

use crate::gateway_proof::fate::Fate;
use crate::java::until::Patience;

/// Who leaves waits this long for what is under way.
const ENDS_WITHIN_MS: i64 = 3_000;

/// What an instance does wrong all the time, to see that the proof notices.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// One bit of an answer's body is another one
    FlipBit,
    /// An answer's body ends early, as if it were whole
    CutShort,
    /// An answer is that to another request
    OfAnother,
    /// Everything is answered 503
    Unavailable,
}

impl Sabotage {
    /// As the command line writes it.
    pub(in crate::gateway_proof) fn word(self) -> &'static str {
        match self {
            Self::FlipBit => "flip-bit",
            Self::CutShort => "cut-short",
            Self::OfAnother => "of-another",
            Self::Unavailable => "unavailable",
        }
    }
}

/// See the module.
pub(super) struct Mood {
    pub(super) number: usize,
    pub(super) sabotage: Option<Sabotage>,
    pub(super) clock: Clock,
    fate: watch::Sender<Option<Fate>>,
    closing: watch::Sender<()>,
    leaves: AtomicBool,
    connections: AtomicUsize,
}

impl Mood {
    pub(super) fn new(number: usize, sabotage: Option<Sabotage>, clock: Clock) -> Self {
        let (fate, closing, connections) = (watch::Sender::new(None), watch::Sender::new(()), AtomicUsize::new(0));
        Self { number, sabotage, clock, fate, closing, leaves: AtomicBool::new(false), connections }
    }

    pub(super) fn fate(&self) -> Option<Fate> {
        *self.fate.borrow()
    }

    /// `None`: it is well.
    pub(super) fn become_like(&self, fate: Option<Fate>) {
        self.fate.send_replace(fate);
    }

    pub(super) async fn until_not(&self, fate: Fate) {
        // The sender is here: it cannot be gone.
        drop(self.fate.subscribe().wait_for(|now| *now != Some(fate)).await);
    }

    /// Each ends when what is under way on it has ended.
    pub(super) fn close_connections(&self) {
        self.closing.send_replace(());
    }

    pub(super) fn closing(&self) -> watch::Receiver<()> {
        self.closing.subscribe()
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaves.load(Ordering::SeqCst)
    }

    pub(super) fn connected(&self, is_there: bool) {
        if is_there {
            self.connections.fetch_add(1, Ordering::SeqCst);
        } else {
            self.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }

    pub(super) async fn until_connections_have_ended(&self) {
        self.leaves.store(true, Ordering::SeqCst);
        let mut patience = Patience::new(&self.clock, ENDS_WITHIN_MS);
        // Whoever is not through by then is cut off.
        while self.connections.load(Ordering::SeqCst) > 0 && patience.wait("requests end").await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn a_word_is_what_the_command_line_takes() {
        for sabotage in Sabotage::value_variants() {
            assert_eq!(Sabotage::from_str(sabotage.word(), false), Ok(*sabotage));
        }
    }
}
