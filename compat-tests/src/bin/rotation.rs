//! `cargo run --release -p compat-tests --bin rotation`: how long an instance stays in rotation, both ways.
#![allow(clippy::print_stdout)] // A command's own words.

use compat_tests::Failure;
use compat_tests::rotation::{CONNECTIONS, at_registry_alone, through_sync_speed};

/// How long after a tick of the read-only cache the gateway fetches.
const FETCH_AFTER_TICK_MS: [i64; 4] = [1_000, 10_000, 20_000, 29_000];
/// How long after a fetch the status is set.
const SET_AFTER_FETCH_MS: [i64; 6] = [1_000, 6_000, 11_000, 16_000, 21_000, 26_000];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let seen = through_sync_speed(400, 800).await?;
    println!("Through sync-speed (real time, {CONNECTIONS} connections, {:.0} requests/s):", seen.per_second);
    println!("  POST /offline answered after       {:.1} ms", seen.answered_after_us as f64 / 1e3);
    println!("  requests begun on it before that   {}", seen.begun_before);
    println!("  requests begun on it after that    {} of {}", seen.begun_after, seen.requests_after);
    println!("  failed requests                    {} of {}", seen.failures.len(), seen.requests);

    println!("Status set at the registry alone (virtual time, Netflix's intervals: read-only cache 30 s, fetch 30 s):");
    let mut lags_s = Vec::new();
    for fetch_after_tick_ms in FETCH_AFTER_TICK_MS {
        let mut row = String::new();
        for set_after_fetch_ms in SET_AFTER_FETCH_MS {
            let lag_s = at_registry_alone(fetch_after_tick_ms, set_after_fetch_ms).await? / 1_000;
            row.push_str(&format!(" {lag_s:>4}"));
            lags_s.push(lag_s);
        }
        println!("  fetch {:>2} s after the tick: still called for{row} s", fetch_after_tick_ms / 1_000);
    }
    lags_s.sort_unstable();
    println!("  median {} s, longest {} s", lags_s[lags_s.len() / 2], lags_s[lags_s.len() - 1]);
    Failure::unless(seen.begun_after == 0 && seen.failures.is_empty(), || {
        format!("after the answer {} requests began on it; failures: {:?}", seen.begun_after, seen.failures)
    })
}
