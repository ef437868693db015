//! The gateway as a whole: `run()` with a scripted registry and real producers on loopback addresses, on a clock that
//! stands still unless a test moves it.

// A test that cannot go on panics; clippy sees only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod admin;
mod balancing;
mod browser;
mod curl;
mod downline;
mod early_answers;
mod error_details;
mod failures;
mod framing;
mod grpc;
mod h2spec;
mod http2;
mod http2_limits;
mod instances_http2;
mod instances_http2_ends;
mod instances_http2_limits;
mod instances_renewal;
mod instances_tls;
mod kept_connections;
mod live_marks;
mod proxying;
mod refusals;
mod reload;
mod routes;
mod support;
mod time_limits;
mod tls;
mod tls_handshakes;
mod tls_renewal;
mod tried_elsewhere;
mod under_way;
mod upgrade_limits;
mod upgrades;
mod watching;
mod web_socket;
mod web_socket_http2;
