//! The harness: what cache lag does, replayed in virtual time.
//!
//! A scenario file says what runs, what happens to it and what must be seen. The engine starts it all in one process
//! under one manual clock, lets time pass from deadline to deadline, and looks at every layer after each: registry,
//! its two caches, the gateway's copy, what the gateway routes to, a simulated Ribbon list. The checker judges the
//! history by rules that hold in every run.
//!
//! | module | what |
//! |---|---|
//! | [`files`], `yaml`, `reading`, [`scenario`] | scenario files: a tree with lines, typed reading, what runs and happens and is expected |
//! | [`layer`], [`timeline`] | where an instance can be seen; which layer saw which change when |
//! | `world`, `world/*` | what runs: nodes, instances, links |
//! | `engine`, `engine/*` | virtual time; steps, heartbeats, requests, orders; looking |
//! | `lists` | a registry's lists, read without the product's codec |
//! | [`history`], [`checker`] | everything that happened; what must hold |
//! | [`judge`], [`mod@run`] | expectations against what was seen; one run |
//! | `pace`, [`programs`], [`node`] | virtual and real time; nodes that are processes of their own |
//! | [`proof`], `proof/*` | a Java server, client and Ribbon in real time beside ours in virtual time |
//! | [`serve`], `serve/*` | the same nodes and time, driven over HTTP by tests in any language |
//! | [`random`], `random/*` | scenarios from seeds, and the shortest one that finds what they found |
//! | [`report`], `report/*` | one line each, JSON, JUnit XML, a page with every timeline drawn |
//!
//! From Rust a scenario is the same text, and what came of it is all there:
//!
//! ```
//! use compat_tests::harness::{Scenario, run};
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! let scenario = Scenario::parse("here", "
//!     name: A clean shutdown
//!     length: 3m
//!     registries: {registry-1: {}}
//!     producers: {shop: {count: 2}}
//!     steps: [{at: 61s, name: goodbye, shutdown: shop-1}]
//!     expect: [{sees: {node: registry-1, layer: read-only, instance: shop-1, is: absent, after: goodbye, by: 30s}}]
//! ")?;
//! let outcome = run(scenario).await;
//! assert!(outcome.is_passed(), "{:?} {:?}", outcome.failure, outcome.verdicts);
//! println!("{:?}", outcome.timeline.changes());           // and outcome.history, outcome.violations
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod checker;
mod duration;
mod engine;
mod fault_hand;
pub mod files;
pub mod history;
pub mod judge;
pub mod layer;
mod lists;
pub mod node;
mod pace;
pub mod programs;
pub mod proof;
pub mod random;
mod reading;
pub mod report;
pub mod run;
pub mod scenario;
pub mod serve;
pub mod timeline;
mod world;
mod yaml;

pub use programs::Programs;
pub use reading::Wrong;
pub use run::{Outcome, run, run_with};
pub use scenario::Scenario;
