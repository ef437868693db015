//! Shares and durations on the command line.

/// Seconds that a drain may be waited for.
const DRAIN_S_MAX: u64 = 600;
/// Seconds that an offline may last before it is brought back by itself.
const EXPIRES_S_MAX: u64 = 30 * 86_400;
/// The same in words, and how it may be written.
const DAYS_ALLOWED: &str = "30d; also written 90s, 15m, 2h or 1d";

pub(super) fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let allowed = "allowed are 1 to 100, such as 25%";
    number.parse().ok().filter(|percent| (1..=100).contains(percent)).ok_or_else(|| allowed.to_owned())
}

pub(super) fn drain_seconds(text: &str) -> Result<u64, String> {
    seconds(text, DRAIN_S_MAX, "10m; also written 90s or 5m")
}

pub(super) fn expiry_seconds(text: &str) -> Result<u64, String> {
    seconds(text, EXPIRES_S_MAX, DAYS_ALLOWED)
}

pub(super) fn timeout_seconds(text: &str) -> Result<u64, String> {
    seconds(text, EXPIRES_S_MAX, DAYS_ALLOWED)
}

/// `90`, `90s`, `15m`, `2h`, `1d`.
fn seconds(text: &str, max_s: u64, max_in_words: &str) -> Result<u64, String> {
    let unit_s = match text.as_bytes().last() {
        Some(b'd') => 86_400,
        Some(b'h') => 3_600,
        Some(b'm') => 60,
        _ => 1,
    };
    let number = text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let given_s = number.parse::<u64>().ok().filter(|_| is_number).and_then(|number| number.checked_mul(unit_s));
    given_s
        .filter(|given_s| (1..=max_s).contains(given_s))
        .ok_or_else(|| format!("allowed are 1 to {max_s} seconds, which is {max_in_words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("1", Some(1)),
            ("90s", Some(90)),
            ("15m", Some(900)),
            ("2h", Some(7_200)),
            ("1d", Some(86_400)),
            ("", None),
            ("s", None),
            ("0", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("10 s", None),
            ("1w", None),
            ("2d", None),
            ("99999999999999999999", None),
            ("9999999999999999999h", None),
        ] {
            assert_eq!(seconds(text, 86_400, "1d").ok(), expected, "'{text}'");
        }
    }

    #[test]
    fn percents() {
        for (text, expected) in
            [("25", Some(25)), ("25%", Some(25)), ("100%", Some(100)), ("0", None), ("101%", None), ("%", None)]
        {
            assert_eq!(percent(text).ok(), expected, "'{text}'");
        }
    }
}
