//! What eurus is tested with, usable from Rust tests and from `eurus demo`.
//!
//! | module | what |
//! |---|---|
//! | [`producer`] | a small service that registers and notes when each request began |
//! | [`load`] | a steady load and what came of each request |
//! | [`link`] | a link to a registry that holds back, replaces or spoils answers |
//! | [`stack`] | the three services in one process on free ports, on any clock |
//! | [`scene`] | a stack, three producers and a link, time moved by hand |
//! | [`harness`] | scenarios in virtual time: what each cache layer shows when, and what must hold |
//! | [`safeguards`] | each safeguard taken out of the sources once, and its scenario seen to fail |
//! | [`rotation`] | how long an instance stays in rotation, through sync-speed and without |
//! | [`kill_proof`] | kill -9 of real processes at random moments: what was acknowledged is completed all the same |
//! | [`gateway_proof`] | the gateway under load while its instances come, go, crash, hang and answer garbage |
//! | [`differential`] | random requests to a stock Java server and to ours: the same answers, the same state |
//! | [`java`] | real Java peers: services and a Eureka server, each a process of its own |
//! | [`clients`] | real Eureka clients in four languages, each a process of its own; what they ask, listened to |
//! | [`process`] | a peer that is a process of its own |
//! | [`tie`] | what ties a process to the life of the one that started it |
//! | [`failure`] | what went wrong, in words |

pub mod clients;
pub mod differential;
pub mod failure;
pub mod gateway_proof;
pub mod harness;
pub mod java;
pub mod kill_proof;
pub mod link;
pub mod load;
pub mod process;
pub mod producer;
pub mod rotation;
pub mod safeguards;
pub mod scene;
pub mod stack;
pub mod tie;

pub use failure::Failure;
