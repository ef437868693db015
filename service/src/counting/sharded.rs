//! Counters that threads do not fight over.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Cell, Grid, Labels};

/// Shards at most. More threads than this share them, which is slower and as right.
const SHARDS_MAX: usize = 64;

static THREADS_SEEN: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The shard of this thread, given out in the order in which threads first count something.
    static SHARD: usize = THREADS_SEEN.fetch_add(1, Ordering::Relaxed) % SHARDS_MAX;
}

/// One `T` per thread, made by the thread itself when it first counts: from its own part of the heap, so that the
/// counters of two threads do not share cache lines.
#[derive(Debug)]
pub struct Sharded<T>([OnceLock<Box<T>>; SHARDS_MAX]);

impl<T> Default for Sharded<T> {
    fn default() -> Self {
        Self([const { OnceLock::new() }; SHARDS_MAX])
    }
}

impl<T: Default> Sharded<T> {
    /// This thread's counters.
    pub fn mine(&self) -> &T {
        self.0[SHARD.with(|shard| *shard)].get_or_init(Box::default)
    }

    /// The sum over all threads, for each set of labels.
    pub fn totals<L: Labels, C: Cell>(&self, grid: impl Fn(&T) -> &Grid<L, C>) -> Vec<(L, C::Total)> {
        let shards: Vec<&T> = self.0.iter().filter_map(OnceLock::get).map(|shard| &**shard).collect();
        let total = |labels| {
            let mut total = C::Total::default();
            shards.iter().for_each(|shard| grid(shard).cell(labels).add_to(&mut total));
            total
        };
        L::all().into_iter().map(|labels| (labels, total(labels))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_threads_counted_is_added_up() {
        let sharded = Sharded::<Grid<()>>::default();
        assert_eq!(sharded.totals(|grid| grid)[0].1, 0);
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| (0..1_000).for_each(|_| sharded.mine().count(())));
            }
        });
        assert_eq!(sharded.totals(|grid| grid)[0].1, 100_000);
    }
}
