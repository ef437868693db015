//! Runs scenarios one after another and writes what came of them.
#![allow(clippy::print_stderr)] // A command's own words.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use compat_tests::harness::report::{self, line};
use compat_tests::harness::{Outcome, files, run as run_scenario};
use eurus_service::process::BoxError;

use super::RunArgs;
use super::words::say;

pub(super) async fn run(arguments: &RunArgs) -> Result<bool, BoxError> {
    let scenarios = files::scenarios(&arguments.paths)?;
    let colours = line::Colours::for_terminal(std::io::stdout().is_terminal());
    let shows_progress = std::io::stderr().is_terminal();
    let all = scenarios.len();
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(all);
    for (place, scenario) in scenarios.into_iter().enumerate() {
        if shows_progress {
            eprint!("\r\u{1b}[K[{}/{all}] {}", place + 1, scenario.name);
        }
        let outcome = run_scenario(scenario).await;
        if shows_progress {
            eprint!("\r\u{1b}[K");
        }
        say(&line::of(&outcome, colours))?;
        outcomes.push(outcome);
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.is_passed()).count();
    let scenarios = if all == 1 { "scenario" } else { "scenarios" };
    say(&format!("{all} {scenarios}: {} as expected, {failed} not", all - failed))?;
    for (path, what) in wanted(arguments) {
        let text = match what {
            Format::Html => report::html::of(&outcomes),
            Format::Json => serde_json::to_string_pretty(&report::json::of(&outcomes))?,
            Format::JUnit => report::junit::of(&outcomes),
        };
        write(&path, &text)?;
        say(&format!("written: {}", path.display()))?;
    }
    Ok(failed == 0)
}

#[derive(Clone, Copy)]
enum Format {
    Html,
    Json,
    JUnit,
}

fn wanted(arguments: &RunArgs) -> Vec<(PathBuf, Format)> {
    let mut wanted = Vec::new();
    if let Some(folder) = &arguments.report {
        wanted.push((folder.join("index.html"), Format::Html));
        wanted.push((folder.join("harness.json"), Format::Json));
        wanted.push((folder.join("harness.xml"), Format::JUnit));
    }
    wanted.extend(arguments.json.iter().map(|path| (path.clone(), Format::Json)));
    wanted.extend(arguments.junit.iter().map(|path| (path.clone(), Format::JUnit)));
    wanted
}

#[allow(clippy::disallowed_methods)] // Nothing runs any more.
pub(super) fn write(path: &Path, text: &str) -> Result<(), BoxError> {
    let cannot = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    std::fs::write(path, text).map_err(cannot)?;
    Ok(())
}
