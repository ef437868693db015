//! Every scenario of the catalogue, in virtual time.

use std::path::PathBuf;

use compat_tests::harness::report::line::{self, Colours};
use compat_tests::harness::{files, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_passes() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let mut failed = Vec::new();
    for scenario in files::scenarios(&[folder]).unwrap() {
        let outcome = run(scenario).await;
        println!("{}", line::of(&outcome, Colours::Off));
        if !outcome.is_passed() {
            failed.push(outcome.scenario.file);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}
