//! Many seeds: each one's scenario is run; what breaks a rule is tried again, shrunk and handed over.

use eurus_service::Clock;

use super::super::scenario::{Scenario, write};
use super::overrides::Override;
use super::shrink::{Trial, shrink};
use super::trial::{Finding, look_for};
use super::under_way::UnderWay;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// Settings of all nodes of a kind.
    pub overrides: Vec<Override>,
    /// After how many findings it ends.
    pub findings_max: usize,
    /// After how long no more seeds are begun, real milliseconds.
    pub for_ms: Option<i64>,
    /// How many scenarios run at one time: each has a clock and an address of its own.
    pub at_once: usize,
    /// How many runs the shrinking of one finding may take.
    pub shrink_runs: usize,
}

/// A seed that found something.
#[derive(Clone, Debug)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// What was found; after shrinking, what the shrunk scenario finds.
    pub finding: Finding,
    /// How many steps there were before shrinking.
    pub steps_before: usize,
    /// How many runs the shrinking took.
    pub runs: usize,
    /// Whether a second run found the same. Else nothing was shrunk: what runs at one time may cross in another way.
    pub is_found_again: bool,
    /// The scenario, as short as it became.
    pub scenario: Scenario,
}

/// How it ended.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Seeds that were run.
    pub seeds: u64,
    /// Steps in them.
    pub steps: usize,
    /// Virtual time in them, milliseconds.
    pub virtual_ms: i64,
    /// What was found.
    pub found: Vec<Found>,
}

/// Is told how far it is.
pub trait Watcher {
    /// A seed was run.
    fn ran(&mut self, seed: u64, summary: &Summary);
    /// A rule is broken; shrinking begins.
    fn finding(&mut self, seed: u64, finding: &Finding, steps: usize);
    /// A shorter scenario is tried.
    fn trial(&mut self, runs: usize, steps: usize);
}

/// Says nothing.
impl Watcher for () {
    fn ran(&mut self, _: u64, _: &Summary) {}
    fn finding(&mut self, _: u64, _: &Finding, _: usize) {}
    fn trial(&mut self, _: usize, _: usize) {}
}

/// The scenario of a seed, with the settings of a plan.
pub fn scenario_of(seed: u64, overrides: &[Override]) -> Scenario {
    let mut scenario = super::scenario(seed);
    overrides.iter().for_each(|one| one.apply_to(&mut scenario));
    scenario
}

/// Runs the seeds of a plan, in their order.
pub async fn hunt(plan: &Plan, watcher: &mut impl Watcher) -> Summary {
    let clock = Clock::system();
    let began_ms = clock.now_ms();
    let is_in_time = |_: &u64| plan.for_ms.is_none_or(|for_ms| clock.now_ms() - began_ms < for_ms);
    let seeds = (plan.from..plan.from.saturating_add(plan.seeds)).take_while(is_in_time);
    let runs = seeds.map(|seed| {
        let scenario = scenario_of(seed, &plan.overrides);
        async move { (seed, look_for(scenario.clone(), None).await, scenario) }
    });
    let mut runs = UnderWay::new(runs, plan.at_once);
    let mut summary = Summary::default();
    while let Some((seed, finding, scenario)) = runs.next().await {
        summary.seeds += 1;
        summary.steps += scenario.steps.len();
        summary.virtual_ms += scenario.length_ms + scenario.rest_ms;
        if let Some(finding) = finding {
            watcher.finding(seed, &finding, scenario.steps.len());
            runs.end().await;
            let found = shrunk(seed, scenario, finding, plan.shrink_runs, watcher).await;
            summary.found.push(found);
        }
        watcher.ran(seed, &summary);
        if summary.found.len() >= plan.findings_max {
            break;
        }
    }
    summary
}

async fn shrunk(seed: u64, scenario: Scenario, finding: Finding, runs: usize, watcher: &mut impl Watcher) -> Found {
    let steps_before = scenario.steps.len();
    let mut trial = Runs { wanted: finding, runs: 0, watcher };
    let is_found_again = trial.finds(&scenario).await;
    let scenario = if is_found_again { shrink(scenario, runs, &mut trial).await } else { scenario };
    let Runs { wanted: finding, runs, .. } = trial;
    Found { seed, steps_before, runs, is_found_again, scenario, finding }
}

/// Real runs.
struct Runs<'a, W> {
    /// As the last run that found it says it.
    wanted: Finding,
    runs: usize,
    watcher: &'a mut W,
}

impl<W: Watcher> Trial for Runs<'_, W> {
    async fn finds(&mut self, scenario: &Scenario) -> bool {
        self.runs += 1;
        self.watcher.trial(self.runs, scenario.steps.len());
        match look_for(scenario.clone(), Some(&self.wanted)).await {
            Some(finding) => {
                self.wanted = finding;
                true
            }
            None => false,
        }
    }
}

impl Found {
    /// The scenario as a file, which fails as long as the rule is broken.
    pub fn file(&self) -> String {
        let Self { seed, finding, .. } = self;
        let words = finding.words.replace(['\n', '\r'], " ");
        let rule = finding.rule.map_or_else(String::new, |rule| {
            format!("# To keep it as what is known: expect: [{{violation: {rule}}}]\n")
        });
        let text = write(&self.scenario);
        format!("# From seed {seed}: {}: {words}\n{rule}{text}", finding.title())
    }
}
