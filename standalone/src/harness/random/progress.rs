//! How far it is, on standard error: one line that changes on a terminal, else a line now and then.

use std::io::{IsTerminal as _, Write as _};

use compat_tests::harness::random::Finding;
use compat_tests::harness::random::hunt::{Summary, Watcher};
use eurus_service::Clock;

const BAR: usize = 24;
/// Lines in a log: one for so many seeds.
const LINE_EVERY: u64 = 50;
/// To the beginning of the line, which is emptied.
const AGAIN: &str = "\r\u{1b}[K";

/// See the module.
pub(super) struct Progress {
    clock: Clock,
    began_ms: i64,
    planned: u64,
    is_terminal: bool,
}

impl Progress {
    pub(super) fn new(planned: u64) -> Self {
        let clock = Clock::system();
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal.is_empty() || terminal == "dumb");
        let is_terminal = std::io::stderr().is_terminal() && !is_dumb;
        Self { began_ms: clock.now_ms(), clock, planned, is_terminal }
    }

    /// Nothing is shown any more; how long it took, seconds.
    pub(super) fn end(&self) -> i64 {
        if self.is_terminal {
            self.write(AGAIN);
        }
        self.took_s()
    }

    fn took_s(&self) -> i64 {
        (self.clock.now_ms() - self.began_ms) / 1_000
    }

    /// A line that the next one takes the place of; in a log only when it is worth one.
    fn show(&self, words: &str, is_worth_a_line: bool) {
        let took_s = self.took_s();
        if self.is_terminal {
            self.write(&format!("{AGAIN}{took_s:>4} s  {words}"));
        } else if is_worth_a_line {
            self.write(&format!("{took_s:>4} s  {words}\n"));
        }
    }

    fn write(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        // Whoever closed it does not want to know; the search goes on.
        stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).ok();
    }
}

impl Watcher for Progress {
    fn ran(&mut self, seed: u64, summary: &Summary) {
        let done = usize::try_from(summary.seeds * BAR as u64 / self.planned.max(1)).unwrap_or(BAR).min(BAR);
        let bar = format!("{}{}", "#".repeat(done), "-".repeat(BAR - done));
        let words =
            format!("[{bar}] {} of {} seeds, seed {seed}, {} found", summary.seeds, self.planned, summary.found.len());
        self.show(&words, summary.seeds.is_multiple_of(LINE_EVERY));
    }

    fn finding(&mut self, seed: u64, finding: &Finding, steps: usize) {
        self.show(&format!("seed {seed}: {} ({steps} steps): {}", finding.title(), finding.words), true);
        if self.is_terminal {
            self.write("\n");
        }
    }

    fn trial(&mut self, runs: usize, steps: usize) {
        self.show(&format!("shrinking, run {runs}: {steps} steps"), false);
    }
}
