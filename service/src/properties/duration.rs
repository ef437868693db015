//! Spans of time as Spring writes them: `30s`, `500ms`, `PT1M30S`, or a plain number of milliseconds.

/// Milliseconds; `None` when it is no duration.
pub(super) fn parse_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("PT").or_else(|| text.strip_prefix("pt")) {
        Some(rest) => iso_ms(rest),
        None => {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let unit_ms = match text[end..].to_ascii_lowercase().as_str() {
                "" | "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                _ => return None,
            };
            text[..end].parse::<u64>().ok()?.checked_mul(unit_ms)
        }
    }
}

/// What stands behind `PT`: hours, minutes, seconds.
fn iso_ms(mut rest: &str) -> Option<u64> {
    let mut total: Option<u64> = None;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit_ms = match rest[end..].chars().next()?.to_ascii_uppercase() {
            'H' => 3_600_000,
            'M' => 60_000,
            'S' => 1_000,
            _ => return None,
        };
        let part = rest[..end].parse::<u64>().ok()?.checked_mul(unit_ms)?;
        total = total.unwrap_or(0).checked_add(part);
        rest = &rest[end + 1..];
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        let table = [
            ("30s", Some(30_000)),
            ("500ms", Some(500)),
            ("20000", Some(20_000)),
            ("2M", Some(120_000)),
            ("PT1M30S", Some(90_000)),
            ("pt30s", Some(30_000)),
            ("", None),
            ("s", None),
            ("PT", None),
            ("30 s", None),
            ("-1s", None),
            ("1é", None),
            ("99999999999999999999s", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_ms(text), expected, "{text}");
        }
    }
}
