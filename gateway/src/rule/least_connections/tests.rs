use std::cell::Cell;
use std::net::SocketAddr;

use proptest::prelude::*;

use super::*;
use crate::endpoint::UnderWay;

/// Requests that are under way more at one than at another, where on the average ten are: with a margin, 12 is the most that
/// was seen.
const SPREAD_MAX: usize = 20;

fn endpoints(count: usize) -> Vec<Arc<Endpoint>> {
    let address = SocketAddr::from(([127, 0, 0, 2], 80));
    let endpoint = |id: usize| {
        let endpoint = Endpoint::new("APP", &id.to_string(), address);
        endpoint.open();
        Arc::new(endpoint)
    };
    (0..count).map(endpoint).collect()
}

/// Requests that have begun there.
fn begin(endpoint: &Arc<Endpoint>, count: usize) -> Vec<UnderWay> {
    (0..count).map(|_| endpoint.start().unwrap().first_byte_written().unwrap()).collect()
}

/// Makes what follows the same in each run.
fn seed(seed: u64) {
    RANDOM.set(fastrand::Rng::with_seed(seed));
}

fn place(endpoint: &Endpoint) -> usize {
    endpoint.instance_id().parse().unwrap()
}

fn choose(endpoints: &[Arc<Endpoint>], is_acceptable: impl Fn(usize) -> bool) -> Option<usize> {
    LeastConnections.choose(endpoints, &|endpoint| is_acceptable(place(endpoint))).map(|chosen| place(&chosen))
}

/// How often each is chosen.
fn counts(endpoints: &[Arc<Endpoint>], choices: usize, is_acceptable: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut counts = vec![0; endpoints.len()];
    for _ in 0..choices {
        counts[choose(endpoints, &is_acceptable).unwrap()] += 1;
    }
    counts
}

#[test]
fn few_candidates() {
    seed(1);
    // Requests under way at each, which of them are acceptable, and who may be chosen.
    let table: [(&[usize], &[usize], &[usize]); 9] = [
        (&[], &[], &[]),
        (&[7], &[0], &[0]),
        (&[7], &[], &[]),
        (&[0, 1], &[0, 1], &[0]),
        (&[3, 2], &[0, 1], &[1]),
        (&[2, 2], &[0, 1], &[0, 1]),
        (&[0, 9], &[1], &[1]),
        (&[0, 9], &[], &[]),
        // Of three the busiest is in no pair the less busy one.
        (&[4, 5, 4], &[0, 1, 2], &[0, 2]),
    ];
    for (under_way, acceptable, expected) in table {
        let endpoints = endpoints(under_way.len());
        let _held: Vec<_> = endpoints.iter().zip(under_way).map(|(one, count)| begin(one, *count)).collect();
        let mut chosen: Vec<_> =
            (0..100).filter_map(|_| choose(&endpoints, |place| acceptable.contains(&place))).collect();
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen, expected, "{under_way:?} {acceptable:?}");
    }
}

/// Drawn or, where few are acceptable, taken from all.
#[test]
fn of_equals_each_that_is_acceptable_is_chosen_as_often_as_any() {
    seed(2);
    const CHOICES: usize = 40_000;
    let table: [(usize, &[usize]); 5] =
        [(2, &[0, 1]), (5, &[0, 2, 3, 4]), (5, &[1, 4]), (400, &[0, 1, 200, 399]), (400, &[399])];
    for (count, acceptable) in table {
        let counts = counts(&endpoints(count), CHOICES, |place| acceptable.contains(&place));
        let share = CHOICES / acceptable.len();
        for (place, count) in counts.into_iter().enumerate() {
            let expected = if acceptable.contains(&place) { share } else { 0 };
            assert!(count.abs_diff(expected) <= share / 25, "{acceptable:?}: {count} of {expected} at {place}");
        }
    }
}

#[test]
fn who_has_just_joined_gets_no_more_than_it_is_drawn() {
    seed(3);
    let endpoints = endpoints(10);
    let _held: Vec<_> = endpoints[1..].iter().map(|endpoint| begin(endpoint, 50)).collect();
    let counts = counts(&endpoints, 10_000, |_| true);
    assert!((1_900..2_100).contains(&counts[0]), "{counts:?}");
}

#[test]
fn as_few_are_looked_at_among_a_thousand_as_among_four() {
    seed(4);
    for count in [2, 4, 1_000] {
        let (endpoints, looks) = (endpoints(count), Cell::new(0));
        for _ in 0..100 {
            choose(&endpoints, |_| looks.replace(looks.get() + 1) < usize::MAX);
        }
        assert_eq!(looks.get(), 200, "{count}");
    }
}

/// Requests that come evenly, to instances each of which takes a time of its own, and by how much what is under way has differed.
fn spread(rule: &dyn Rule, times: &[usize]) -> usize {
    const TICKS: usize = 300;
    let endpoints = endpoints(times.len());
    let mut under_way: Vec<Vec<(usize, UnderWay)>> = times.iter().map(|_| Vec::new()).collect();
    let mut widest = 0;
    for now in 0..TICKS {
        under_way.iter_mut().for_each(|of_one| of_one.retain(|(until, _)| *until > now));
        for _ in 0..times.len() {
            let chosen = place(&rule.choose(&endpoints, &|_| true).unwrap());
            let begun = begin(&endpoints[chosen], 1).pop().unwrap();
            under_way[chosen].push((now + times[chosen], begun));
        }
        let counts: Vec<usize> = under_way.iter().map(Vec::len).collect();
        let (most, least) = (counts.iter().max().unwrap(), counts.iter().min().unwrap());
        widest = widest.max(most - least);
    }
    widest
}

proptest! {
    #[test]
    fn whatever_is_acceptable_one_of_it_is_chosen_and_nothing_else(
        acceptable in proptest::collection::vec(any::<bool>(), 0..40),
        random in any::<u64>(),
    ) {
        seed(random);
        let endpoints = endpoints(acceptable.len());
        for _ in 0..20 {
            match choose(&endpoints, |place| acceptable[place]) {
                Some(chosen) => prop_assert!(acceptable[chosen]),
                None => prop_assert!(!acceptable.contains(&true)),
            }
        }
    }

    /// In turn, the slow one would have as many more under way as it takes longer.
    #[test]
    fn what_is_under_way_is_nearly_the_same_everywhere_although_one_is_slow(
        slow in 20_usize..200,
        quick in 1_usize..10,
        random in any::<u64>(),
    ) {
        seed(random);
        let times: Vec<usize> = std::iter::once(slow).chain(std::iter::repeat_n(10, quick)).collect();
        let widest = spread(&LeastConnections, &times);
        prop_assert!(widest <= SPREAD_MAX, "{widest}: {times:?}");
    }
}
