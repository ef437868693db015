//! Bad requests: each gets a right answer and changes nothing, and many large ones leave the memory flat.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // It is a test throughout.

mod bodies;
mod changes;
mod framing;
mod paths;
#[path = "../rig/mod.rs"]
mod rig;
mod row;
mod sizes;

use eurus_registry::{RegistryConfig, RegistryLimits};
use serde_json::json;

use rig::Rig;
use row::Row;

const START_MS: i64 = 1_795_317_120_000;
const MIB: usize = 1 << 20;
/// What twenty bodies of 50 MB may leave behind: the allocator's own habits, not a body.
const GROWTH_BYTES_MAX: usize = 40 * MIB;

async fn rig() -> Rig {
    let limits = RegistryLimits { instance_bytes_max: 64 << 10, metadata_entries_max: 100, ..RegistryLimits::stock() };
    let config = RegistryConfig { use_read_only_response_cache: false, limits, ..RegistryConfig::stock() };
    let rig = Rig::start(config, START_MS).await;
    let vip = json!({"asgName": "group", "metadata": {"size": "x".repeat(40_000)}});
    assert_eq!(rig.register("GOOD", "held", vip).await.status, 204);
    rig
}

/// All that can be seen of the registry: lists, delta, overrides, leases, and that the instance's heartbeat is taken.
async fn fingerprint(rig: &Rig) -> Vec<Vec<u8>> {
    let heartbeat = rig.put("/eureka/apps/GOOD/held?status=UP&lastDirtyTimestamp=1000").await;
    assert_eq!(heartbeat.status, 200);
    let mut seen = Vec::new();
    for path in ["apps", "apps/delta", "apps/GOOD/held", "vips/good", "serverinfo/statusoverrides"] {
        seen.push(rig.get(&format!("/eureka/{path}")).await.body);
    }
    // Above the leases the page counts what was refused.
    let leases = rig.get("/lastn").await.text().split_once("<h1 id=").unwrap().1.to_owned();
    seen.push(leases.into_bytes());
    seen
}

/// Of the process, from the kernel.
#[allow(clippy::disallowed_methods)] // A test reads a file that the kernel makes up.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_are_answered_and_change_nothing() {
    let rig = rig().await;
    let rows: Vec<Row> = [bodies::rows(), paths::rows(), framing::rows(), changes::rows(), sizes::rows()]
        .into_iter()
        .flatten()
        .collect();
    assert!(rows.len() >= 60, "only {} bad requests", rows.len());
    let before = fingerprint(&rig).await;
    let mut wrong = Vec::new();
    for row in &rows {
        wrong.extend(row.check(&rig).await);
        let changed = fingerprint(&rig).await != before;
        assert!(!changed, "'{}' has changed something; wrong until here: {wrong:#?}", row.name);
    }
    assert!(wrong.is_empty(), "{} of {} bad requests: {wrong:#?}", wrong.len(), rows.len());
    println!("{} bad requests answered", rows.len());
    large_bodies_leave_no_trace(&rig).await;
    assert_eq!(fingerprint(&rig).await, before);
    rig.stop().await;
}

async fn large_bodies_leave_no_trace(rig: &Rig) {
    let body = vec![b'x'; 50_000_000];
    let before = resident_bytes();
    for round in 0..10 {
        for large in [sizes::announced(&body), sizes::chunked(&body)] {
            let answer = rig.exchange_parts(&large).await.expect("an answer");
            assert_eq!(answer.status, 413, "round {round}");
        }
    }
    let grown = resident_bytes().saturating_sub(before);
    println!("twenty bodies of 50 MB: {} KiB more resident memory", grown / 1024);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more after twenty bodies of 50 MB");
}
