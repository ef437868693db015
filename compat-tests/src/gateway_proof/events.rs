//! Server-sent events that both sides can compute.

use bytes::Bytes;

use super::content::{Content, Sender};
use super::kind::Request;

/// One pause is up to this long, milliseconds.
const PAUSE_MS_MAX: u64 = 60;

/// After the last of them comes one that says so.
pub(super) fn event(request: Request, event: u64) -> Bytes {
    if event == request.count {
        return Bytes::from_static(b"event: end\ndata:\n\n");
    }
    let data = Content::of(request.number, Sender::Instance).message(event).whole(request.size.div_ceil(2));
    let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    Bytes::from(format!("id: {event}\ndata: {hex}\n\n"))
}

/// Before an event.
pub(super) fn pause_ms(number: u64, event: u64) -> i64 {
    let pause_ms = number.wrapping_mul(31).wrapping_add(event * 17) % PAUSE_MS_MAX;
    i64::try_from(pause_ms).unwrap_or_default()
}
