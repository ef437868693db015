//! How often something may happen, for each of many: a bucket of tokens that fills evenly. The table is bounded; what
//! does not fit shares one bucket. Takes the time.

use std::collections::HashMap;
use std::hash::Hash;

use parking_lot::Mutex;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Then one in this time, microseconds.
    pub one_per_us: i64,
}

impl Rate {
    /// So many in a minute, all at once or spread.
    pub const fn per_minute(count: u32) -> Self {
        const MINUTE_US: i64 = 60_000_000;
        // 0 would divide by zero: configuration starts at 1.
        Self { burst: count, one_per_us: MINUTE_US / if count == 0 { 1 } else { count as i64 } }
    }
}

/// Too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Until the next is let through, whole seconds, at least one.
    pub seconds: i64,
}

/// Buckets by key.
#[derive(Debug)]
pub struct Buckets<K> {
    // A plain mutex: held for one look into a map. The value is the moment at which the bucket is full again; those in
    // the past are full. Under `None` all who did not fit.
    full_again_us: Mutex<HashMap<Option<K>, i64>>,
    places_max: usize,
}

impl<K: Hash + Eq> Buckets<K> {
    /// For so many keys.
    pub fn new(places_max: usize) -> Self {
        Self { full_again_us: Mutex::default(), places_max }
    }

    /// Takes one, if there is one.
    ///
    /// # Errors
    /// How long to wait; nothing is taken then.
    pub fn take(&self, key: K, rate: Rate, now_us: i64) -> Result<(), Wait> {
        let mut table = self.full_again_us.lock();
        let key = place(&mut table, key, self.places_max, now_us);
        let full_us = table.entry(key).or_insert(now_us);
        let after_us = (*full_us).max(now_us).saturating_add(rate.one_per_us);
        wait(after_us, rate, now_us)?;
        *full_us = after_us;
        Ok(())
    }

    /// Whether one could be taken; takes nothing.
    ///
    /// # Errors
    /// How long to wait.
    pub fn look(&self, key: K, rate: Rate, now_us: i64) -> Result<(), Wait> {
        let mut table = self.full_again_us.lock();
        let key = place(&mut table, key, self.places_max, now_us);
        let full_us = table.get(&key).copied().unwrap_or(now_us);
        wait(full_us.max(now_us).saturating_add(rate.one_per_us), rate, now_us)
    }

    /// How many keys have a bucket that is not full.
    pub fn len(&self) -> usize {
        self.full_again_us.lock().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn wait(after_us: i64, rate: Rate, now_us: i64) -> Result<(), Wait> {
    const SECOND_US: i64 = 1_000_000;
    let over_us = after_us - now_us - i64::from(rate.burst).saturating_mul(rate.one_per_us);
    if over_us <= 0 { Ok(()) } else { Err(Wait { seconds: over_us.saturating_add(SECOND_US - 1) / SECOND_US }) }
}

fn place<K: Hash + Eq>(table: &mut HashMap<Option<K>, i64>, key: K, places_max: usize, now_us: i64) -> Option<K> {
    let key = Some(key);
    if table.len() < places_max || table.contains_key(&key) {
        return key;
    }
    table.retain(|_, full_us| *full_us > now_us);
    key.filter(|_| table.len() < places_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_US: i64 = 1_000_000;

    #[test]
    fn a_burst_and_then_one_at_a_time() {
        let buckets = Buckets::new(8);
        let rate = Rate { burst: 3, one_per_us: 6 * SECOND_US };
        for _ in 0..3 {
            assert_eq!(buckets.look("a", rate, 0), Ok(()));
            assert_eq!(buckets.take("a", rate, 0), Ok(()));
        }
        assert_eq!(buckets.take("a", rate, 0), Err(Wait { seconds: 6 }));
        assert_eq!(buckets.look("a", rate, SECOND_US + 1), Err(Wait { seconds: 5 }));
        assert_eq!(buckets.take("b", rate, 0), Ok(()), "others are not held up");
        assert_eq!(buckets.take("a", rate, 6 * SECOND_US), Ok(()), "refused tries cost nothing");
        assert_eq!(buckets.take("a", rate, 6 * SECOND_US), Err(Wait { seconds: 6 }));
        for _ in 0..3 {
            assert_eq!(buckets.take("a", rate, 100 * SECOND_US), Ok(()), "quiet fills it, and no further");
        }
        assert!(buckets.take("a", rate, 100 * SECOND_US).is_err());
    }

    #[test]
    fn a_minute_holds_as_many_as_it_says() {
        for count in [1, 7, 600, 60_000] {
            let buckets = Buckets::new(1);
            let taken = (0..=count).filter(|_| buckets.take((), Rate::per_minute(count), 5).is_ok()).count();
            assert_eq!(taken, count as usize);
            assert!(buckets.take((), Rate::per_minute(count), 5 + 60 * SECOND_US).is_ok());
        }
    }

    #[test]
    fn neither_the_table_nor_what_passes_grows_with_the_number_of_keys() {
        let buckets = Buckets::new(100);
        let rate = Rate { burst: 10, one_per_us: SECOND_US };
        let passed = |now_us| (0..20_000).filter(|key| buckets.take(*key, rate, now_us).is_ok()).count();
        assert_eq!(passed(0), 100 + 10, "those beyond share one bucket");
        assert!(buckets.len() <= 101);
        assert!(passed(SECOND_US) <= 100 + 10);
        assert!(buckets.len() <= 101);
    }
}
