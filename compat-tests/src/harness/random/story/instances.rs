//! What is known of the instances while a story goes on.

use std::collections::BTreeMap;

use super::super::super::scenario::{Action, ProducerPart, Scenario};

struct State {
    registries: Vec<String>,
    start_ms: Option<i64>,
    has_started: bool,
    runs: bool,
    beats: bool,
    /// Its registry has it, for certain: what is asked about it there is not answered 404.
    is_registered: bool,
}

pub(super) struct Instances(BTreeMap<String, State>);

impl Instances {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let state = |part: &ProducerPart| State {
            registries: part.registries.clone(),
            start_ms: part.start_ms,
            has_started: false,
            runs: false,
            beats: part.heartbeat_ms.is_some(),
            is_registered: false,
        };
        Self(scenario.producers.iter().map(|part| (part.name.clone(), state(part))).collect())
    }

    /// Those that start by themselves have done so by then.
    pub(super) fn live_until(&mut self, at_ms: i64) {
        for state in self.0.values_mut() {
            if state.start_ms.take_if(|start_ms| *start_ms <= at_ms).is_some() {
                (state.has_started, state.runs, state.is_registered) = (true, true, true);
            }
        }
    }

    pub(super) fn has_started(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|state| state.has_started)
    }

    /// A registry that stops or starts.
    pub(super) fn forgotten_by(&mut self, node: &str) {
        for state in self.0.values_mut().filter(|state| state.registries.iter().any(|one| one == node)) {
            state.is_registered = false;
        }
    }

    /// Whether it can be carried out.
    pub(super) fn act(&mut self, action: &Action, runs: impl Fn(&str) -> bool) -> bool {
        let Some(state) = action.instance().and_then(|name| self.0.get_mut(name)) else { return false };
        let is_heard = state.registries.iter().all(|registry| runs(registry));
        match action {
            Action::Start(_) => {
                (state.has_started, state.beats, state.is_registered) = (true, true, is_heard);
                !std::mem::replace(&mut state.runs, true)
            }
            Action::Crash(_) => {
                (state.beats, state.is_registered) = (false, false);
                std::mem::replace(&mut state.runs, false)
            }
            Action::Silence(_) => {
                (state.beats, state.is_registered) = (false, false);
                state.runs
            }
            Action::Shutdown(_) => {
                (state.beats, state.is_registered) = (false, false);
                std::mem::replace(&mut state.runs, false) && is_heard
            }
            Action::Cancel(_) => {
                (state.beats, state.is_registered) = (false, false);
                state.has_started && is_heard
            }
            Action::Register(..) => {
                state.is_registered = is_heard && state.beats;
                state.has_started
            }
            Action::Heartbeat(..) => state.has_started,
            // Of one that is not there it would make a new life, of which nobody knows.
            Action::StaleReplica(_) | Action::SetStatus(..) | Action::RemoveStatus(_) => {
                state.is_registered && is_heard
            }
            _ => false,
        }
    }
}
