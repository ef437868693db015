use super::*;
use crate::gateway::contenders::Figures;

fn figures(cpu_us: f64, kib: u64) -> Figures {
    Figures {
        requests: 1_000,
        requests_per_second: 1_000_000.0 / cpu_us,
        p50_us: cpu_us * 10.0,
        p99_us: cpu_us * 100.0,
        p999_us: cpu_us * 1_000.0,
        cpu_us_per_request: cpu_us,
        resident_kib: kib,
        failures: 0,
    }
}

/// The machine is half as fast in round 2, and slows down by a tenth from each of nginx's slices to the next.
fn report() -> Report {
    let mut turns = Vec::new();
    for (round, pace) in [(1, 1.0), (2, 2.0), (3, 1.0)] {
        for (program, cpu_us) in
            [(Program::Haproxy, 22.0), (Program::SpringCloudGateway, 336.0), (Program::Ours, 14.28)]
        {
            turns.push(Turn {
                instances: 4,
                round,
                workload: Workload::Small,
                program,
                figures: figures(cpu_us * pace, 30_000),
                nginx_before: figures(16.0 * pace, 10_000),
                nginx_after: figures(17.6 * pace, 10_000),
            });
        }
    }
    Report { machine: "a machine".to_owned(), method: "a method".to_owned(), turns }
}

#[test]
fn a_ratio_is_to_the_slices_around_and_rows_have_medians() {
    let text = markdown(&report());
    for part in [
        "#### GET, 1 KiB, 4 instances",
        "| nginx | 56,818 ±25 % | 1.00 | 0.18 ±50 % | 1.00 |",
        "| ours | 70,028 ±25 % | 1.17 | 0.14 ±50 % | 0.85 | 1.43 ±50 % | 0.85 | 14.3 ±50 % | 0.85 | 14.3 ±50 % | 0.85 | 30.7 | 3.00 |",
        "CPU per request 0.85 ≤ 1: met; p99 0.85 ≤ 1: met; memory 3.00 ≤ 2: **not met**; Spring Cloud Gateway's CPU 24 × ours ≥ 20: met.",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    assert!(!text.contains("(!)"));
}

#[test]
fn failures_are_marked_and_listed_and_what_was_left_out_has_no_row() {
    let mut report = report();
    report.turns.retain(|turn| turn.program != Program::SpringCloudGateway);
    report.turns[0].figures.failures = 7;
    let text = markdown(&report);
    assert!(text.contains("| haproxy (!) |") && text.contains("GET, 1 KiB: haproxy 7, nginx after it 0"), "{text}");
    assert!(!text.contains("Spring"));
    assert_eq!(report.failures(), 7);
}
