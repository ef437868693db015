//! What seeds make.

use super::super::scenario::{Action, Scenario, write};
use super::shrink::{Trial, shrink};
use super::story::Story;
use super::{gaps, scenario};

const SEEDS: u64 = 300;

#[test]
fn a_seed_makes_the_same_scenario_again_and_another_seed_another() {
    for seed in 1..20 {
        assert_eq!(scenario(seed), scenario(seed));
        assert_ne!(scenario(seed).steps, scenario(seed + 1).steps);
    }
}

#[test]
fn what_a_seed_makes_can_be_written_read_and_carried_out() {
    for seed in 0..SEEDS {
        let made = scenario(seed);
        let written = write(&made);
        let read = Scenario::parse(&made.file, &written).unwrap_or_else(|wrong| panic!("{wrong}\n{written}"));
        assert_eq!(read, made, "\n{written}");
        let story = Story::of(&made).unwrap_or_else(|| panic!("{written}"));
        assert_eq!(gaps::first(&made, &story), None, "{written}");
        assert!(made.steps.iter().all(|step| step.at_ms <= made.length_ms), "{written}");
    }
}

/// What no seed does is not tested by any.
#[test]
fn seeds_do_everything() {
    let all: Vec<Scenario> = (0..SEEDS).map(scenario).collect();
    let in_words: Vec<String> = all.iter().flat_map(|one| &one.steps).map(|step| step.action.in_words()).collect();
    let words: Vec<&str> = in_words.iter().filter_map(|words| words.split(' ').next()).collect();
    let missing: Vec<&str> = WORDS.into_iter().filter(|word| !words.contains(word)).collect();
    assert!(missing.is_empty(), "no seed does {missing:?}");
    let steps: usize = all.iter().map(|one| one.steps.len()).sum();
    assert!(steps > 8 * all.len(), "{steps} steps in {SEEDS} seeds");
}

const WORDS: [&str; 28] = [
    "stale",
    "start",
    "crash",
    "silence",
    "shutdown",
    "cancel",
    "register",
    "heartbeat",
    "set",
    "remove",
    "offline",
    "online",
    "stop",
    "run",
    "restart",
    "freeze",
    "thaw",
    "refresh",
    "remember",
    "put-back",
    "cut",
    "hold",
    "delay",
    "twice",
    "deliver-again",
    "slow",
    "spoil-answers",
    "mend",
];

/// Finds something where an instance of the first application is taken offline.
struct Needs(usize);

impl Trial for Needs {
    async fn finds(&mut self, scenario: &Scenario) -> bool {
        self.0 += 1;
        scenario.steps.iter().any(|step| matches!(&step.action, Action::Offline(name, ..) if name.starts_with("shop-")))
    }
}

#[tokio::test]
async fn only_what_is_needed_is_left() {
    let mut shrunk = 0;
    for seed in 0..40 {
        let made = scenario(seed);
        let mut trial = Needs(0);
        if !trial.finds(&made).await {
            continue;
        }
        let left = shrink(made, 200, &mut trial).await;
        let written = write(&left);
        assert_eq!(left.steps.len(), 1, "{written}");
        assert!(left.loads.is_empty() && left.registries.len() == 1, "{written}");
        assert!(left.gateways.len() <= 1 && left.registries[0].settings.is_empty(), "{written}");
        assert!(trial.0 <= 201);
        assert_eq!(Scenario::parse(&left.file, &written).unwrap(), left, "\n{written}");
        shrunk += 1;
    }
    assert!(shrunk >= 10, "{shrunk}");
}
