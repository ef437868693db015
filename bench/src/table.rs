//! The report as Markdown.

use std::fmt::Write;

use crate::aim::{Aim, IDLE_MIN, LOADED_MIN, P99_MIN, STARTED_MS_MAX};
use crate::measure::{Loop, Sample};
use crate::operation::{ALL, Operation};
use crate::report::{ProcessFigures, Report, Size};
use crate::servers::Kind;
use crate::statistics::Figure;

/// Columns, in order.
const SERVERS: [Kind; 4] = [Kind::Java, Kind::Nginx, Kind::NginxCopying, Kind::Ours];
/// One of a process's sizes.
type Kib = fn(&ProcessFigures) -> u64;
pub(crate) const NONE: &str = "–";

/// The whole report.
pub(crate) fn markdown(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n\n{}", report.machine, report.method);
    for size in &report.sizes {
        let _ = writeln!(
            out,
            "\n### {} instances, {} of them in the delta",
            thousands(size.instances as f64),
            size.changes_in_delta
        );
        let _ = writeln!(out, "\nServer processor time per request, µs (± half the range over the rounds):\n");
        out.push_str(&processor_time(size));
        let own =
            size.samples.iter().filter(|sample| (sample.operation, sample.how) == (Operation::Heartbeat, Loop::Closed));
        let own = Figure::of(own.map(|sample| sample.generator_cpu_us_per_request));
        let _ = writeln!(out, "\nThe load generator itself used {} µs for a heartbeat.", shown(own, short));
        let _ = writeln!(out, "\nRequests per second, closed loop:\n");
        out.push_str(&throughput(size));
        let _ = writeln!(
            out,
            "\np99 in ms, closed loop (each at its own throughput), and open loop at the same offered rate:\n"
        );
        out.push_str(&latency(size));
        let _ = writeln!(out, "\nStart-up and resident memory:\n");
        out.push_str(&processes(size));
    }
    if report.failures() > 0 {
        let _ = writeln!(out, "\n(!) {} slices had failures; their figures are worth nothing:\n", report.failures());
        for sample in report.sizes.iter().flat_map(|size| &size.samples).filter(|sample| sample.failed()) {
            let _ = writeln!(out, "- {}", failure(sample));
        }
    }
    out
}

fn failure(sample: &Sample) -> String {
    let how = if sample.how == Loop::Open { "open loop" } else { "closed loop" };
    let (name, server) = (sample.operation.name(), sample.server.name());
    let why = sample.first_failure.as_deref().unwrap_or("no request was answered");
    let (refused, broken) = (sample.refused, sample.broken);
    format!("round {}, {name}, {server}, {how}: {refused} not 2xx, {broken} broken; first: {why}", sample.round)
}

fn processor_time(size: &Size) -> String {
    let cpu: fn(&Sample) -> f64 = |sample| sample.cpu_us_per_request;
    let mut rows = Rows::new(&[
        "operation",
        "answer, bytes",
        "Java",
        "nginx",
        "nginx, sendfile off",
        "ours",
        "Java ÷ ours",
        "aim",
        "ours ÷ nginx",
        "aim",
    ]);
    for operation in measured(size) {
        let ours = size.values(operation, Kind::Ours, Loop::Closed, cpu);
        let over_ours = Figure::of_ratios(&size.values(operation, Kind::Java, Loop::Closed, cpu), &ours);
        let over_nginx = Figure::of_ratios(&ours, &size.values(operation, Kind::Nginx, Loop::Closed, cpu));
        let bytes = size.values(operation, Kind::Ours, Loop::Closed, |sample| sample.body_bytes_per_answer);
        let mut row =
            vec![operation.name().to_owned(), shown(Figure::of(bytes.into_iter().map(|(_, bytes)| bytes)), thousands)];
        row.extend(SERVERS.map(|server| cell(size, operation, server, Loop::Closed, cpu, short)));
        row.push(shown(over_ours, times));
        row.push(Aim::java_over_ours(operation).map_or_else(|| NONE.to_owned(), |aim| aim.verdict(over_ours)));
        row.push(shown(over_nginx, ratio));
        row.push(Aim::ours_over(Kind::Nginx, operation).map_or_else(|| NONE.to_owned(), |aim| aim.verdict(over_nginx)));
        rows.push(row);
    }
    rows.0
}

fn throughput(size: &Size) -> String {
    let rate: fn(&Sample) -> f64 = |sample| sample.requests_per_second;
    let mut rows =
        Rows::new(&["operation", "Java", "nginx", "nginx, sendfile off", "ours", "ours ÷ Java", "ours ÷ nginx"]);
    for operation in measured(size) {
        let of = |server| size.values(operation, server, Loop::Closed, rate);
        let mut row = vec![operation.name().to_owned()];
        row.extend(SERVERS.map(|server| cell(size, operation, server, Loop::Closed, rate, thousands)));
        row.push(shown(Figure::of_ratios(&of(Kind::Ours), &of(Kind::Java)), times));
        row.push(shown(Figure::of_ratios(&of(Kind::Ours), &of(Kind::Nginx)), ratio));
        rows.push(row);
    }
    rows.0
}

fn latency(size: &Size) -> String {
    let p99: fn(&Sample) -> f64 = |sample| sample.p99_us / 1_000.0;
    let mut rows =
        Rows::new(&["operation", "closed: Java", "nginx", "ours", "open: rate", "Java", "ours", "Java ÷ ours", "aim"]);
    for operation in measured(size) {
        let of = |server| size.values(operation, server, Loop::Open, p99);
        let over_ours = Figure::of_ratios(&of(Kind::Java), &of(Kind::Ours));
        let offered = size.of(operation, Kind::Ours, Loop::Open).filter_map(|sample| sample.offered_per_second);
        let mut row = vec![operation.name().to_owned()];
        row.extend(
            [Kind::Java, Kind::Nginx, Kind::Ours].map(|server| cell(size, operation, server, Loop::Closed, p99, short)),
        );
        row.push(shown(Figure::of(offered), thousands));
        row.extend([Kind::Java, Kind::Ours].map(|server| cell(size, operation, server, Loop::Open, p99, short)));
        row.push(shown(over_ours, times));
        row.push(P99_MIN.verdict(over_ours));
        rows.push(row);
    }
    rows.0
}

fn processes(size: &Size) -> String {
    let mut rows = Rows::new(&["", "Java", "ours", "Java ÷ ours", "aim"]);
    let (Some(java), Some(ours)) = (size.process(Kind::Java), size.process(Kind::Ours)) else { return rows.0 };
    let started = |figures: &ProcessFigures| Figure::of(figures.started_us.iter().map(|us| *us as f64 / 1_000.0));
    let quotient = started(java).zip(started(ours)).and_then(|(java, ours)| Figure::of([java.median / ours.median]));
    rows.push(vec![
        "start to first answer, ms".to_owned(),
        shown(started(java), short),
        shown(started(ours), short),
        shown(quotient, times),
        format!("ours {}", STARTED_MS_MAX.verdict(started(ours))),
    ]);
    let memory: [(&str, Kib, Option<Aim>); 3] = [
        ("memory idle, MB", |process| process.idle_kib, Some(IDLE_MIN)),
        ("memory with all registered, MB", |process| process.registered_kib, None),
        ("memory after the load, MB", |process| process.loaded_kib, Some(LOADED_MIN)),
    ];
    for (name, kib, aim) in memory {
        let megabytes = |process| Figure::of([kib(process) as f64 * 1_024.0 / 1_000_000.0]);
        let quotient = Figure::of([kib(java) as f64 / kib(ours) as f64]);
        rows.push(vec![
            name.to_owned(),
            shown(megabytes(java), short),
            shown(megabytes(ours), short),
            shown(quotient, times),
            aim.map_or_else(|| NONE.to_owned(), |aim| aim.verdict(quotient)),
        ]);
    }
    rows.0
}

/// The operations that were measured.
fn measured(size: &Size) -> impl Iterator<Item = Operation> {
    ALL.into_iter().filter(|operation| size.samples.iter().any(|sample| sample.operation == *operation))
}

/// Median and spread of one measure; (!) where a slice failed.
fn cell(
    size: &Size,
    operation: Operation,
    server: Kind,
    how: Loop,
    measure: fn(&Sample) -> f64,
    show: fn(f64) -> String,
) -> String {
    let values = size.values(operation, server, how, measure);
    let Some(figure) = Figure::of(values.iter().map(|(_, value)| *value)) else { return NONE.to_owned() };
    let spread = if values.len() > 1 { format!(" ±{:.0} %", figure.spread() * 100.0) } else { String::new() };
    let mark = if size.of(operation, server, how).any(Sample::failed) { " (!)" } else { "" };
    format!("{}{spread}{mark}", show(figure.median))
}

fn shown(figure: Option<Figure>, show: fn(f64) -> String) -> String {
    figure.map_or_else(|| NONE.to_owned(), |figure| show(figure.median))
}

/// Three digits, more or less.
pub(crate) fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => thousands(value),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

pub(crate) fn ratio(value: f64) -> String {
    format!("{value:.2}")
}

fn times(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}×") } else { format!("{value:.1}×") }
}

pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The lines of a Markdown table.
pub(crate) struct Rows(String);

impl Rows {
    /// The first column to the left, the others to the right.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut rows = Self(String::new());
        rows.push(columns.iter().map(|column| (*column).to_owned()).collect());
        let rules = columns.iter().enumerate().map(|(index, _)| if index == 0 { "---" } else { "---:" }.to_owned());
        rows.push(rules.collect());
        rows
    }

    /// The table so far.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    pub(crate) fn push(&mut self, cells: Vec<String>) {
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }
}

#[cfg(test)]
mod tests;
