//! The clock that tests and the harness move by hand.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

/// How long, in real time, [`ManualClock::settle`] waits for the loops before it gives up and names them.
const SETTLE_BOUND_S: u64 = 30;

/// Handle by which time is moved. Cheap to clone.
#[derive(Clone)]
pub struct ManualClock(Arc<Shared>);

struct Shared {
    // A plain mutex: held for a few map operations, never across an await.
    state: Mutex<State>,
    fell_asleep: Notify,
}

struct State {
    now_ms: i64,
    next_id: u64,
    /// By deadline, then by order of arrival.
    sleepers: BTreeMap<(i64, u64), Sleeper>,
    /// Timers that exist and do not sleep: something may still happen at this moment.
    awake: BTreeMap<u64, &'static str>,
    /// How many timers of a name are not waited for.
    excused: BTreeMap<&'static str, usize>,
}

impl State {
    fn is_settled(&self) -> bool {
        let awake = |name: &str| self.awake.values().filter(|awake| **awake == name).count();
        let is_excused = |name: &str| self.excused.get(name).is_some_and(|excused| awake(name) <= *excused);
        self.awake.values().all(|name| is_excused(name))
    }
}

/// While it lives, time goes on although one timer of its name is awake: its loop waits for something that a harness
/// holds back.
pub struct Excuse {
    clock: ManualClock,
    name: &'static str,
}

struct Sleeper {
    wake: oneshot::Sender<()>,
    timer_id: u64,
    timer_name: &'static str,
}

/// Loops that were still busy when the bound was over.
#[derive(Debug)]
pub struct NotSettled {
    /// The names of their timers.
    pub awake: Vec<&'static str>,
}

impl fmt::Display for NotSettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {SETTLE_BOUND_S} s of real time these loops were still busy: {}", self.awake.join(", "))
    }
}

impl std::error::Error for NotSettled {}

impl ManualClock {
    pub(super) fn new(start_ms: i64) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                now_ms: start_ms,
                next_id: 0,
                sleepers: BTreeMap::new(),
                awake: BTreeMap::new(),
                excused: BTreeMap::new(),
            }),
            fell_asleep: Notify::new(),
        }))
    }

    /// Now, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.0.state.lock().now_ms
    }

    /// When the next timer is due. `None`: nobody waits.
    pub fn next_deadline_ms(&self) -> Option<i64> {
        self.0.state.lock().sleepers.keys().next().map(|(at_ms, _)| *at_ms)
    }

    /// Does not wait for one timer of this name until the excuse is dropped.
    pub fn excuse(&self, name: &'static str) -> Excuse {
        *self.0.state.lock().excused.entry(name).or_default() += 1;
        self.0.fell_asleep.notify_waiters();
        Excuse { clock: self.clone(), name }
    }

    /// Lets time pass, deadline by deadline; each loop that is due does all it has to do before the next deadline comes.
    ///
    /// # Errors
    /// [`NotSettled`] when a loop is still busy after 30 s of real time.
    pub async fn advance_ms(&self, duration_ms: i64) -> Result<(), NotSettled> {
        let target_ms = self.now_ms() + duration_ms;
        loop {
            self.settle().await?;
            if !self.wake_next_due(target_ms) {
                return Ok(());
            }
        }
    }

    /// Waits until every timer is asleep.
    ///
    /// # Errors
    /// [`NotSettled`] when a loop is still busy after 30 s of real time.
    pub async fn settle(&self) -> Result<(), NotSettled> {
        let all_asleep = async {
            loop {
                let fell_asleep = self.0.fell_asleep.notified();
                tokio::pin!(fell_asleep);
                // Registered before the look, so that no change in between is missed.
                fell_asleep.as_mut().enable();
                if self.0.state.lock().is_settled() {
                    return;
                }
                fell_asleep.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(SETTLE_BOUND_S), all_asleep)
            .await
            .map_err(|_| NotSettled { awake: self.0.state.lock().awake.values().copied().collect() })
    }

    /// Moves to the next deadline up to `target_ms` and wakes its sleepers; without one, moves to the target.
    fn wake_next_due(&self, target_ms: i64) -> bool {
        let mut state = self.0.state.lock();
        let Some(&(deadline_ms, _)) = state.sleepers.keys().next().filter(|(at, _)| *at <= target_ms) else {
            state.now_ms = state.now_ms.max(target_ms);
            return false;
        };
        state.now_ms = state.now_ms.max(deadline_ms);
        // One at a time: loops due at the same moment run in the order in which they went to sleep.
        if let Some((_, sleeper)) = state.sleepers.pop_first() {
            // Awake from now on, not only once its task runs: else time could go on before it has.
            state.awake.insert(sleeper.timer_id, sleeper.timer_name);
            // It cannot be gone: a dropped sleep takes its entry out under this lock.
            let _ = sleeper.wake.send(());
        }
        true
    }

    #[cfg(test)]
    fn is_awake(&self, name: &str) -> bool {
        self.0.state.lock().awake.values().any(|awake| *awake == name)
    }

    pub(super) fn timer(&self, name: &'static str) -> ManualTimer {
        let mut state = self.0.state.lock();
        let id = state.next_id;
        state.next_id += 1;
        state.awake.insert(id, name);
        ManualTimer { clock: self.clone(), id, name }
    }
}

/// One loop's waiting on a manual clock.
pub(super) struct ManualTimer {
    clock: ManualClock,
    id: u64,
    name: &'static str,
}

impl ManualTimer {
    pub(super) async fn sleep_until_ms(&mut self, at_ms: i64) {
        let Some((key, woken)) = self.fall_asleep(at_ms) else {
            tokio::task::yield_now().await;
            return;
        };
        let _awake_again = AwakeAgain { timer: self, key };
        // An error means that the clock is gone: nobody waits any more.
        let _ = woken.await;
    }

    /// Queues this timer; `None` when the moment has passed already.
    fn fall_asleep(&self, at_ms: i64) -> Option<((i64, u64), oneshot::Receiver<()>)> {
        let mut state = self.clock.0.state.lock();
        if at_ms <= state.now_ms {
            return None;
        }
        let (wake, woken) = oneshot::channel();
        let key = (at_ms, state.next_id);
        state.next_id += 1;
        state.sleepers.insert(key, Sleeper { wake, timer_id: self.id, timer_name: self.name });
        state.awake.remove(&self.id);
        drop(state);
        self.clock.0.fell_asleep.notify_waiters();
        Some((key, woken))
    }
}

/// Ends a sleep, whether it was woken or dropped.
struct AwakeAgain<'a> {
    timer: &'a ManualTimer,
    key: (i64, u64),
}

impl Drop for AwakeAgain<'_> {
    fn drop(&mut self) {
        let mut state = self.timer.clock.0.state.lock();
        state.sleepers.remove(&self.key);
        state.awake.insert(self.timer.id, self.timer.name);
    }
}

impl Drop for Excuse {
    fn drop(&mut self) {
        let mut state = self.clock.0.state.lock();
        if let Some(excused) = state.excused.get_mut(self.name) {
            *excused -= 1;
        }
    }
}

impl Drop for ManualTimer {
    fn drop(&mut self) {
        self.clock.0.state.lock().awake.remove(&self.id);
        self.clock.0.fell_asleep.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use crate::Clock;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn loops_run_deadline_by_deadline_in_order() {
        let (clock, hand) = Clock::manual(1_000);
        let seen = Arc::new(Mutex::new(Vec::new()));
        for (name, every_ms) in [("slow", 30), ("fast", 20)] {
            let mut timer = clock.timer(name);
            let (clock, seen) = (clock.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                loop {
                    timer.sleep_ms(every_ms).await;
                    tokio::task::yield_now().await;
                    seen.lock().push((clock.now_ms(), name));
                }
            });
        }
        hand.advance_ms(65).await.unwrap();
        assert_eq!(hand.now_ms(), 1_065);
        assert_eq!(*seen.lock(), [(1_020, "fast"), (1_030, "slow"), (1_040, "fast"), (1_060, "slow"), (1_060, "fast")]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_loop_that_is_excused_does_not_hold_time_back() {
        let (clock, hand) = Clock::manual(0);
        let excuse = hand.excuse("held");
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let mut timer = clock.timer("held");
        let held = tokio::spawn(async move {
            wait.await.unwrap();
            let at_ms = timer.clock().now_ms();
            timer.sleep_ms(10).await;
            at_ms
        });
        hand.advance_ms(50).await.unwrap();
        assert_eq!(hand.now_ms(), 50);
        drop(excuse);
        go.send(()).unwrap();
        hand.advance_ms(50).await.unwrap();
        assert_eq!(held.await.unwrap(), 50, "it was waited for");
    }

    #[tokio::test]
    async fn a_sleep_that_select_drops_leaves_its_timer_awake_until_it_sleeps_again() {
        let (clock, hand) = Clock::manual(0);
        let mut timer = clock.timer("loop");
        tokio::select! {
            () = timer.sleep_ms(10) => panic!("time stands still"),
            () = tokio::task::yield_now() => {}
        }
        assert!(hand.is_awake("loop"));
        drop(timer);
        hand.advance_ms(10).await.unwrap();
        assert_eq!(hand.now_ms(), 10);
    }
}
