//! What befalls an instance, and in which order: each once before one comes again, from the seed.

use std::ops::RangeInclusive;

/// See the module. An instance has one at a time.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// `kill -9`, and it starts again.
    Crash,
    /// SIGSTOP, and SIGCONT.
    Hang,
    /// It closes its idle connections, again and again, as requests come in.
    CloseIdle,
    /// Bytes that are no answer.
    Garbage,
    /// The answer's head and half of its body.
    Half,
    /// It ends the connection, or the stream, before it answers.
    Drop,
    /// It takes requests and answers none, then ends them all.
    Mute,
    /// It answers late, within the time-out.
    Slow,
    /// It leaves the registry, ends what is under way, and comes back.
    Leave,
    /// It leaves the registry and joins again; it serves all the time.
    Bounce,
}

impl Fate {
    pub(super) const ALL: [Self; 10] = [
        Self::Crash,
        Self::Hang,
        Self::CloseIdle,
        Self::Garbage,
        Self::Half,
        Self::Drop,
        Self::Mute,
        Self::Slow,
        Self::Leave,
        Self::Bounce,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::CloseIdle => "close-idle",
            Self::Garbage => "garbage",
            Self::Half => "half",
            Self::Drop => "drop",
            Self::Mute => "mute",
            Self::Slow => "slow",
            Self::Leave => "leave",
            Self::Bounce => "bounce",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        <Self as clap::ValueEnum>::from_str(word, false).ok()
    }

    /// Whether a request that may not be repeated may fail by it before its answer has begun.
    pub(super) fn may_cost_a_request(self) -> bool {
        !matches!(self, Self::Slow | Self::Leave | Self::Bounce)
    }

    /// Whether an answer that has begun may break by it. Whoever leaves cuts off streams that do not end.
    pub(super) fn may_break_an_answer(self) -> bool {
        matches!(self, Self::Crash | Self::Hang | Self::Garbage | Self::Half | Self::Leave)
    }

    /// Whether requests wait for the gateway's time-out by it: another instance may only be in trouble when they are through.
    pub(super) fn holds_requests_up(self) -> bool {
        matches!(self, Self::Hang | Self::Mute)
    }

    /// How long it lasts, milliseconds, before the settings' pace.
    fn lasts_ms(self) -> RangeInclusive<i64> {
        match self {
            Self::Crash => 200..=6_000,
            Self::Hang => 1_500..=5_000,
            Self::Leave | Self::Bounce => 500..=3_000,
            Self::CloseIdle | Self::Garbage | Self::Half | Self::Drop | Self::Mute | Self::Slow => 1_000..=4_000,
        }
    }
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) instance: usize,
    pub(super) fate: Fate,
    pub(super) lasts_ms: i64,
}

/// All fates in an order of chance, again and again.
pub(super) struct Deck {
    dice: fastrand::Rng,
    instances: Vec<usize>,
    fates: Vec<Fate>,
    left: Vec<Fate>,
}

impl Deck {
    /// For these instances. `fates`: which; all, when none is said.
    pub(super) fn new(seed: u64, instances: Vec<usize>, fates: &[Fate]) -> Self {
        let fates = if fates.is_empty() { &Fate::ALL } else { fates };
        Self { dice: fastrand::Rng::with_seed(seed), instances, fates: fates.to_vec(), left: Vec::new() }
    }

    /// `shortest`: each lasts as briefly as it may.
    pub(super) fn draw(&mut self, shortest: bool) -> Event {
        let fate = self.left.pop().unwrap_or_else(|| {
            self.left.clone_from(&self.fates);
            self.dice.shuffle(&mut self.left);
            self.left.pop().unwrap_or(Fate::Crash)
        });
        let lasts = fate.lasts_ms();
        let drawn_ms = self.dice.i64(lasts.clone());
        let lasts_ms = if shortest { *lasts.start() } else { drawn_ms };
        let instance = self.dice.choice(&self.instances).copied().unwrap_or_default();
        Event { instance, fate, lasts_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fate_comes_once_before_one_comes_again_and_a_seed_repeats() {
        let drawn = |seed| {
            let mut deck = Deck::new(seed, vec![1, 3, 5], &[]);
            (0..30).map(|_| deck.draw(false)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        for round in drawn(1).chunks(10) {
            let mut fates: Vec<Fate> = round.iter().map(|event| event.fate).collect();
            fates.sort_unstable();
            assert_eq!(fates, Fate::ALL);
        }
    }

    #[test]
    fn those_that_were_asked_for_come_alone() {
        let mut deck = Deck::new(1, vec![4], &[Fate::Mute, Fate::Hang]);
        assert!((0..10).all(|_| matches!(deck.draw(true).fate, Fate::Mute | Fate::Hang)));
    }

    #[test]
    fn a_fate_is_found_by_its_word() {
        for fate in Fate::ALL {
            assert_eq!(Fate::named(fate.word()), Some(fate));
        }
        assert_eq!(Fate::named("rain"), None);
    }
}
