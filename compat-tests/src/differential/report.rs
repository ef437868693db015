//! What is said at the end.

use std::fmt;

use crate::differential::differences::Counts;
use crate::differential::generate::Flavour;
use crate::differential::outcome::Finding;
use crate::differential::pair::Setup;

/// What was compared, and what came of it.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    /// Requests whose answers were compared.
    pub requests: usize,
    sequences: usize,
    expiring: usize,
    /// How often the machine was too slow for a sequence, and it was tried again.
    pub late: usize,
    /// Sequences that it was too slow for again and again: nothing is known of them.
    pub given_up: usize,
    /// Those of them in which leases end.
    given_up_expiring: usize,
    /// How often each meant difference was seen.
    pub meant: Counts,
    /// Differences that are not meant.
    pub findings: Vec<Found>,
    took_ms: i64,
}

/// A difference with the shortest sequence that shows it.
#[derive(Debug)]
pub struct Found {
    /// What was asked and answered.
    pub finding: Finding,
    /// Steps of the shortest sequence.
    pub steps: usize,
    /// Steps of the sequence that was found first.
    pub of: usize,
    /// How the servers were set up.
    pub setup: Setup,
    /// How often a repetition, whole or in part, showed it again.
    pub seen: usize,
    /// Of how many.
    pub tries: usize,
}

impl Report {
    /// Nothing yet.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            requests: 0,
            sequences: 0,
            expiring: 0,
            late: 0,
            given_up: 0,
            given_up_expiring: 0,
            meant: Counts::new(),
            findings: Vec::new(),
            took_ms: 0,
        }
    }

    /// Adds what was compared beside it, of the same seed; it took so long altogether.
    #[must_use]
    pub fn with(mut self, other: Self, took_ms: i64) -> Self {
        self.took_ms = took_ms;
        self.requests += other.requests;
        self.sequences += other.sequences;
        self.expiring += other.expiring;
        self.late += other.late;
        self.given_up += other.given_up;
        self.given_up_expiring += other.given_up_expiring;
        for (difference, count) in other.meant {
            *self.meant.entry(difference).or_default() += count;
        }
        self.findings.extend(other.findings);
        self
    }

    /// A sequence of which nothing is known: it counts nowhere else.
    pub fn give_up(&mut self, flavour: Flavour) {
        self.given_up += 1;
        self.given_up_expiring += usize::from(flavour == Flavour::Expiring);
    }

    /// Adds a sequence that was compared.
    pub fn add(&mut self, flavour: Flavour, requests: usize, counts: &Counts) {
        self.sequences += 1;
        self.expiring += usize::from(flavour == Flavour::Expiring);
        self.requests += requests;
        for (difference, count) in counts {
            *self.meant.entry(*difference).or_default() += count;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, requests, sequences, expiring, .. } = self;
        let took_s = self.took_ms / 1_000;
        writeln!(
            f,
            "seed {seed}: {requests} requests in {sequences} sequences, in {expiring} of which leases ended; {took_s} s"
        )?;
        if self.late > 0 {
            writeln!(f, "  too slow a machine: {} tries repeated", self.late)?;
        }
        if self.given_up > 0 {
            let Self { given_up, given_up_expiring, .. } = self;
            writeln!(
                f,
                "  NOT COMPARED, for the machine was too slow each time: {given_up} more sequences, in \
                 {given_up_expiring} of which leases end"
            )?;
        }
        writeln!(f, "  differences that registry/COMPATIBILITY.md lists:")?;
        for (difference, count) in &self.meant {
            writeln!(f, "    {count:>6}  {difference}")?;
        }
        if self.findings.is_empty() {
            return write!(f, "  no other difference");
        }
        self.findings.iter().try_for_each(|found| write!(f, " {found}"))
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, of, setup, finding, seen, tries } = self;
        writeln!(f, " ANOTHER DIFFERENCE ({setup}), shrunk from {of} steps to {steps}:")?;
        if seen == &0 {
            writeln!(
                f,
                "# seen once, and not again in {tries} tries: a matter of moments, and a difference all the same"
            )?;
        }
        for (request, java, ours) in &finding.asked {
            writeln!(f, "{}\n    # Java {java}, ours {ours}", request.curl())?;
        }
        writeln!(f, "# Java: {}\n# ours: {}", finding.java, finding.ours)?;
        for mismatch in &finding.mismatches {
            writeln!(f, "# differs at {mismatch}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::differences::Difference;

    #[test]
    fn what_was_given_up_is_said_and_not_counted() {
        let mut report = Report::new(1);
        report.add(Flavour::Lasting, 50, &Counts::from([(Difference::Label, 2)]));
        let before = report.to_string();
        assert!(!before.contains("NOT COMPARED"), "{before}");
        report.give_up(Flavour::Expiring);
        let mut other = Report::new(1);
        other.give_up(Flavour::Lasting);
        let report = report.with(other, 1_000);
        let text = report.to_string();
        assert!(text.starts_with("seed 1: 50 requests in 1 sequences, in 0 of which leases ended; 1 s\n"), "{text}");
        assert!(
            text.contains("NOT COMPARED") && text.contains(": 2 more sequences, in 1 of which leases end\n"),
            "{text}"
        );
        assert_eq!((report.given_up, report.meant.len()), (2, 1));
    }
}
