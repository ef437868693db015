//! A stock Java server and ours, asked the same: random sequences of requests must be answered alike and leave the same state.
//!
//! ```text
//! seed ─► generate ─► replay at both ─► compare ─► differences that are meant are counted
//!                        ▲                └─────► any other: shrink, print as commands for a shell
//!                        └── a fresh name each time, so that sequences know nothing of each other
//! ```
//!
//! `cargo run --release -p compat-tests --bin differential -- --seed 1 --operations 5000`; `./test` runs a part of it.
//!
//! Each sequence has three applications and four ids of its own, so that its requests meet. Times made by a server's clock
//! are compared by the request that made them ([`timeline`]); everything else must be equal, but for order.
//!
//! | module | what |
//! |---|---|
//! | [`step`], [`request`] | what is asked, and what it is meant to do |
//! | [`generate`] | random sequences |
//! | [`pair`], [`wire`] | both servers, set up alike; a connection to each |
//! | [`replay`], [`visits`], [`outcome`] | one sequence at both, and what came of it |
//! | [`tree`], [`compare`], [`timeline`] | what "the same" means; no codec of the product's is used |
//! | [`differences`], [`aftermath`], [`second_opinion`] | THE list of what differs on purpose |
//! | [`mod@shrink`], [`report`], [`progress`] | what is shown: of a difference, at the end, meanwhile |
//! | `session` | one pair's part of the plan |

pub mod aftermath;
pub mod compare;
pub mod differences;
pub mod generate;
pub mod outcome;
pub mod pair;
pub mod progress;
pub mod replay;
pub mod report;
pub mod request;
pub mod second_opinion;
mod session;
pub mod shrink;
pub mod step;
pub mod timeline;
pub mod tree;
pub mod visits;
pub mod wire;

use crate::Failure;
use pair::Setup;
use progress::Progress;
use report::Report;
use session::Session;

/// How much is compared.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The same seed gives the same sequences.
    pub seed: u64,
    /// How many requests are compared at least, the reads of final states among them.
    pub operations: usize,
    /// Of every hundred requests, how many with the read-only cache on.
    pub cached_percent: usize,
    /// How many sequences in which leases end, in either setup.
    pub expiring_sequences: usize,
    /// After how many differences that are not meant it ends.
    pub findings_max: usize,
}

/// Compares as planned. The report holds the differences that are not meant. Both setups at the same time: sequences in
/// which leases end are nearly all waiting.
///
/// # Errors
/// When a server cannot be started or does not answer.
pub async fn run(plan: Plan, progress: &Progress) -> Result<Report, Failure> {
    let cached = plan.operations * plan.cached_percent / 100;
    let (immediate, cached) = tokio::try_join!(
        Session::run(Setup::Immediate, plan.operations - cached, plan, progress),
        Session::run(Setup::Cached, cached, plan, progress),
    )?;
    Ok(immediate.with(cached, progress.took_ms()))
}
