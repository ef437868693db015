//! How soon a change is seen.

/// How often the registry refreshes what it answers to clients, when intervals are short.
pub const SHORT_CACHE_MS: i64 = 500;
/// How often gateways and sync-speed fetch, when intervals are short.
pub const SHORT_FETCH_S: i64 = 1;

/// How soon a change is seen, as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// Of the registry's read-only cache; `None`: it has none.
    pub cache_ms: Option<i64>,
    /// Of the gateway's fetch.
    pub fetch_ms: i64,
}

impl Intervals {
    pub(super) fn in_words(self, stock_intervals: bool) -> String {
        let cache = match self.cache_ms {
            Some(cache_ms) => format!("the registry's read-only cache every {}", duration(cache_ms)),
            None => "no read-only cache in the registry".to_owned(),
        };
        let hint =
            if stock_intervals { "a downline through sync-speed at once" } else { "--stock-intervals: Netflix's" };
        format!("intervals    {cache}, the gateway fetches every {}; {hint}", duration(self.fetch_ms))
    }
}

/// `500 ms`, `30 s`.
fn duration(duration_ms: i64) -> String {
    if duration_ms % 1_000 == 0 { format!("{} s", duration_ms / 1_000) } else { format!("{duration_ms} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_that_are_configured() {
        let words = |cache_ms, fetch_ms| Intervals { cache_ms, fetch_ms }.in_words(false);
        let short = words(Some(500), 1_000);
        assert!(short.contains("cache every 500 ms") && short.contains("fetches every 1 s"), "{short}");
        let other = words(None, 30_000);
        assert!(other.contains("no read-only cache") && other.contains("fetches every 30 s"), "{other}");
    }
}
