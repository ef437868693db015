//! `eurus.gateway.http2.*`.

use eurus_service::properties::{ConfigError, Properties};

use super::DAY_MS;
use crate::config::Http2Config;

/// The largest window that HTTP/2 knows.
const WINDOW_MAX: u32 = (1 << 31) - 1;
/// What HTTP/2 begins with: a connection's window cannot be smaller.
const WINDOW_LEAST: u32 = 65_535;

pub(super) fn http2(properties: &Properties, stock: &Http2Config) -> Result<Http2Config, ConfigError> {
    let number = |key: &str, default: u32, least: u32, most: u32| properties.number(key, default, least..=most);
    Ok(Http2Config {
        streams_max: number("eurus.gateway.http2.streams-max", stock.streams_max, 1, 100_000)?,
        stream_window_bytes: number(
            "eurus.gateway.http2.stream-window-bytes",
            stock.stream_window_bytes,
            1_024,
            WINDOW_MAX,
        )?,
        connection_window_bytes: number(
            "eurus.gateway.http2.connection-window-bytes",
            stock.connection_window_bytes,
            WINDOW_LEAST,
            WINDOW_MAX,
        )?,
        send_buffer_bytes: properties.number(
            "eurus.gateway.http2.send-buffer-bytes",
            stock.send_buffer_bytes,
            16 * 1024..=1 << 30,
        )?,
        resets_per_second: number("eurus.gateway.http2.resets-per-second", stock.resets_per_second, 1, 1_000_000)?,
        idle_frames_per_second: number(
            "eurus.gateway.http2.idle-frames-per-second",
            stock.idle_frames_per_second,
            10,
            1_000_000,
        )?,
        ping_interval_ms: properties.number(
            "eurus.gateway.http2.ping-interval-ms",
            stock.ping_interval_ms,
            0..=DAY_MS,
        )?,
        ping_timeout_ms: properties.number("eurus.gateway.http2.ping-timeout-ms", stock.ping_timeout_ms, 1..=DAY_MS)?,
    })
}
