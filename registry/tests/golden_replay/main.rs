//! Replays the recorded history of a real Eureka server, exchange by exchange, against a registry under a manual
//! clock, and compares status, headers and body. Nothing here decodes with the product's own codecs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // It is a test throughout.

mod compare;
mod differences;
mod recording;
#[path = "../rig/mod.rs"]
mod rig;

use std::collections::BTreeMap;

use eurus_registry::RegistryConfig;

use recording::Exchange;
use rig::Rig;

/// The recorded server refreshed its read-only cache this often.
const READ_ONLY_TICK_MS: i64 = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recorded_history_replays() {
    let history = recording::history();
    let config = RegistryConfig { response_cache_update_interval_ms: READ_ONLY_TICK_MS, ..RegistryConfig::stock() };
    let rig = Rig::start(config, history[0].at_ms).await;
    let (mut passed, mut differing, mut showing_ids) = (0, BTreeMap::new(), 0);
    for exchange in &history {
        rig.advance_ms((exchange.at_ms - rig.hand.now_ms()).max(0)).await;
        let answer = rig.exchange(&exchange.request).await;
        let verdict = compare::judge(exchange, &answer);
        showing_ids += usize::from(verdict.shows_ids);
        if verdict.differences.is_empty() {
            passed += 1;
        } else {
            differing.insert(exchange.n, (exchange, verdict.differences));
        }
    }
    rig.stop().await;
    println!("{showing_ids} exchanges compared knowing that {}", differences::SHOWN_ID);
    report(history.len(), passed, &differing);
}

/// Says what was found, and fails on anything that is not listed, and on anything listed that is no difference.
fn report(all: usize, passed: usize, differing: &BTreeMap<u64, (&Exchange, Vec<String>)>) {
    let mut unlisted = 0;
    for (n, (exchange, found)) in differing {
        match differences::listed(*n) {
            Some(reason) => println!("{n} differs as listed ({reason})"),
            None => {
                unlisted += 1;
                println!("{n} '{}' {} differs:\n    {}", exchange.name, exchange.path, found.join("\n    "));
            }
        }
    }
    println!(
        "{all} exchanges: {passed} pass, {} differ as listed, {unlisted} differ otherwise",
        differing.len() - unlisted
    );
    assert_eq!(unlisted, 0, "see the differences above");
    let stale: Vec<_> = differences::all_listed().filter(|n| !differing.contains_key(n)).collect();
    assert!(stale.is_empty(), "listed as differences, but they are none: {stale:?}");
    assert_eq!(all, passed + differing.len());
}
