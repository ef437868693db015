use super::super::rounds::LoadFigures;
use super::*;

fn phase(gateways: usize, is_loaded: bool, answered_us: &[i64]) -> Phase {
    let round = |answered_us: &i64| Round {
        answered_us: *answered_us,
        slowest_call_us: Some(400),
        last_begun_us: is_loaded.then_some(-700),
        begun_after: 0,
        is_done: true,
        online_us: 2_000,
    };
    let load = LoadFigures {
        per_second: 1_000.0,
        answered: 12_345,
        failed: 0,
        first_failure: None,
        p50_us: 300.0,
        p99_us: 4_000.0,
    };
    Phase {
        gateways,
        instances: 10_000,
        rounds: answered_us.iter().map(round).collect(),
        load: is_loaded.then_some(load),
    }
}

fn report(phases: Vec<Phase>) -> Report {
    Report { machine: "M".to_owned(), method: "H".to_owned(), sync_us: vec![100, 200, 300], phases, stock: None }
}

#[test]
fn the_whole_distribution_is_shown() {
    let text = markdown(&report(vec![phase(1, false, &[1_000, 2_000, 30_000]), phase(10, true, &[2_900, 2_950])]));
    assert!(text.contains("3 times over the run: p50 0.20 ms, p90 0.30, p99 0.30, max 0.30."), "{text}");
    assert!(
        text.contains("| 1 | 10,000 | – | 3 | 2.00 | 30.00 | 30.00 | 30.00 | 30.00 | 0.40 | 2.00 | 2.00 |"),
        "{text}"
    );
    assert!(text.contains("| 10 | 10,000 | -0.70 | -0.70 | -0.70 | -0.70 | 0 | 12,345 | 0 | 0.30 | 4.00 |"), "{text}");
    assert!(text.contains("was left out of this run"), "{text}");
    assert!(!text.contains("(!)"), "{text}");
}

#[test]
fn aims_are_judged_where_they_apply() {
    let met = markdown(&report(vec![phase(10, false, &[2_900, 19_000])]));
    assert!(met.contains("10,000 instances, –: p50 ≤ 3 ms met, p99 ≤ 20 ms met."), "{met}");
    let missed = markdown(&report(vec![phase(10, true, &[3_100, 21_000])]));
    assert!(missed.contains("p50 ≤ 3 ms **not met**, p99 ≤ 20 ms **not met**"), "{missed}");
    assert!(markdown(&report(vec![phase(1, false, &[1])])).contains("Aim at 10 gateways: not measured."));
}

#[test]
fn what_must_not_happen_stands_out() {
    let mut bad = phase(10, true, &[1_000]);
    bad.rounds[0].begun_after = 1;
    let text = markdown(&report(vec![bad]));
    assert!(text.contains("(!) What must not happen did, 1 times"), "{text}");
    assert!(text.contains("1 begun after the answer"), "{text}");
}

#[test]
fn the_stock_chain_is_shown_in_seconds() {
    let load = phase(1, true, &[]).load.unwrap();
    let stock = Stock { stopped_us: vec![11_000_000, 76_000_000, 40_000_000], never: 1, load };
    let text = markdown(&Report { stock: Some(stock), ..report(Vec::new()) });
    assert!(text.contains("for 11.0 s to 76.0 s, median 40.0 s. In 1 more it never stopped"), "{text}");
}
