//! Which applications lost most of their leases, read off the leases of one moment. Nothing is remembered from one
//! assessment to the next, so nothing can get stuck.

use std::collections::BTreeMap;

use crate::lease::Lease;

/// Fewer lost leases than this are no reason to suspect the network: a lone dead instance is simply dead.
const LOST_MIN: usize = 2;
/// The same when it is about the network of the registry itself: a few small applications that went are simply gone.
const APPS_IN_TROUBLE_MIN: usize = 3;
const LOST_GLOBALLY_MIN: usize = 5;

/// How it stands with one lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Alive,
    /// Over, and not for long: it may be the network.
    Lost {
        ended_ms: i64,
    },
    /// Over for longer than anything is kept.
    GivenUp,
}

impl Condition {
    /// By the lease's own duration, with `additional_ms` of grace for a timer that came late.
    pub(crate) fn of(lease: &Lease, preserved_ms_max: i64, additional_ms: i64, now_ms: i64) -> Self {
        let ended_ms = lease.ends_ms() + additional_ms;
        if !lease.is_expired(now_ms, additional_ms) {
            Self::Alive
        } else if now_ms - ended_ms > preserved_ms_max {
            Self::GivenUp
        } else {
            Self::Lost { ended_ms }
        }
    }

    pub(crate) fn is_over(self) -> bool {
        self != Self::Alive
    }
}

/// The leases of one application, counted by condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) leases: usize,
    pub(crate) lost: usize,
    pub(crate) given_up: usize,
    /// When the first of the lost leases ended, and when the last did.
    pub(crate) lost_ms: Option<(i64, i64)>,
}

impl Tally {
    pub(crate) fn of(conditions: impl IntoIterator<Item = Condition>) -> Self {
        let mut tally = Self::default();
        conditions.into_iter().for_each(|condition| tally.note(condition));
        tally
    }

    /// Counts one more lease.
    pub(crate) fn note(&mut self, condition: Condition) {
        self.leases += 1;
        match condition {
            Condition::Alive => {}
            Condition::GivenUp => self.given_up += 1,
            Condition::Lost { ended_ms } => {
                self.lost += 1;
                let (first_ms, last_ms) = self.lost_ms.unwrap_or((ended_ms, ended_ms));
                self.lost_ms = Some((first_ms.min(ended_ms), last_ms.max(ended_ms)));
            }
        }
    }

    pub(crate) fn alive(&self) -> usize {
        self.leases - self.over()
    }

    pub(crate) fn over(&self) -> usize {
        self.lost + self.given_up
    }

    /// More are lost than alive. What was given up counts as neither: it belongs to an earlier loss.
    fn is_in_trouble(&self) -> bool {
        self.lost > self.alive()
    }

    /// Whether the application itself is a reason to keep its lost leases.
    pub(crate) fn is_preserved(&self) -> bool {
        self.lost >= LOST_MIN && self.is_in_trouble()
    }
}

/// All applications at one moment.
#[derive(Debug, Default)]
pub(crate) struct Assessment {
    /// Those of which at least one lease is over.
    pub(crate) apps: BTreeMap<String, Tally>,
    pub(crate) leases: usize,
    /// Of all applications, as in [`Tally`].
    pub(crate) lost: usize,
    pub(crate) given_up: usize,
    /// Applications with leases that are not given up.
    pub(crate) apps_counted: usize,
    /// Those of them that lost more leases than are alive.
    pub(crate) apps_in_trouble: usize,
}

impl Assessment {
    pub(crate) fn of(tallies: impl IntoIterator<Item = (String, Tally)>) -> Self {
        let mut assessment = Self::default();
        for (app, tally) in tallies {
            assessment.leases += tally.leases;
            assessment.lost += tally.lost;
            assessment.given_up += tally.given_up;
            assessment.apps_counted += usize::from(tally.leases > tally.given_up);
            assessment.apps_in_trouble += usize::from(tally.is_in_trouble());
            if tally.over() > 0 {
                assessment.apps.insert(app, tally);
            }
        }
        assessment
    }

    /// Whether most applications and most leases are in trouble at once: that is the network of the registry, not the
    /// applications. Both, because neither a crowd of tiny applications nor one that has most of the leases speaks for all.
    pub(crate) fn is_global(&self) -> bool {
        let alive = self.leases - self.lost - self.given_up;
        self.apps_in_trouble >= APPS_IN_TROUBLE_MIN
            && self.apps_in_trouble * 2 > self.apps_counted
            && self.lost >= LOST_GLOBALLY_MIN
            && self.lost > alive
    }

    /// Whether a lease of an application in this condition stays although it is over.
    pub(crate) fn keeps(&self, app: &str, condition: Condition) -> bool {
        matches!(condition, Condition::Lost { .. })
            && (self.is_global() || self.apps.get(app).is_some_and(Tally::is_preserved))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(alive: usize, lost: usize, given_up: usize) -> Tally {
        let lost_leases = (0..lost).map(|_| Condition::Lost { ended_ms: 5 });
        let given_up_leases = (0..given_up).map(|_| Condition::GivenUp);
        Tally::of((0..alive).map(|_| Condition::Alive).chain(lost_leases).chain(given_up_leases))
    }

    #[test]
    fn a_lease_is_lost_and_then_given_up() {
        let lease = Lease::new(0, 1_000, 0, crate::lease::LeaseDuration::Netflix);
        for (now_ms, additional_ms, expected) in [
            (1_000, 0, Condition::Alive),
            (1_001, 0, Condition::Lost { ended_ms: 1_000 }),
            (6_000, 0, Condition::Lost { ended_ms: 1_000 }),
            (6_001, 0, Condition::GivenUp),
            (1_500, 500, Condition::Alive),
            (6_500, 500, Condition::Lost { ended_ms: 1_500 }),
        ] {
            assert_eq!(Condition::of(&lease, 5_000, additional_ms, now_ms), expected, "{now_ms} {additional_ms}");
        }
    }

    #[test]
    fn an_application_is_preserved_when_it_lost_more_than_are_alive() {
        // alive, lost, given up -> preserved
        for (alive, lost, given_up, preserved) in [
            (0, 1, 0, false),
            (1, 1, 0, false),
            (1, 2, 0, true),
            (2, 2, 0, false),
            (0, 2, 0, true),
            (5, 5, 0, false),
            (4, 6, 0, true),
            (4, 0, 6, false),
            (3, 1, 6, false),
            (0, 2, 6, true),
        ] {
            assert_eq!(tally(alive, lost, given_up).is_preserved(), preserved, "{alive} {lost} {given_up}");
        }
    }

    #[test]
    fn most_applications_at_once_are_the_registrys_own_network() {
        let (sound, big) = (tally(3, 0, 0), tally(100, 0, 0));
        let (gone, half, emptied) = (tally(0, 1, 0), tally(1, 1, 0), tally(0, 4, 0));
        let forgotten = tally(0, 0, 1);
        for (apps, global) in [
            (vec![gone], false),
            (vec![gone, sound], false),
            (vec![gone, gone, sound, sound], false),
            // Few small ones, be it all of them: they are simply gone.
            (vec![gone, gone, sound], false),
            (vec![gone; 3], false),
            (vec![gone; 4], false),
            (vec![gone; 5], true),
            (vec![gone, gone, emptied], true),
            (vec![gone, emptied, emptied], true),
            (vec![gone, emptied], false),
            // Most applications, but not most leases.
            ([vec![gone; 20], vec![big]].concat(), false),
            ([vec![gone; 99], vec![big]].concat(), false),
            ([vec![gone; 101], vec![big]].concat(), true),
            // Most leases, but not most applications.
            (vec![gone, emptied, emptied, half, half, half], false),
            (vec![gone, emptied, emptied, half, half], true),
            // What was given up counts as neither.
            ([vec![gone; 5], vec![forgotten; 50]].concat(), true),
            (vec![gone, sound, forgotten, forgotten], false),
            (vec![forgotten; 9], false),
        ] {
            let names: Vec<String> = (0..apps.len()).map(|number| format!("A{number}")).collect();
            let assessment = Assessment::of(names.into_iter().zip(apps.iter().copied()));
            assert_eq!(assessment.is_global(), global, "{apps:?}");
            let keeps = assessment.keeps("A0", Condition::Lost { ended_ms: 5 });
            assert_eq!(keeps, global, "a lone one, by the guard only");
            assert!(!assessment.keeps("A0", Condition::GivenUp) && !assessment.keeps("A0", Condition::Alive));
        }
    }

    fn assessment(apps: &[(&str, Tally)]) -> Assessment {
        Assessment::of(apps.iter().map(|(name, tally)| ((*name).to_owned(), *tally)))
    }

    #[test]
    fn one_applications_trouble_is_its_own() {
        let assessment = assessment(&[("A", tally(1, 9, 0)), ("B", tally(9, 1, 0)), ("C", tally(9, 0, 0))]);
        let lost = Condition::Lost { ended_ms: 5 };
        assert!(assessment.keeps("A", lost) && !assessment.keeps("B", lost) && !assessment.keeps("C", lost));
        assert_eq!(assessment.apps.keys().collect::<Vec<_>>(), ["A", "B"]);
    }
}
