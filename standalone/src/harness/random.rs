//! Runs random scenarios from seeds and writes what they find.

mod progress;

use std::io::IsTerminal;
use std::path::PathBuf;

use compat_tests::harness::random::hunt::{self, Found, Plan, Summary};
use compat_tests::harness::random::overrides::Override;
use compat_tests::harness::report::line::Colours;
use compat_tests::harness::scenario;
use eurus_service::process::BoxError;

use super::running::write;
use super::words::say;
use progress::Progress;

/// Which seeds, and what becomes of findings.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct RandomArgs {
    /// How many seeds
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// This seed alone
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Print the seed's scenario instead of running it
    #[arg(long, requires = "seed")]
    print: bool,
    /// A setting of all nodes of a kind, as to switch a safeguard off: gateways:eurus.gateway.fetch-listener.enabled=false; or a step
    /// on top, in seeds that have those whom it names: '{at: 95s, kill: gateway-1}'
    #[arg(long = "set", value_name = "KIND:KEY=VALUE|STEP")]
    overrides: Vec<Override>,
    /// Where the scenarios of findings are written
    #[arg(long, value_name = "DIR", default_value = "harness-findings")]
    out: PathBuf,
    /// After how many findings it ends
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    findings: usize,
    /// How many runs the shrinking of a finding may take
    #[arg(long, value_name = "RUNS", default_value_t = 200)]
    shrink: usize,
    /// Begin no more seeds after so many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    for_s: Option<u32>,
    /// How many scenarios run at one time
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    at_once: usize,
}

/// Whether nothing was found.
///
/// # Errors
/// A finding that cannot be written.
pub(super) async fn run(arguments: &RandomArgs) -> Result<bool, BoxError> {
    if let (Some(seed), true) = (arguments.seed, arguments.print) {
        say(scenario::write(&hunt::scenario_of(seed, &arguments.overrides)).trim_end())?;
        return Ok(true);
    }
    let plan = plan(arguments);
    let mut progress = Progress::new(plan.seeds);
    let summary = hunt::hunt(&plan, &mut progress).await;
    let took_s = progress.end();
    let colours = Colours::for_terminal(std::io::stdout().is_terminal());
    for found in &summary.found {
        let path = arguments.out.join(&found.scenario.file);
        write(&path, &found.file())?;
        say(&in_words(found, colours))?;
        say(&format!("       written: {}", path.display()))?;
        say(&format!("       again:   eurus harness run {}", path.display()))?;
    }
    say(&total(&summary, took_s))?;
    Ok(summary.found.is_empty())
}

fn plan(arguments: &RandomArgs) -> Plan {
    Plan {
        from: arguments.seed.unwrap_or(arguments.from),
        seeds: arguments.seed.map_or(arguments.seeds, |_| 1),
        overrides: arguments.overrides.clone(),
        findings_max: arguments.findings.max(1),
        for_ms: arguments.for_s.map(|seconds| i64::from(seconds) * 1_000),
        at_once: arguments.at_once,
        shrink_runs: arguments.shrink,
    }
}

fn in_words(found: &Found, colours: Colours) -> String {
    let Found { seed, finding, steps_before, runs, is_found_again, scenario, .. } = found;
    let word = colours.failed("FOUND ");
    let shrunk = match is_found_again {
        true => format!("shrunk from {steps_before} steps to {}, in {runs} runs", scenario.steps.len()),
        false => "not shrunk: a second run did not find it again".to_owned(),
    };
    let at_s = finding.at_ms as f64 / 1_000.0;
    format!("{word} seed {seed}: {}\n       {} (at {at_s} s)\n       {shrunk}", finding.title(), finding.words)
}

fn total(summary: &Summary, took_s: i64) -> String {
    let Summary { seeds, steps, virtual_ms, found } = summary;
    let found = match found.len() {
        0 => "nothing found".to_owned(),
        1 => "1 finding".to_owned(),
        more => format!("{more} findings"),
    };
    format!("{seeds} seeds: {found} ({steps} steps, {} s of virtual time in {took_s} s)", virtual_ms / 1_000)
}
