//! The shortest scenario that still finds the same: steps are left out, halves first; then loads, nodes, instances and
//! settings; then moments become rounder.

mod parts;
mod rounder;

use super::super::scenario::Scenario;
use super::gaps;

/// Tries a scenario; whether it still finds the same.
pub(super) trait Trial {
    fn finds(&mut self, scenario: &Scenario) -> impl Future<Output = bool>;
}

/// Shrinks with at most `runs` trials.
pub(super) async fn shrink(scenario: Scenario, runs: usize, trial: &mut impl Trial) -> Scenario {
    let mut shrinking = Shrinking { best: scenario, runs, trial };
    shrinking.steps().await;
    while shrinking.simpler(parts::candidates).await {
        shrinking.steps().await;
    }
    while shrinking.simpler(rounder::candidates).await {}
    shrinking.best
}

struct Shrinking<'a, T> {
    best: Scenario,
    runs: usize,
    trial: &'a mut T,
}

impl<T: Trial> Shrinking<'_, T> {
    /// Whether it is the new best: only what falls into no gap counts, or everything would shrink to what is known.
    async fn is_better(&mut self, candidate: Scenario) -> bool {
        if self.runs == 0 || candidate == self.best || !gaps::is_fair(&candidate) {
            return false;
        }
        self.runs -= 1;
        let finds = self.trial.finds(&candidate).await;
        if finds {
            self.best = candidate;
        }
        finds
    }

    /// Leaves steps out. Those that belong together lie near each other and go by halves; single ones at the end, and
    /// pairs, as a freeze whose thaw alone would be left goes with that only.
    async fn steps(&mut self) {
        let mut part = self.best.steps.len().div_ceil(2);
        while part > 0 && self.runs > 0 {
            let mut from = 0;
            while from < self.best.steps.len() {
                let mut candidate = self.best.clone();
                candidate.steps.drain(from..(from + part).min(self.best.steps.len()));
                if !self.is_better(candidate).await {
                    from += part;
                }
            }
            part = if part == 1 { 0 } else { part.div_ceil(2) };
        }
        while self.pair().await {}
    }

    async fn pair(&mut self) -> bool {
        let all = self.best.steps.len();
        for first in 0..all {
            for second in (first + 1..all).rev() {
                let mut candidate = self.best.clone();
                candidate.steps.remove(second);
                candidate.steps.remove(first);
                if self.is_better(candidate).await {
                    return true;
                }
            }
        }
        false
    }

    /// The first simplification that still finds the same, and so on from there; whether there was one.
    async fn simpler(&mut self, candidates: fn(&Scenario) -> Vec<Scenario>) -> bool {
        let mut is_simpler = false;
        let mut place = 0;
        loop {
            let mut all = candidates(&self.best);
            if place >= all.len() || self.runs == 0 {
                return is_simpler;
            }
            if self.is_better(all.swap_remove(place)).await {
                is_simpler = true;
            } else {
                place += 1;
            }
        }
    }
}
