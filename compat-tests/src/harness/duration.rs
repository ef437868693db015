//! Durations as people write them: `90s`, `1m30s`, `1h`, `500ms`, `29s999ms`.

/// Years are a mistake in the unit.
const SPAN_MS_MAX: i64 = 30 * 86_400_000;

/// Milliseconds. `None`: not a duration.
pub(super) fn span_ms(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut sum_ms: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let unit_ms = match &after[..unit_end] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        sum_ms = sum_ms.checked_add(number.checked_mul(unit_ms)?)?;
        rest = &after[unit_end..];
    }
    (sum_ms <= SPAN_MS_MAX).then_some(sum_ms)
}

/// As a scenario file writes it: `90s`, `29s999ms`, `500ms`.
pub(super) fn span(ms: i64) -> String {
    match (ms / 1_000, ms % 1_000) {
        (seconds, 0) => format!("{seconds}s"),
        (0, rest_ms) => format!("{rest_ms}ms"),
        (seconds, rest_ms) => format!("{seconds}s{rest_ms}ms"),
    }
}

/// Seconds, with as many decimals as are needed: `90 s`, `239.997 s`.
pub(super) fn seconds(ms: i64) -> String {
    let (sign, ms) = if ms < 0 { ("-", -ms) } else { ("", ms) };
    let decimals = format!("{:03}", ms % 1_000);
    match decimals.trim_end_matches('0') {
        "" => format!("{sign}{} s", ms / 1_000),
        decimals => format!("{sign}{}.{decimals} s", ms / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected_ms) in [
            ("90s", Some(90_000)),
            ("1m30s", Some(90_000)),
            ("29s999ms", Some(29_999)),
            ("0s", Some(0)),
            ("1h", Some(3_600_000)),
            ("", None),
            ("90", None),
            ("s", None),
            ("1.5s", None),
            ("-5s", None),
            ("5 s", None),
            ("99999999999999999999s", None),
            ("9000h", None),
        ] {
            assert_eq!(span_ms(text), expected_ms, "{text}");
        }
        for ms in [0, 1, 999, 1_000, 29_999, 90_000, 3_600_001] {
            assert_eq!(span_ms(&span(ms)), Some(ms), "{}", span(ms));
        }
        for (ms, text) in [(90_000, "90 s"), (239_997, "239.997 s"), (500, "0.5 s"), (-1_500, "-1.5 s"), (0, "0 s")] {
            assert_eq!(seconds(ms), text);
        }
    }
}
