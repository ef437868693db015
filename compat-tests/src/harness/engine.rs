//! Runs a scenario: lets virtual time pass from one deadline to the next, does what is due, and looks at every layer
//! after each.

mod act;
mod copy;
mod following;
mod journal;
mod look;
mod meanwhile;
mod nodes;
mod order;
mod outside;
mod patience;
mod registering;
mod request;
mod unfinished;

use std::collections::BTreeMap;

use super::duration::seconds;
use super::history::{Happening, History};
use super::layer::Layer;
use super::programs::Programs;
use super::scenario::{Action, Scenario};
use super::timeline::Timeline;
use super::world::World;
use crate::Failure;
use journal::Acknowledged;
use unfinished::Unfinished;

/// Something that is due.
#[derive(Clone, Debug)]
enum Task {
    StartNode(String),
    StartInstance(String),
    /// A heartbeat of an instance, and the next one.
    Beat(String),
    /// A simulated caller copies its list, and again later.
    Poll(usize),
    /// The next request of a load.
    Request(usize),
    Step(usize),
}

/// A run that is under way.
pub(super) struct Engine {
    pub(super) scenario: Scenario,
    pub(super) world: World,
    pub(super) history: History,
    pub(super) timeline: Timeline,
    /// By moment since the begin, then by the order of planning.
    agenda: BTreeMap<(i64, u64), Task>,
    planned: u64,
    unfinished: Vec<Unfinished>,
    /// Offlines that end by themselves: when, of whom.
    expiring: Vec<(i64, String)>,
    acknowledged: Vec<Acknowledged>,
    /// When a Java program brought a layer up to date, each time: the phase of its timer.
    pub(super) phases: BTreeMap<(String, Layer), Vec<i64>>,
    /// In real time, the longest time for which nothing was looked at: then the machine was busy, and no lag is to be trusted.
    pub(super) longest_pause_ms: i64,
}

impl Engine {
    /// Everything is planned, nothing runs.
    ///
    /// # Errors
    /// A setting that a product refuses.
    pub(super) fn new(scenario: Scenario) -> Result<Self, Failure> {
        Self::with(scenario, Programs::default())
    }

    /// The same with other programs for nodes that are processes of their own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(super) fn with(scenario: Scenario, programs: Programs) -> Result<Self, Failure> {
        let world = World::new(&scenario, programs)?;
        let mut engine = Self {
            world,
            history: History::default(),
            timeline: Timeline::default(),
            agenda: BTreeMap::new(),
            planned: 0,
            unfinished: Vec::new(),
            expiring: Vec::new(),
            acknowledged: Vec::new(),
            phases: BTreeMap::new(),
            longest_pause_ms: 0,
            scenario,
        };
        engine.plan_all();
        Ok(engine)
    }

    /// Registries before those that register, those before gateways: what starts at the same moment starts in this order.
    fn plan_all(&mut self) {
        let scenario = self.scenario.clone();
        for part in &scenario.registries {
            self.plan(part.start_ms, Task::StartNode(part.name.clone()));
        }
        for part in &scenario.producers {
            if let Some(start_ms) = part.start_ms {
                self.plan(start_ms, Task::StartInstance(part.name.clone()));
            }
        }
        for part in &scenario.gateways {
            self.plan(part.start_ms, Task::StartNode(part.name.clone()));
        }
        for part in &scenario.sync_speeds {
            self.plan(part.start_ms, Task::StartNode(part.name.clone()));
        }
        for (place, part) in scenario.callers.iter().enumerate() {
            self.plan(part.start_ms, Task::Poll(place));
        }
        for (place, step) in scenario.steps.iter().enumerate() {
            self.plan(step.at_ms, Task::Step(place));
        }
        for (place, load) in scenario.loads.iter().enumerate() {
            self.plan(load.from_ms, Task::Request(place));
        }
    }

    /// Brings the scenario's begin about: in real time other programs start first.
    ///
    /// # Errors
    /// When one does not start.
    pub(super) async fn prepare(&mut self, is_close: bool) -> Result<(), Failure> {
        self.world.prepare(is_close, self.scenario.tick_ms()).await
    }

    /// Nothing has happened yet, and it is to happen otherwise.
    pub(super) fn plan_again(&mut self, scenario: Scenario) {
        self.scenario = scenario;
        self.agenda.clear();
        self.plan_all();
    }

    fn plan(&mut self, at_ms: i64, task: Task) {
        self.agenda.insert((at_ms, self.planned), task);
        self.planned += 1;
    }

    pub(super) fn note(&mut self, what: Happening) {
        self.forget_overtaken(&what);
        self.history.note(self.world.now_ms(), what);
    }

    /// Lets time pass until a moment since the begin.
    ///
    /// # Errors
    /// When a part fails that nobody disturbed.
    pub(super) async fn run_until(&mut self, target_ms: i64) -> Result<(), Failure> {
        loop {
            self.do_what_is_due().await?;
            let now_ms = self.world.now_ms();
            if now_ms >= target_ms {
                return Ok(());
            }
            let planned_ms = self.agenda.keys().next().map_or(target_ms, |(at_ms, _)| *at_ms);
            let deadline_ms = self.world.pace.next_deadline_ms().map_or(target_ms, |at| at - self.world.began_ms);
            let next_ms = planned_ms.min(deadline_ms).min(target_ms).max(now_ms);
            self.world.pace.advance_ms(next_ms - now_ms).await?;
            self.note_faults().await?;
            // In virtual time nothing has changed where no timer was due.
            if deadline_ms <= next_ms || self.world.pace.is_real() {
                self.look().await?;
            }
            if self.world.pace.is_real() {
                self.longest_pause_ms = self.longest_pause_ms.max(self.world.now_ms() - now_ms);
            }
        }
    }

    /// Who wrote a fault that nobody met wants to know.
    pub(super) fn note_faults_that_never_applied(&mut self) {
        for rule in self.world.faults_that_never_applied() {
            let name = format!("never met: {} ({})", rule.in_words(), rule.point.what);
            self.note(Happening::Step { name, outcome: None });
        }
    }

    /// What happened at points inside the services; what was killed there is gone.
    pub(super) async fn note_faults(&mut self) -> Result<(), Failure> {
        self.world.bury_the_killed().await?;
        for (_, hit) in self.world.take_fault_hits() {
            let about = self.world.names.iter().find(|(id, _)| hit.about.contains(id.as_str())).map(|(_, name)| name);
            let of = about.map_or(String::new(), |name| format!(" (about {name})"));
            let words = format!("{}{of}: before {}", hit.rule.in_words(), hit.rule.point.what);
            self.note(Happening::Step { name: words, outcome: None });
        }
        Ok(())
    }

    async fn do_what_is_due(&mut self) -> Result<(), Failure> {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > self.world.now_ms() {
                break;
            }
            let task = entry.remove();
            // A request changes no list.
            let changes_lists = !matches!(task, Task::Request(_));
            self.carry_out(task).await?;
            self.note_faults().await?;
            if changes_lists {
                self.world.pace.settle().await?;
                self.look().await?;
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, task: Task) -> Result<(), Failure> {
        match task {
            Task::StartNode(name) => self.world.start_node(&name).await.map(drop),
            Task::StartInstance(name) => self.start_instance(&name).await,
            Task::Beat(name) => self.beat(&name).await,
            Task::Poll(place) => self.poll(place).await,
            Task::Request(place) => self.request_of(place).await,
            Task::Step(place) => {
                let step = self.scenario.steps[place].clone();
                let outcome = self.act(&step.action).await.map_err(|failure| {
                    Failure::new(format!("the step '{}' at {}: {failure}", step.name, seconds(step.at_ms)))
                })?;
                // Its consequences at this moment belong to it: whoever asks what was seen after it means them too.
                self.note(Happening::Step { name: step.name, outcome });
                Ok(())
            }
        }
    }

    /// Does something now, as a step would, and looks at what came of it.
    ///
    /// # Errors
    /// When it cannot be done.
    pub(super) async fn do_now(&mut self, action: &Action) -> Result<Option<String>, Failure> {
        let outcome = self.act(action).await?;
        self.note(Happening::Step { name: action.in_words(), outcome: outcome.clone() });
        self.world.pace.settle().await?;
        self.look().await?;
        Ok(outcome)
    }
}
