//! The one of two with fewer requests under way: power of two choices. Beside Ribbon's `BestAvailableRule`, which looks at
//! all of them for each request, and sends all requests of a moment to the same one.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use fastrand::Rng;

use super::{Rule, RuleName};
use crate::endpoint::Endpoint;

#[cfg(test)]
mod tests;

/// How often is drawn before all are looked at: as long as half of them are acceptable, it comes to that once in thirty times.
const DRAWS_MAX: usize = 8;

thread_local! {
    /// Keyed by the operating system's random numbers, anew for each thread.
    static RANDOM: RefCell<Rng> = RefCell::new(Rng::with_seed(RandomState::new().build_hasher().finish()));
}

/// Draws two and takes the one with fewer requests under way; of equals either, by lot. It keeps nothing: the numbers are
/// the endpoints' own. One that has just joined, with nothing under way, gets no more than it is drawn: of n instances 2/n.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LeastConnections;

impl Rule for LeastConnections {
    fn name(&self) -> RuleName {
        RuleName::LeastConnections
    }

    fn choose(&self, candidates: &[Arc<Endpoint>], is_acceptable: &dyn Fn(&Endpoint) -> bool) -> Option<Arc<Endpoint>> {
        RANDOM.with_borrow_mut(|random| {
            let drawn = draw(random, candidates, is_acceptable);
            let chosen = match drawn.map_or_else(|| sample(random, candidates, is_acceptable), |two| two.map(Some)) {
                [Some(one), Some(other)] => less_busy(random, one, other),
                [one, other] => one.or(other)?,
            };
            Some(Arc::clone(chosen))
        })
    }
}

/// Two different ones that are acceptable, each pair as likely as any; `None`: too few draws found one.
fn draw<'c>(
    random: &mut Rng,
    candidates: &'c [Arc<Endpoint>],
    is_acceptable: &dyn Fn(&Endpoint) -> bool,
) -> Option<[&'c Arc<Endpoint>; 2]> {
    if candidates.len() < 2 {
        return None;
    }
    let mut found: Option<(usize, &Arc<Endpoint>)> = None;
    for _ in 0..DRAWS_MAX {
        let place = match found {
            None => random.usize(..candidates.len()),
            // Any but the first one.
            Some((first, _)) => {
                let place = random.usize(..candidates.len() - 1);
                place + usize::from(place >= first)
            }
        };
        let one = candidates.get(place).filter(|one| is_acceptable(one));
        match (found, one) {
            (None, Some(one)) => found = Some((place, one)),
            (Some((_, first)), Some(one)) => return Some([first, one]),
            (_, None) => {}
        }
    }
    None
}

/// The same by looking at all of them once, for when few are acceptable; fewer than two only when there are no more.
fn sample<'c>(
    random: &mut Rng,
    candidates: &'c [Arc<Endpoint>],
    is_acceptable: &dyn Fn(&Endpoint) -> bool,
) -> [Option<&'c Arc<Endpoint>>; 2] {
    let mut kept = [None, None];
    for (seen, one) in candidates.iter().filter(|one| is_acceptable(one)).enumerate() {
        // The first two, and each further one with the probability that keeps all pairs equally likely.
        let place = if seen < kept.len() { seen } else { random.usize(..=seen) };
        if let Some(kept) = kept.get_mut(place) {
            *kept = Some(one);
        }
    }
    kept
}

fn less_busy<'c>(random: &mut Rng, one: &'c Arc<Endpoint>, other: &'c Arc<Endpoint>) -> &'c Arc<Endpoint> {
    let (of_one, of_other) = (one.under_way(), other.under_way());
    let is_one = of_one < of_other || (of_one == of_other && random.bool());
    if is_one { one } else { other }
}
