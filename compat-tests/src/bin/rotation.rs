//! `cargo run --release -p compat-tests --bin rotation`: how long an instance stays in rotation, both ways.
#![allow(clippy::print_stdout)] // A command's own words.

use compat_tests::Failure;
use compat_tests::rotation::{CONNECTIONS, at_registry_alone, through_sync_speed};

/// When, within the 30 s between two ticks, the status is set.
const OFFSETS_MS: [i64; 6] = [0, 5_000, 10_000, 15_000, 20_000, 25_000];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let seen = through_sync_speed(400, 800).await?;
    println!("Through sync-speed (real time, {CONNECTIONS} connections, {:.0} requests/s):", seen.per_second);
    println!("  POST /offline answered after       {:.1} ms", seen.answered_after_us as f64 / 1e3);
    println!("  requests begun on it before that   {}", seen.begun_before);
    println!("  requests begun on it after that    {} of {}", seen.begun_after, seen.requests_after);
    println!("  failed requests                    {} of {}", seen.failures.len(), seen.requests);

    let mut lags_ms = Vec::new();
    for offset_ms in OFFSETS_MS {
        lags_ms.push(at_registry_alone(offset_ms).await?);
    }
    println!("Status set at the registry alone (virtual time, Netflix's intervals: read-only cache 30 s, fetch 30 s):");
    for (offset_ms, lag_ms) in OFFSETS_MS.iter().zip(&lags_ms) {
        println!("  set {:>2} s after a common start: still called for {:>2} s", offset_ms / 1_000, lag_ms / 1_000);
    }
    lags_ms.sort_unstable();
    println!("  median {} s, longest {} s", lags_ms[lags_ms.len() / 2] / 1_000, lags_ms[lags_ms.len() - 1] / 1_000);
    Failure::unless(seen.begun_after == 0 && seen.failures.is_empty(), || {
        format!("after the answer {} requests began on it; failures: {:?}", seen.begun_after, seen.failures)
    })
}
