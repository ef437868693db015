//! A slice of the proof of the gateway under load (`--bin gateway-proof`), and that it can fail.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A helper of tests.

use std::path::PathBuf;

use compat_tests::gateway_proof::settings::{Fate, Sabotage};
use compat_tests::gateway_proof::{Settings, Verdict, prove};
use compat_tests::harness::Programs;
use compat_tests::harness::proof::progress::Progress;
use futures_util::future::join_all;

/// All kinds of requests.
const KINDS: usize = 16;
/// All that may befall an instance: within the slice each of the two that are in trouble at a time has nearly all of them.
const FATES: usize = 10;

async fn slice(adjust: impl FnOnce(&mut Settings)) -> Verdict {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gateway-proof"));
    let programs = Programs { eurus: Some((program.clone(), vec!["node".into()])), ..Programs::default() };
    let mut settings = Settings { is_brief: true, ..Settings::whole(programs, (program, vec!["instance".into()])) };
    adjust(&mut settings);
    let verdict = prove(&settings, &mut Progress::silent()).await.unwrap();
    println!("{verdict}");
    verdict
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_right_whatever_befalls_an_instance_and_what_is_wrong_is_seen() {
    let verdict = slice(|settings| (settings.seconds, settings.callers) = (15, 24)).await;
    assert!(verdict.holds(), "{verdict}");
    assert_eq!((verdict.kinds_answered(), verdict.fates_met()), (KINDS, FATES), "{verdict}");
    // All at once: how long they take does not matter.
    join_all([
        is_seen(Sabotage::FlipBit, "byte 0 of "),
        is_seen(Sabotage::CutShort, "as if they were all"),
        is_seen(Sabotage::OfAnother, "byte 0 of "),
        is_seen(Sabotage::Unavailable, "503 Service Unavailable"),
    ])
    .await;
}

async fn is_seen(sabotage: Sabotage, said: &str) {
    let verdict = slice(|settings| {
        (settings.seconds, settings.callers, settings.instances) = (1, 8, 4);
        (settings.fates, settings.sabotage) = (vec![Fate::Slow], Some(sabotage));
    });
    let words = verdict.await.to_string();
    assert!(words.contains("VIOLATION") && words.contains(said), "{sabotage:?}: {words}");
}
