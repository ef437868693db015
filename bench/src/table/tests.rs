use super::*;

fn sample(round: usize, server: Kind, how: Loop, cpu_us: f64) -> Sample {
    Sample {
        round,
        operation: Operation::Heartbeat,
        server,
        how,
        offered_per_second: (how == Loop::Open).then_some(700.0),
        requests_per_second: 100_000.0 / cpu_us,
        cpu_us_per_request: cpu_us,
        generator_cpu_us_per_request: 1.0,
        p50_us: cpu_us,
        p99_us: cpu_us * 10.0,
        latencies: 100,
        body_bytes_per_answer: 0.0,
        connections_made: 0,
        refused: 0,
        broken: 0,
        first_failure: None,
    }
}

fn report() -> Report {
    let mut samples = Vec::new();
    // The machine is half as fast in round 2.
    for (round, pace) in [(1, 1.0), (2, 2.0), (3, 1.0)] {
        for (server, cpu_us) in [(Kind::Java, 250.0), (Kind::Nginx, 8.0), (Kind::Ours, 10.0)] {
            samples.push(sample(round, server, Loop::Closed, cpu_us * pace));
        }
        for (server, cpu_us) in [(Kind::Java, 250.0), (Kind::Ours, 25.0)] {
            samples.push(sample(round, server, Loop::Open, cpu_us * pace));
        }
    }
    let figures = |server, started_us, kib| ProcessFigures {
        server,
        started_us: vec![started_us],
        idle_kib: kib,
        registered_kib: kib * 2,
        loaded_kib: kib * 4,
    };
    let processes = vec![figures(Kind::Java, 9_000_000, 300_000), figures(Kind::Ours, 20_000, 10_000)];
    let size = Size { instances: 10_000, changes_in_delta: 20, samples, processes };
    Report { machine: "a machine".to_owned(), method: "a method".to_owned(), sizes: vec![size] }
}

#[test]
fn rows_have_medians_ratios_and_verdicts() {
    let text = markdown(&report());
    for row in [
        "### 10,000 instances, 20 of them in the delta",
        "| heartbeat | 0 | 250 ±50 % | 8.00 ±50 % | – | 10.0 ±50 % | 25× | ≥ 20: met | 1.25 | ≤ 2: met |",
        "| heartbeat | 400 ±25 % | 12,500 ±25 % | – | 10,000 ±25 % | 25× | 0.80 |",
        "| heartbeat | 2.50 ±50 % | 0.08 ±50 % | 0.10 ±50 % | 700 | 2.50 ±50 % | 0.25 ±50 % | 10× | ≥ 20: **not met** |",
        "| start to first answer, ms | 9,000 | 20.0 | 450× | ours ≤ 50: met |",
        "| memory idle, MB | 307 | 10.2 | 30× | ≥ 20: met |",
    ] {
        assert!(text.contains(row), "{row}\nis not in\n{text}");
    }
    assert!(!text.contains("(!)") && !text.contains("apps, gzip"));
}

#[test]
fn failures_are_marked_and_listed() {
    let mut report = report();
    let sample = &mut report.sizes[0].samples[2];
    (sample.refused, sample.first_failure) = (7, Some("answered 404".to_owned()));
    assert_eq!(report.failures(), 1);
    let text = markdown(&report);
    assert!(text.contains("| 10.0 ±50 % (!) |"), "{text}");
    assert!(
        text.contains("- round 1, heartbeat, ours, closed loop: 7 not 2xx, 0 broken; first: answered 404"),
        "{text}"
    );
}

#[test]
fn numbers_are_short() {
    let table = [(0.123, "0.12"), (1.0, "1.00"), (12.34, "12.3"), (123.4, "123"), (1_234_567.0, "1,234,567")];
    for (value, expected) in table {
        assert_eq!(short(value), expected);
    }
}
