//! Takes one safeguard at a time out of a copy of the sources, and sees its scenario fail: a scenario that passes either
//! way proves nothing.
#![allow(clippy::disallowed_methods)] // A command of its own: nobody waits while it reads files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::Failure;

/// The table, beside this crate's manifest.
const TABLE: &str = "compat-tests/safeguards.yaml";
/// How often a random scenario is made shorter, at most.
const SHRINK_RUNS: &str = "40";
/// What of a build's errors is shown, lines.
const ERROR_LINES_MAX: usize = 30;

/// One safeguard, and how it is taken out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Safeguard {
    /// What would happen.
    pub trap: String,
    /// What keeps it from happening.
    pub safeguard: String,
    /// Where that is, from the workspace's root.
    pub file: String,
    /// What stands there, exactly once.
    pub text: String,
    /// What stands there without it.
    pub instead: String,
    /// The scenario of the catalogue that must fail then, without `.yaml`.
    pub scenario: String,
    /// What it must say.
    pub says: String,
    /// Seeds of random scenarios among which one must find it too.
    pub random: Option<Seeds>,
}

/// Seeds of random scenarios.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// The first: what finds nothing before that only takes time.
    pub from: u64,
    /// How many at most.
    pub seeds: u64,
}

/// What a scenario said with a safeguard taken out.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whether it failed, and said what it must.
    pub failed: bool,
    /// Its words.
    pub words: String,
}

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads the table and checks that every text is where it should be.
///
/// # Errors
/// What is wrong with which entry.
pub fn table(root: &Path) -> Result<Vec<Safeguard>, Failure> {
    let source = fs::read_to_string(root.join(TABLE))?;
    let all: Vec<Safeguard> =
        serde_saphyr::from_str(&source).map_err(|error| Failure::new(format!("{TABLE}: {error}")))?;
    for one in &all {
        without(one, root)?;
        let scenario = root.join(scenario_path(one));
        Failure::unless(scenario.exists(), || format!("{TABLE}: there is no scenario {}", one.scenario))?;
    }
    Ok(all)
}

/// A copy of the sources in which safeguards can be taken out.
pub struct Workbench {
    sources: PathBuf,
    target: PathBuf,
}

impl Workbench {
    /// Copies what git knows of.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn new(root: &Path, folder: &Path) -> Result<Self, Failure> {
        let (sources, target) = (folder.join("sources"), folder.join("target"));
        let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output()?;
        Failure::unless(listed.status.success(), || String::from_utf8_lossy(&listed.stderr).into_owned())?;
        let listed = String::from_utf8_lossy(&listed.stdout);
        let names: BTreeSet<&str> = listed.split_terminator('\0').collect();
        for name in &names {
            let (from, to) = (root.join(name), sources.join(name));
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            // Only what differs: the times of files decide what is built again.
            let bytes = fs::read(&from)?;
            if fs::read(&to).ok().as_ref() != Some(&bytes) {
                fs::write(&to, bytes)?;
            }
        }
        remove_others(&sources, &sources, &names)?;
        Ok(Self { sources, target })
    }

    /// Builds what is whole, and runs the scenarios that must pass then. Those that do not.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn run_whole(&self, all: &[Safeguard]) -> Result<Vec<String>, Failure> {
        self.build()?;
        let mut failed = Vec::new();
        for one in all {
            let ran = self.eurus(one).output()?;
            if !ran.status.success() {
                failed.push(format!("{}:\n{}", one.scenario, String::from_utf8_lossy(&ran.stdout)));
            }
        }
        Ok(failed)
    }

    /// Builds without a safeguard and runs its scenario; the copy is whole again afterwards.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn run_without(&self, one: &Safeguard) -> Result<Seen, Failure> {
        let file = self.sources.join(&one.file);
        let whole = fs::read(&file)?;
        fs::write(&file, without(one, &self.sources)?)?;
        let seen = self.build().and_then(|()| self.run(one)).and_then(|seen| self.and_random(one, seen));
        fs::write(&file, whole)?;
        seen
    }

    /// Where seeds are named: whether they find it too.
    fn and_random(&self, one: &Safeguard, seen: Seen) -> Result<Seen, Failure> {
        let Some(Seeds { from, seeds }) = one.random else { return Ok(seen) };
        let (from, seeds) = (from.to_string(), seeds.to_string());
        let mut command = Command::new(self.target.join("debug/eurus"));
        command.args(["harness", "random", "--from", &from, "--seeds", &seeds, "--shrink", SHRINK_RUNS]);
        let ran = command.arg("--out").arg(self.target.join("findings")).env("NO_COLOR", "1").output()?;
        let words = format!("{}{}", seen.words, String::from_utf8_lossy(&ran.stdout));
        let is_found = ran.status.code() == Some(1) && words.contains("shrunk from");
        Ok(Seen { failed: seen.failed && is_found, words })
    }

    fn build(&self) -> Result<(), Failure> {
        let built = Command::new("cargo")
            .args(["build", "--package", "eurus", "--quiet"])
            .env("CARGO_TARGET_DIR", &self.target)
            .current_dir(&self.sources)
            .output()?;
        let errors = String::from_utf8_lossy(&built.stderr);
        let shown: Vec<&str> = errors.lines().take(ERROR_LINES_MAX).collect();
        Failure::unless(built.status.success(), || format!("it cannot be built:\n{}", shown.join("\n")))
    }

    fn run(&self, one: &Safeguard) -> Result<Seen, Failure> {
        let ran = self.eurus(one).output()?;
        let words = String::from_utf8_lossy(&ran.stdout).into_owned();
        let failed = ran.status.code() == Some(1) && words.contains(&one.says);
        Ok(Seen { failed, words })
    }

    fn eurus(&self, one: &Safeguard) -> Command {
        let mut command = Command::new(self.target.join("debug/eurus"));
        command.args(["harness", "run"]).arg(self.sources.join(scenario_path(one))).env("NO_COLOR", "1");
        command
    }
}

/// What is not there any more since the last copy.
fn remove_others(folder: &Path, sources: &Path, names: &BTreeSet<&str>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.strip_prefix(sources).ok().and_then(Path::to_str);
        if path.is_dir() {
            remove_others(&path, sources, names)?;
        } else if name.is_none_or(|name| !names.contains(name)) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn scenario_path(one: &Safeguard) -> String {
    format!("compat-tests/scenarios/{}.yaml", one.scenario)
}

fn without(one: &Safeguard, root: &Path) -> Result<String, Failure> {
    let source = fs::read_to_string(root.join(&one.file))?;
    let count = source.matches(&one.text).count();
    Failure::unless(count == 1 && one.text != one.instead, || {
        format!("{TABLE}: {}: its text stands {count} times in {}, and must stand there once", one.safeguard, one.file)
    })?;
    Ok(source.replacen(&one.text, &one.instead, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_safeguard_is_where_the_table_says() {
        let all = table(&root()).unwrap();
        assert!(all.len() >= 15, "{} safeguards", all.len());
    }
}
