//! The report as Markdown.

use std::fmt::Write;

use super::program::Program;
use super::report::{Measure, Report, Turn, medians};
use super::workload::Workload;
use crate::statistics::Figure;
use crate::table::{NONE, Rows, ratio, short, thousands};

/// Rows, in order.
const PROGRAMS: [Program; 7] = [
    Program::Nginx,
    Program::Haproxy,
    Program::SpringCloudGateway,
    Program::Ours,
    Program::OursLogging,
    Program::OursTenRoutes,
    Program::OursTenThousandRoutes,
];
/// What is aimed at, as ratios to nginx; with Spring Cloud Gateway's processor time over ours.
const CPU_MAX: f64 = 1.0;
const P99_MAX: f64 = 1.0;
const MEMORY_MAX: f64 = 2.0;
const JAVA_CPU_MIN: f64 = 20.0;

const CPU: Measure = |figures| figures.cpu_us_per_request;
const P99: Measure = |figures| figures.p99_us / 1_000.0;
const MEMORY: Measure = |figures| figures.resident_kib as f64 * 1_024.0 / 1_000_000.0;
/// A column's name, its measure, and how it is shown.
type Column = (&'static str, Measure, fn(f64) -> String);
const COLUMNS: [Column; 6] = [
    ("requests/s", |figures| figures.requests_per_second, thousands),
    ("p50, ms", |figures| figures.p50_us / 1_000.0, short),
    ("p99, ms", P99, short),
    ("p99.9, ms", |figures| figures.p999_us / 1_000.0, short),
    ("CPU, µs per request", CPU, short),
    ("memory, MB", MEMORY, short),
];

/// The whole report.
pub(crate) fn markdown(report: &Report) -> String {
    let mut out = format!("{}\n\n{}\n", report.machine, report.method);
    for (instances, workload) in tables(report) {
        let _ = writeln!(out, "\n#### {}, {} instances\n", workload.title(), thousands(instances as f64));
        out.push_str(&table(report, instances, workload));
        let _ = writeln!(out, "\n{}", aims(report, instances, workload));
    }
    if report.failures() > 0 {
        let _ = writeln!(out, "\n(!) Slices with failures; their figures are worth nothing:\n");
        for turn in report.turns.iter().filter(|turn| turn.failures() > 0) {
            let _ = writeln!(out, "- {}", failure(turn));
        }
    }
    out
}

/// A turn in one line.
pub(crate) fn line(turn: &Turn) -> String {
    let Turn { instances, round, workload, program, figures, .. } = turn;
    let failures = if turn.failures() > 0 { format!(", FAILURES: {}", turn.failures()) } else { String::new() };
    format!(
        "round {round}, {instances} instances, {}, {}: {:.0}/s, {:.1} µs ({:.2} of nginx's), p99 {:.2} ms{failures}",
        workload.title(),
        program.name(),
        figures.requests_per_second,
        figures.cpu_us_per_request,
        turn.over_nginx(CPU),
        figures.p99_us / 1_000.0
    )
}

fn failure(turn: &Turn) -> String {
    let Turn { instances, round, workload, program, figures, nginx_after, .. } = turn;
    format!(
        "round {round}, {instances} instances, {}: {} {}, nginx after it {}",
        workload.title(),
        program.name(),
        figures.failures,
        nginx_after.failures
    )
}

/// Which tables there are, in the order in which they were measured.
fn tables(report: &Report) -> Vec<(usize, Workload)> {
    let mut tables = Vec::new();
    for turn in &report.turns {
        if !tables.contains(&(turn.instances, turn.workload)) {
            tables.push((turn.instances, turn.workload));
        }
    }
    tables
}

fn table(report: &Report, instances: usize, workload: Workload) -> String {
    let columns: Vec<&str> =
        std::iter::once("").chain(COLUMNS.iter().flat_map(|(name, ..)| [*name, "÷ nginx"])).collect();
    let mut rows = Rows::new(&columns);
    for program in PROGRAMS {
        let turns = report.of(instances, workload);
        if program != Program::Nginx && !turns.clone().any(|turn| turn.program == program) {
            continue;
        }
        let is_marked = turns.clone().any(|turn| turn.program == program && turn.figures.failures > 0);
        let mut row = vec![format!("{}{}", program.name(), if is_marked { " (!)" } else { "" })];
        for (_, measure, show) in COLUMNS {
            let (own, over_nginx) = medians(turns.clone(), program, measure);
            row.push(with_spread(own, show));
            row.push(over_nginx.map_or_else(|| NONE.to_owned(), |figure| ratio(figure.median)));
        }
        rows.push(row);
    }
    rows.into_text()
}

fn with_spread(figure: Option<Figure>, show: fn(f64) -> String) -> String {
    let Some(figure) = figure else { return NONE.to_owned() };
    let spread =
        if figure.most > figure.least { format!(" ±{:.0} %", figure.spread() * 100.0) } else { String::new() };
    format!("{}{spread}", show(figure.median))
}

/// What ours is aimed at, and whether it is met.
fn aims(report: &Report, instances: usize, workload: Workload) -> String {
    let ours = |measure| medians(report.of(instances, workload), Program::Ours, measure).1;
    if workload.flood().is_some() {
        return beside_a_flood(report, instances, workload);
    }
    let mut aims = vec![
        at_most("CPU per request", ours(CPU), CPU_MAX),
        at_most("p99", ours(P99), P99_MAX),
        at_most("memory", ours(MEMORY), MEMORY_MAX),
    ];
    let java = medians(report.of(instances, workload), Program::SpringCloudGateway, CPU).1;
    if let (Some(java), Some(ours)) = (java, ours(CPU)) {
        let times = java.median / ours.median;
        aims.push(format!(
            "Spring Cloud Gateway's CPU {times:.0} × ours ≥ {JAVA_CPU_MIN}: {}",
            met(times >= JAVA_CPU_MIN)
        ));
    }
    format!("Aims, ours ÷ nginx: {}.", aims.join("; "))
}

/// What its callers notice of it, of nginx and of ours.
fn beside_a_flood(report: &Report, instances: usize, workload: Workload) -> String {
    let of = |program| {
        let p99 = |workload| medians(report.of(instances, workload), program, P99).0.map(|figure| figure.median);
        let shown = |figure: Option<f64>| figure.map_or_else(|| NONE.to_owned(), short);
        format!("{} {} → {} ms", program.name(), shown(p99(Workload::Calm)), shown(p99(workload)))
    };
    format!("p99 of the others, without and beside it: {}; {}.", of(Program::Nginx), of(Program::Ours))
}

fn at_most(what: &str, figure: Option<Figure>, most: f64) -> String {
    match figure {
        // As it is shown: 1.004 is 1.00.
        Some(figure) => {
            let shown = (figure.median * 100.0).round() / 100.0;
            format!("{what} {shown:.2} ≤ {most}: {}", met(shown <= most))
        }
        None => format!("{what} ≤ {most}: not measured"),
    }
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "**not met**" }
}

#[cfg(test)]
mod tests;
