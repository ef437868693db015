//! Limits and time-outs of the request path.

use eurus_service::open_files;

use super::{ErrorDetails, Http2Config, InstancesConfig};
use crate::limits::Limits;

/// Limits and time-outs of the request path. Counts are per data-plane thread: threads share nothing.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Callers' connections. Beyond: further ones wait in the listener's backlog.
    pub connections_max: usize,
    /// Until a caller has sent a request's head, from the connection's begin or the head's first byte, milliseconds.
    pub head_read_timeout_ms: u64,
    /// How long a caller's connection may be without a request, milliseconds; also the longest that a head may take.
    pub keep_alive_timeout_ms: u64,
    /// To open a connection to an instance, milliseconds.
    pub connect_timeout_ms: u64,
    /// From the last byte of a request to the head of its answer, milliseconds.
    pub response_timeout_ms: u64,
    /// How many times one request is tried at most, the first time included.
    pub tries_max: usize,
    /// How long an instance that refused a connection is passed over, while there are others, milliseconds.
    pub refused_pause_ms: i64,
    /// Requests in a row that an instance does not answer, or by nonsense, before it is passed over while there are others; 0: any.
    pub failures_in_a_row_max: u32,
    /// For how long, milliseconds.
    pub failing_pause_ms: i64,
    /// Idle connections kept to one address.
    pub idle_per_address_max: usize,
    /// Idle connections kept in all.
    pub idle_max: usize,
    /// How long an idle connection is kept, milliseconds. Below the time after which instances close theirs.
    pub idle_ms: i64,
    /// How long an answer may stand still on its way, milliseconds: beyond, and before one and a half times as long, its
    /// connections are closed.
    pub stall_timeout_ms: u64,
    /// How long nothing may be said over an upgraded connection, a WebSocket's say, milliseconds: beyond, and before one
    /// and a half times as long, it is closed.
    pub upgrade_idle_timeout_ms: u64,
    /// How long nothing may be said in a call of gRPC, milliseconds.
    pub grpc_idle_timeout_ms: u64,
    /// What callers are told of failures that are not theirs.
    pub error_details: ErrorDetails,
    /// What callers may send.
    pub limits: Limits,
    /// Callers of HTTP/2.
    pub http2: Http2Config,
    /// How instances are called.
    pub instances: InstancesConfig,
}

impl EdgeConfig {
    /// Says so when the operating system allows fewer connections than this does.
    pub(crate) fn warn_of_few_files(&self, threads: usize) {
        let (allowed, wanted) = (open_files::limit(), self.connections_max.saturating_mul(threads));
        if allowed < u64::try_from(wanted).unwrap_or(u64::MAX) {
            log::warn!(
                "this process may have {allowed} files open, each connection is one: that is less than the {wanted} of callers that \
                 eurus.gateway.connections-max ({}, each of {threads} threads) allows; raise LimitNOFILE or ulimit -n, or lower that",
                self.connections_max
            );
        }
    }
}

impl Default for EdgeConfig {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            head_read_timeout_ms: 60_000,
            // Longer than the 60 s after which load balancers in front close theirs: else they meet one that is just being closed.
            keep_alive_timeout_ms: 75_000,
            connect_timeout_ms: 1_000,
            response_timeout_ms: 30_000,
            tries_max: 3,
            refused_pause_ms: 2_000,
            failures_in_a_row_max: 3,
            failing_pause_ms: 10_000,
            idle_per_address_max: 64,
            idle_max: 4_096,
            idle_ms: 15_000,
            stall_timeout_ms: 60_000,
            upgrade_idle_timeout_ms: 3_600_000,
            grpc_idle_timeout_ms: 3_600_000,
            error_details: ErrorDetails::None,
            limits: Limits::default(),
            http2: Http2Config::default(),
            instances: InstancesConfig::default(),
        }
    }
}
