//! Who dies when in a round, from the seed. Moments are parts of the time that an undisturbed round takes.

use std::fmt;

use super::standstill::Standstill;
use crate::harness::node::NodeKind;

/// Rounds of a hundred in which a gateway, or the registry, dies too.
const GATEWAY_PERCENT: u8 = 35;
const REGISTRY_PERCENT: u8 = 20;
/// Rounds in which the killing begins with the way back.
const ONLINE_PERCENT: u8 = 25;
/// Where there are two, rounds in which the one that died stays dead: the other one takes over.
const STAYS_DEAD_PERCENT: u8 = 50;
/// How long the dead stay dead, milliseconds.
const DEAD_MS: [i64; 5] = [0, 20, 100, 400, 1_500];

/// Which request of a round is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum During {
    Offline,
    Online,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Death {
    pub(super) kind: NodeKind,
    /// Which of its kind.
    pub(super) place: usize,
    /// After the request was sent, milliseconds.
    pub(super) at_ms: i64,
    /// `None`: until the request is completed without it.
    pub(super) back_after_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) during: During,
    /// In the order of their moments.
    pub(super) deaths: Vec<Death>,
    /// Who stands still instead of dying.
    pub(super) standstill: Option<Standstill>,
    /// Which sync-speed is asked first.
    pub(super) asked: usize,
}

impl Plan {
    /// Nobody dies.
    pub(super) fn undisturbed() -> Self {
        Self { during: During::Offline, deaths: Vec::new(), standstill: None, asked: 0 }
    }

    /// `offline_ms`, `online_ms`: how long they take undisturbed.
    pub(super) fn of(
        dice: &mut fastrand::Rng,
        (gateways, sync_speeds): (usize, usize),
        (offline_ms, online_ms): (i64, i64),
    ) -> Self {
        let percent = |dice: &mut fastrand::Rng, chance: u8| dice.u8(0..100) < chance;
        let during = if percent(dice, ONLINE_PERCENT) { During::Online } else { During::Offline };
        let takes_ms = if during == During::Online { online_ms } else { offline_ms };
        let death = |dice: &mut fastrand::Rng, kind, of: usize| Death {
            kind,
            place: dice.usize(0..of.max(1)),
            at_ms: dice.i64(0..=takes_ms.max(1)),
            back_after_ms: Some(DEAD_MS[dice.usize(0..DEAD_MS.len())]),
        };
        let mut deaths = vec![death(dice, NodeKind::SyncSpeed, sync_speeds)];
        if sync_speeds > 1 && percent(dice, STAYS_DEAD_PERCENT) {
            deaths[0].back_after_ms = None;
        }
        if percent(dice, GATEWAY_PERCENT) {
            deaths.push(death(dice, NodeKind::Gateway, gateways));
        }
        if percent(dice, REGISTRY_PERCENT) {
            deaths.push(death(dice, NodeKind::Registry, 1));
        }
        deaths.sort_by_key(|death| death.at_ms);
        Self { during, deaths, standstill: None, asked: dice.usize(0..sync_speeds) }
    }

    /// A round in which a sync-speed stands still: the one that is asked.
    pub(super) fn standing_still(
        dice: &mut fastrand::Rng,
        sizes: (usize, usize),
        (offline_ms, online_ms): (i64, i64),
    ) -> Self {
        // A gateway or the registry may die meanwhile.
        let Self { during, mut deaths, .. } = Self::of(dice, sizes, (offline_ms, online_ms));
        deaths.retain(|death| death.kind != NodeKind::SyncSpeed);
        let standstill = match during {
            During::Offline => Standstill::of(dice, sizes.1, offline_ms, Some(online_ms)),
            During::Online => Standstill::of(dice, sizes.1, online_ms, None),
        };
        Self { during, deaths, standstill: Some(standstill), asked: standstill.place }
    }

    pub(super) fn kills(&self, kind: NodeKind) -> usize {
        self.deaths.iter().filter(|death| death.kind == kind).count()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deaths: Vec<String> = self
            .standstill
            .iter()
            .map(ToString::to_string)
            .chain(self.deaths.iter().map(ToString::to_string))
            .collect();
        if deaths.is_empty() {
            return f.write_str("undisturbed");
        }
        let during = if self.during == During::Online { "online" } else { "offline" };
        write!(f, "{during}: {}", deaths.join(", "))
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, place, at_ms, back_after_ms } = self;
        let back = back_after_ms.map_or("stays dead".to_owned(), |after_ms| format!("back after {after_ms} ms"));
        write!(f, "{}-{} killed at {at_ms} ms, {back}", kind.word(), place + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::standstill::Wakes;
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_plan_and_all_kinds_of_death() {
        let plans = |seed| {
            let mut dice = fastrand::Rng::with_seed(seed);
            (0..100).map(|_| Plan::of(&mut dice, (10, 2), (1_000, 100))).collect::<Vec<_>>()
        };
        assert_eq!(plans(7), plans(7));
        assert_ne!(plans(7), plans(8));
        let all = plans(7);
        for (kind, at_least, at_most) in
            [(NodeKind::SyncSpeed, 100, 100), (NodeKind::Gateway, 20, 60), (NodeKind::Registry, 5, 40)]
        {
            let kills: usize = all.iter().map(|plan| plan.kills(kind)).sum();
            assert!((at_least..=at_most).contains(&kills), "{kills} of {kind:?}");
        }
        assert!(all.iter().any(|plan| plan.during == During::Online));
        assert!(all.iter().flat_map(|plan| &plan.deaths).any(|death| death.back_after_ms.is_none()));
        assert!(all.iter().flat_map(|plan| &plan.deaths).all(|death| (0..=1_000).contains(&death.at_ms)));
    }

    #[test]
    fn who_stands_still_is_asked_and_the_other_one_lives() {
        let mut dice = fastrand::Rng::with_seed(7);
        let all: Vec<Plan> = (0..100).map(|_| Plan::standing_still(&mut dice, (10, 2), (1_000, 100))).collect();
        assert!(all.iter().all(|plan| plan.standstill.is_some_and(|one| one.place == plan.asked)));
        assert!(all.iter().all(|plan| plan.kills(NodeKind::SyncSpeed) == 0));
        let is_late = |plan: &&Plan| plan.standstill.is_some_and(|one| matches!(one.wakes, Wakes::OnTheWayBack(_)));
        assert!(all.iter().filter(is_late).all(|plan| plan.during == During::Offline));
        assert!((10..60).contains(&all.iter().filter(is_late).count()));
    }
}
