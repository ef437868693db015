//! What callers of HTTP/2 may do.

/// Limits of one connection of HTTP/2, each way it could be used to take more than it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http2Config {
    /// Requests under way at a time. Beyond: refused, and may be tried again.
    pub streams_max: u32,
    /// What a caller may send of one request's body before an instance has taken it, bytes.
    pub stream_window_bytes: u32,
    /// The same for all requests of the connection.
    pub connection_window_bytes: u32,
    /// Bytes of answers that wait for one request's caller to take them.
    pub send_buffer_bytes: usize,
    /// Requests that a caller may take back within a second. Beyond: the connection is closed.
    pub resets_per_second: u32,
    /// Frames that carry nothing (pings, settings, priorities, unknown ones) within a second. Beyond: the connection is closed.
    pub idle_frames_per_second: u32,
    /// How often a caller is asked whether it is still there, milliseconds; 0: never.
    pub ping_interval_ms: u64,
    /// How long it may take to answer that, milliseconds.
    pub ping_timeout_ms: u64,
}

impl Default for Http2Config {
    fn default() -> Self {
        Self {
            streams_max: 100,
            stream_window_bytes: 256 * 1024,
            connection_window_bytes: 1024 * 1024,
            send_buffer_bytes: 256 * 1024,
            resets_per_second: 200,
            idle_frames_per_second: 1_000,
            ping_interval_ms: 30_000,
            ping_timeout_ms: 10_000,
        }
    }
}
