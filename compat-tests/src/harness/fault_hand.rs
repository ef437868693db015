//! The faults of one node: what its service asks at its points, and what the engine learns of it.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use eurus_service::clock::{Excuse, ManualClock};
use eurus_service::faults::{FaultPlan, Point, Way};
use eurus_service::{Clock, Faults, Shutdown};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::scenario::{FaultRule, Injection};

/// Cheap to clone: the service has one as its plan, the engine another.
#[derive(Clone)]
pub(super) struct FaultHand(Arc<Shared>);

struct Shared {
    clock: Clock,
    /// What is told not to wait for whom a point holds up; `None` in real time, which waits for nobody.
    hand: Option<ManualClock>,
    /// Whose timers else may be awake during a fetch of this node's Eureka client.
    fetchers: &'static [&'static str],
    state: Mutex<State>,
    /// How many passes wait for time to go on.
    held: watch::Sender<usize>,
    /// Told of each pass.
    passing: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    hits: Vec<Hit>,
    is_killed: bool,
    /// How often each point was passed.
    passed: HashMap<&'static str, u64>,
    /// Of the service that runs.
    shutdown: Option<Shutdown>,
}

struct Rule {
    rule: FaultRule,
    /// In the texts of points: the id behind [`FaultRule::about`].
    about_id: Option<String>,
    passes: usize,
    has_applied: bool,
}

/// A rule that applied.
pub(super) struct Hit {
    pub(super) rule: FaultRule,
    /// Whom the point was about, as the service says it.
    pub(super) about: String,
}

impl FaultHand {
    pub(super) fn new(clock: Clock, hand: Option<ManualClock>, fetchers: &'static [&'static str]) -> Self {
        Self(Arc::new(Shared {
            clock,
            hand,
            fetchers,
            state: Mutex::default(),
            held: watch::Sender::new(0),
            passing: watch::Sender::new(()),
        }))
    }

    /// For the service's configuration.
    pub(super) fn faults(&self) -> Faults {
        Faults::planned(Arc::new(self.clone()))
    }

    /// A service begins; what is to be told when it is killed at a point.
    pub(super) fn begins(&self) -> Shutdown {
        let shutdown = Shutdown::new();
        let mut state = self.0.state.lock();
        state.is_killed = false;
        // Nothing is under way in it.
        state.passed.clear();
        state.shutdown = Some(shutdown.clone());
        shutdown
    }

    pub(super) fn add(&self, rule: FaultRule, about_id: Option<String>) {
        self.0.state.lock().rules.push(Rule { rule, about_id, passes: 0, has_applied: false });
    }

    pub(super) fn clear(&self) {
        self.0.state.lock().rules.clear();
    }

    /// Rules that stand and never applied.
    pub(super) fn never_applied(&self) -> Vec<FaultRule> {
        let state = self.0.state.lock();
        state.rules.iter().filter(|one| !one.has_applied).map(|one| one.rule.clone()).collect()
    }

    /// Rules that applied since the last look.
    pub(super) fn take_hits(&self) -> Vec<Hit> {
        std::mem::take(&mut self.0.state.lock().hits)
    }

    /// Whether it was killed at a point, and the engine has not seen to it yet.
    pub(super) fn is_killed(&self) -> bool {
        self.0.state.lock().is_killed
    }

    /// It is over: the engine has seen to it.
    pub(super) fn has_ended(&self) {
        self.0.state.lock().is_killed = false;
    }

    /// Waits until the service waits for time to go on, or is killed.
    pub(super) async fn wait_until_held(&self) {
        // We hold the sender ourselves, so the channel cannot close.
        let _ = self.0.held.subscribe().wait_for(|held| *held > 0).await;
    }

    /// How often a point was passed so far.
    pub(super) fn passed(&self, point: &Point) -> u64 {
        self.0.state.lock().passed.get(point.name).copied().unwrap_or_default()
    }

    /// Waits until a point was passed more often than that.
    pub(super) async fn wait_for_more(&self, point: &Point, before: u64) {
        let mut passing = self.0.passing.subscribe();
        // Looked at outside of the channel: a pass tells it while it holds the state, and each would wait for the other.
        while self.passed(point) <= before {
            // We hold the sender ourselves, so the channel cannot close.
            let _ = passing.changed().await;
        }
    }

    /// What a rule makes of a passing. Noted, and counted down.
    fn decide(&self, point: &'static Point, about: &str) -> Option<Injection> {
        let mut state = self.0.state.lock();
        if state.is_killed {
            return Some(Injection::Kill);
        }
        *state.passed.entry(point.name).or_default() += 1;
        self.0.passing.send_replace(());
        let State { rules, hits, .. } = &mut *state;
        let is_meant =
            |one: &Rule| one.rule.point == point && one.about_id.as_ref().is_none_or(|id| about.contains(id.as_str()));
        let mut decided = None;
        for one in rules.iter_mut().filter(|one| is_meant(one)) {
            one.passes += 1;
            let rule = &one.rule;
            let is_over = rule.times.is_some_and(|times| one.passes >= rule.from.saturating_add(times));
            if decided.is_none() && one.passes >= rule.from && !is_over {
                one.has_applied = true;
                hits.push(Hit { rule: rule.clone(), about: about.to_owned() });
                decided = Some(rule.injection);
            }
        }
        if decided == Some(Injection::Kill) {
            state.is_killed = true;
            if let Some(shutdown) = &state.shutdown {
                shutdown.abort();
            }
        }
        decided
    }

    fn excuses(&self, point: &Point) -> Vec<Excuse> {
        let Some(hand) = &self.0.hand else { return Vec::new() };
        let fetches = point.timers.contains(&"fetch loop");
        let more = self.0.fetchers.iter().filter(|_| fetches);
        point.timers.iter().chain(more).map(|name| hand.excuse(name)).collect()
    }

    async fn hold(&self, point: &'static Point, by_ms: i64) {
        let mut timer = self.0.clock.timer("held at a fault point");
        let excuses = self.excuses(point);
        self.0.held.send_modify(|held| *held += 1);
        let _released = Released(&self.0.held);
        timer.sleep_ms(by_ms).await;
        // First: who goes on must be waited for, and meanwhile our own timer is awake.
        drop(excuses);
    }
}

/// Counts a pass out, also one that is dropped.
struct Released<'a>(&'a watch::Sender<usize>);

impl Drop for Released<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|held| *held -= 1);
    }
}

impl FaultPlan for FaultHand {
    fn pass<'a>(&'a self, point: &'static Point, about: &'a str) -> Pin<Box<dyn Future<Output = Way> + Send + 'a>> {
        Box::pin(async move {
            match self.decide(point, about) {
                None => Way::On,
                Some(Injection::Fail) => Way::Fails,
                Some(Injection::Skip) => Way::Skips,
                Some(Injection::Delay(by_ms)) => {
                    self.hold(point, by_ms).await;
                    Way::On
                }
                Some(Injection::Kill) => {
                    let _excuses = self.excuses(point);
                    std::future::pending().await
                }
            }
        })
    }
}
