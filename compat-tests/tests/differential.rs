//! Random requests to a stock Java server and to ours: the same answers, the same final state. The part of
//! `cargo run --release -p compat-tests --bin differential` that fits into `./test`.
#![allow(clippy::print_stdout)] // What was compared, for the log.

use compat_tests::differential::progress::Progress;
use compat_tests::differential::{Plan, run};

const PLAN: Plan = Plan { seed: 1, operations: 1_500, cached_percent: 20, expiring_sequences: 1, findings_max: 1 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Java peers: ./test builds and runs them"]
async fn a_stock_java_server_and_ours_answer_random_requests_alike() {
    let report = run(PLAN, &Progress::shown(PLAN.seed, PLAN.operations)).await.unwrap();
    println!("{report}");
    assert!(report.findings.is_empty(), "{report}");
    assert_eq!(report.given_up, 0, "run it while little else runs: {report}");
    assert!(report.requests >= PLAN.operations && report.meant.len() > 5, "{report}");
}
