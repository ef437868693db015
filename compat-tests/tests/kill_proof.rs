//! A slice of the proof with kill -9 (`--bin kill-proof`): fewer kills, gateways and instances.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A helper of tests.

use std::path::PathBuf;

use compat_tests::harness::Programs;
use compat_tests::kill_proof::{DatabaseKind, Settings, prove};

async fn holds(database: DatabaseKind, kills: u32, seed: u64) {
    let node = PathBuf::from(env!("CARGO_BIN_EXE_harness-node"));
    let programs = Programs { eurus: Some((node, Vec::new())), ..Programs::default() };
    let settings = Settings { kills, seed, database, gateways: 3, instances: 20, ..Settings::whole(programs) };
    let verdict = prove(&settings, |line| println!("{line}")).await.unwrap();
    println!("{verdict}");
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(verdict.rounds, kills);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9() {
    holds(DatabaseKind::Sqlite, 3, 2).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's initdb and postgres (apt: postgresql); ./test runs it"]
async fn two_nodes_on_postgresql_survive_kill_9() {
    holds(DatabaseKind::Postgres, 2, 1).await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs mariadbd (apt: mariadb-server); ./test runs it"]
async fn two_nodes_on_mariadb_survive_kill_9() {
    holds(DatabaseKind::Mariadb, 2, 1).await;
}
