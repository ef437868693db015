//! The report as Markdown.

use std::fmt::Write;

use super::distribution::Distribution;
use super::report::Report;
use super::rounds::{Phase, Round};
use super::stock::Stock;
use crate::table::{NONE, Rows, thousands};

/// Aimed at with so many gateways.
const AIM_GATEWAYS: usize = 10;
const AIM_P50_MS: f64 = 3.0;
const AIM_P99_MS: f64 = 20.0;

/// The whole report.
pub(crate) fn markdown(report: &Report) -> String {
    let mut out = format!("{}\n\n{}\n\n", report.machine, report.method);
    let syncs = Distribution::of(report.sync_us.iter().copied());
    let _ = writeln!(
        out,
        "The disk below sync-speed's database: 4 KiB written and fdatasync, {} times over the run: {}.",
        syncs.count(),
        quantiles(&syncs)
    );
    let _ = writeln!(out, "\nFrom sending `POST /offline` to its answer, all gateways having acknowledged, ms:\n");
    out.push_str(&answers(report));
    let _ = writeln!(out, "\nUnder load: the last request that began on the instance, and all requests:\n");
    out.push_str(&requests(report));
    let _ = writeln!(out, "\nAim at {AIM_GATEWAYS} gateways: {}.", aim(report));
    match &report.stock {
        Some(stock) => {
            let _ = writeln!(out, "\n{}", chain(stock));
        }
        None => {
            let _ =
                writeln!(out, "\nThe stock chain (Java Eureka server, Spring Cloud Gateway) was left out of this run.");
        }
    }
    if report.failures() > 0 {
        let _ = writeln!(out, "\n(!) What must not happen did, {} times:\n", report.failures());
        for phase in report.phases.iter().filter(|phase| phase.failures() > 0) {
            let _ = writeln!(out, "- {} gateways, {} instances: {}", phase.gateways, phase.instances, line(phase));
        }
    }
    out
}

/// A phase in one line.
pub(crate) fn line(phase: &Phase) -> String {
    let answered = quantiles(&of(phase, |round| Some(round.answered_us)));
    let not_done = phase.rounds.iter().filter(|round| !round.is_done).count();
    let load = phase.load.as_ref().map_or_else(String::new, |load| {
        let begun_after: usize = phase.rounds.iter().map(|round| round.begun_after).sum();
        let why = load.first_failure.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        format!(
            "; under load: {} requests answered, {} failed{why}, {begun_after} begun after the answer",
            load.answered, load.failed
        )
    });
    format!("{} offlines: {answered}; not done by all: {not_done}{load}", phase.rounds.len())
}

fn answers(report: &Report) -> String {
    let columns = [
        "gateways",
        "instances",
        "load",
        "offlines",
        "p50",
        "p90",
        "p99",
        "p99.9",
        "max",
        "slowest gateway p50",
        "online p50",
        "p99",
    ];
    let mut rows = Rows::new(&columns);
    for phase in &report.phases {
        let answered = of(phase, |round| Some(round.answered_us));
        let calls = of(phase, |round| round.slowest_call_us);
        let online = of(phase, |round| Some(round.online_us));
        let mut row = vec![phase.gateways.to_string(), thousands(phase.instances as f64), load_name(phase)];
        row.push(answered.count().to_string());
        row.extend([0.5, 0.9, 0.99, 0.999, 1.0].map(|share| ms(answered.quantile(share))));
        row.push(ms(calls.quantile(0.5)));
        row.extend([0.5, 0.99].map(|share| ms(online.quantile(share))));
        rows.push(row);
    }
    rows.into_text()
}

fn requests(report: &Report) -> String {
    let columns = [
        "gateways",
        "instances",
        "last begun, ms: p50",
        "p90",
        "p99",
        "max",
        "begun after the answer",
        "requests",
        "failed",
        "their p50, ms",
        "p99",
    ];
    let mut rows = Rows::new(&columns);
    for phase in &report.phases {
        let Some(load) = &phase.load else { continue };
        let last = of(phase, |round| round.last_begun_us);
        let begun_after: usize = phase.rounds.iter().map(|round| round.begun_after).sum();
        let mut row = vec![phase.gateways.to_string(), thousands(phase.instances as f64)];
        row.extend([0.5, 0.9, 0.99, 1.0].map(|share| ms(last.quantile(share))));
        row.extend([begun_after.to_string(), thousands(load.answered as f64), load.failed.to_string()]);
        row.extend([load.p50_us, load.p99_us].map(|us| ms(Some(us.round() as i64))));
        rows.push(row);
    }
    rows.into_text()
}

fn aim(report: &Report) -> String {
    let phases: Vec<&Phase> = report.phases.iter().filter(|phase| phase.gateways == AIM_GATEWAYS).collect();
    if phases.is_empty() {
        return "not measured".to_owned();
    }
    let verdicts = phases.into_iter().map(|phase| {
        let answered = of(phase, |round| Some(round.answered_us));
        let bound = |name: &str, share: f64, most_ms: f64| match answered.quantile(share) {
            Some(us) if us as f64 <= most_ms * 1_000.0 => format!("{name} ≤ {most_ms} ms met"),
            _ => format!("{name} ≤ {most_ms} ms **not met**"),
        };
        let verdicts = [bound("p50", 0.5, AIM_P50_MS), bound("p99", 0.99, AIM_P99_MS)].join(", ");
        format!("{} instances, {}: {verdicts}", thousands(phase.instances as f64), load_name(phase))
    });
    verdicts.collect::<Vec<_>>().join("; ")
}

fn chain(stock: &Stock) -> String {
    let stopped = Distribution::of(stock.stopped_us.iter().copied());
    let s = |us: Option<i64>| us.map_or_else(|| NONE.to_owned(), |us| format!("{:.1} s", us as f64 / 1_000_000.0));
    let never = match stock.never {
        0 => String::new(),
        never => format!(" In {never} more it never stopped within the time."),
    };
    format!(
        "**The stock chain**, measured here in the same run: a Java Eureka server and a Spring Cloud Gateway on stock \
         intervals, one instance set OUT_OF_SERVICE at the server, {} tries at moments spread over the caches' phases: \
         the gateway went on calling it for {} to {}, median {}.{never} {} requests answered, {} failed.",
        stopped.count(),
        s(stopped.least()),
        s(stopped.most()),
        s(stopped.quantile(0.5)),
        thousands(stock.load.answered as f64),
        stock.load.failed
    )
}

fn of(phase: &Phase, measure: fn(&Round) -> Option<i64>) -> Distribution {
    Distribution::of(phase.rounds.iter().filter_map(measure))
}

fn load_name(phase: &Phase) -> String {
    phase.load.as_ref().map_or_else(|| NONE.to_owned(), |load| format!("{}/s", thousands(load.per_second)))
}

fn quantiles(all: &Distribution) -> String {
    let of = |share| ms(all.quantile(share));
    format!("p50 {} ms, p90 {}, p99 {}, max {}", of(0.5), of(0.9), of(0.99), of(1.0))
}

fn ms(us: Option<i64>) -> String {
    us.map_or_else(|| NONE.to_owned(), |us| format!("{:.2}", us as f64 / 1_000.0))
}

#[cfg(test)]
mod tests;
