//! Every scenario of the catalogue: in virtual time, and a few with processes in real time.

use std::path::PathBuf;

use compat_tests::harness::report::line::{self, Colours};
use compat_tests::harness::{Programs, files, run_with};

/// `program: eurus` is this package's own program: the product's need not be built.
fn programs() -> Programs {
    let node = PathBuf::from(env!("CARGO_BIN_EXE_harness-node"));
    Programs { eurus: Some((node, Vec::new())), ..Programs::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_passes() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let mut failed = Vec::new();
    for scenario in files::scenarios(&[folder]).unwrap() {
        let outcome = run_with(scenario, programs()).await;
        println!("{}", line::of(&outcome, Colours::Off));
        if !outcome.is_passed() {
            failed.push(outcome.scenario.file);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}
