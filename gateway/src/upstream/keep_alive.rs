//! `Keep-Alive: timeout=5`: how long an instance keeps a connection on which nothing is asked (Node.js says 5 s, Tomcat what it is set to).

use http::HeaderMap;
use http::header::HeaderName;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// So much earlier we close it ourselves: a request that is on its way when the time is over would be lost.
const EARLIER_MS: i64 = 1_000;

/// How long such a connection may be idle, as far as its instance says.
pub(super) fn idle_ms_max(headers: &HeaderMap) -> i64 {
    let said = headers.get(KEEP_ALIVE).and_then(|value| timeout_s(value.to_str().ok()?));
    said.map_or(i64::MAX, |seconds| {
        let kept_ms = i64::from(seconds) * 1_000;
        // Of very short times half.
        (kept_ms - EARLIER_MS).max(kept_ms / 2)
    })
}

fn timeout_s(value: &str) -> Option<u32> {
    value.split(',').find_map(|part| {
        let (name, seconds) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("timeout").then(|| seconds.trim().parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_connection_is_closed_before_its_instance_does() {
        let table = [
            ("timeout=5, max=1000", 4_000),
            ("max=100,Timeout = 60", 59_000),
            ("timeout=1", 500),
            ("timeout=0", 0),
            ("timeout=4294967295", 4_294_967_294_000),
            ("timeout=soon", i64::MAX),
            ("timeout=-1", i64::MAX),
            ("max=5", i64::MAX),
            ("", i64::MAX),
        ];
        for (value, expected) in table {
            let headers = HeaderMap::from_iter([(KEEP_ALIVE, HeaderValue::from_static(value))]);
            assert_eq!(idle_ms_max(&headers), expected, "{value}");
        }
        assert_eq!(idle_ms_max(&HeaderMap::new()), i64::MAX);
    }
}
