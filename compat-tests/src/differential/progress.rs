//! What is said while it runs, on standard error: every sequence, and every finding at once.

use std::io::{IsTerminal as _, Write as _};

use eurus_service::Clock;
use parking_lot::Mutex;

use crate::differential::generate::Flavour;
use crate::differential::outcome::Finding;
use crate::differential::pair::Setup;
use crate::differential::report::Found;

const RED: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";
/// To the beginning of the line, which is emptied.
const AGAIN: &str = "\r\x1b[2K";

/// Says how far it is. On a terminal one line that changes, elsewhere (a log) a line for each sequence.
pub struct Progress {
    clock: Clock,
    began_ms: i64,
    seed: u64,
    planned: usize,
    style: Style,
    counted: Mutex<Counted>,
}

/// Of both setups together.
#[derive(Clone, Copy, Default)]
struct Counted {
    sequences: usize,
    requests: usize,
    findings: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Silent,
    Lines,
    OneLine { coloured: bool },
}

impl Progress {
    /// Of so many planned requests of a seed, on standard error.
    pub fn shown(seed: u64, planned: usize) -> Self {
        let says = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_dumb = says("TERM").is_none_or(|terminal| terminal == "dumb");
        let style = if std::io::stderr().is_terminal() && !is_dumb {
            Style::OneLine { coloured: says("NO_COLOR").is_none() }
        } else {
            Style::Lines
        };
        Self::styled(seed, planned, style)
    }

    /// Nothing is said; time is kept all the same.
    pub fn silent(seed: u64, planned: usize) -> Self {
        Self::styled(seed, planned, Style::Silent)
    }

    fn styled(seed: u64, planned: usize, style: Style) -> Self {
        let clock = Clock::system();
        let began_ms = clock.now_ms();
        Self { clock, began_ms, seed, planned, style, counted: Mutex::default() }
    }

    /// Since its beginning.
    pub fn took_ms(&self) -> i64 {
        self.clock.now_ms() - self.began_ms
    }

    /// Both servers are up.
    pub fn servers(&self, setup: Setup) {
        self.line(&format!("{setup}: both servers answer"));
    }

    /// A sequence is over, after so many compared requests; `verdict` in a few words.
    pub fn sequence(&self, setup: Setup, flavour: Flavour, requests: usize, verdict: &str) {
        let Counted { sequences, requests: done, .. } = self.counts(|counted| {
            counted.sequences += 1;
            counted.requests += requests;
        });
        let ending = if flavour == Flavour::Expiring { ", leases end" } else { "" };
        let words = format!("sequence {sequences} ({setup}{ending}): {requests} requests, {verdict}");
        let line = format!("{:>6} of {} requests; {words}", done, self.planned.max(done));
        self.write(&line, false);
    }

    /// A sequence could not be judged, and is tried again.
    pub fn late(&self, setup: Setup, tries: usize) {
        self.line(&format!("{setup}: the machine was too slow for a sequence's leases, try {tries} again"));
    }

    /// How many differences that are not meant were found so far.
    pub fn findings(&self) -> usize {
        self.counts(|_| {}).findings
    }

    fn counts(&self, change: impl FnOnce(&mut Counted)) -> Counted {
        let mut counted = self.counted.lock();
        change(&mut counted);
        *counted
    }

    /// A sequence is tried again to make it shorter.
    pub fn trial(&self, setup: Setup, tries: usize, steps: usize) {
        self.write(&format!("{setup}: shrinking, try {tries}: {steps} steps"), false);
    }

    /// A difference that is not meant, as it was found.
    pub fn finding(&self, setup: Setup, finding: &Finding, steps: usize) {
        self.counts(|counted| counted.findings += 1);
        let first = finding.mismatches.first().map(ToString::to_string).unwrap_or_default();
        let asked = finding.asked.last().map(|(request, ..)| request.curl()).unwrap_or_default();
        let seed = self.seed;
        let line = format!(
            "seed {seed}, {setup}: A DIFFERENCE after {steps} steps, being shrunk\n  {asked}\n  differs at {first}"
        );
        self.line(&self.coloured(&line));
    }

    /// The same, shrunk.
    pub fn found(&self, found: &Found) {
        self.line(&self.coloured(&format!("seed {}{found}", self.seed)));
    }

    fn coloured(&self, words: &str) -> String {
        match self.style {
            Style::OneLine { coloured: true } => format!("{RED}{words}{PLAIN}"),
            _ => words.to_owned(),
        }
    }

    /// A line that stays.
    fn line(&self, words: &str) {
        self.write(words, true);
    }

    fn write(&self, words: &str, stays: bool) {
        let seconds = self.took_ms() / 1_000;
        let text = match self.style {
            Style::Silent => return,
            Style::Lines => format!("{seconds:>4} s  {words}\n"),
            Style::OneLine { .. } => format!("{AGAIN}{seconds:>4} s  {words}{}", if stays { "\n" } else { "" }),
        };
        let mut stderr = std::io::stderr().lock();
        // Whoever closed it does not want to know; the comparison goes on.
        stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).ok();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if matches!(self.style, Style::OneLine { .. }) {
            std::io::stderr().lock().write_all(AGAIN.as_bytes()).ok();
        }
    }
}
