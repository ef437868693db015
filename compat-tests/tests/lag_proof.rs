//! A slice of the long proof (`--bin lag-proof`): the same with intervals of 2 s instead of 30 s and more.

use std::path::PathBuf;

use compat_tests::harness::proof::progress::Progress;
use compat_tests::harness::proof::prove;
use compat_tests::harness::{Programs, Scenario};

const SCENARIO: &str = include_str!("../scenarios/crash-on-short-intervals.yaml");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Java peers: ./test builds and runs them"]
async fn a_java_server_and_client_see_a_crash_when_ours_do() {
    let scenario = Scenario::parse("crash-on-short-intervals.yaml", SCENARIO).unwrap();
    let java = Some(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/java")));
    let report = prove(scenario, Programs { java, ..Programs::default() }, &mut Progress::silent()).await.unwrap();
    println!("{report}");
    assert_eq!(report.rows.len(), 5, "every layer that Java programs show");
    assert!(report.agrees(), "{report}");
}
