//! When each request was made, so that a time made by a server's clock can be told by the request that made it: two
//! servers agree on a time when the same request may have made both.

use crate::differential::generate::DURATIONS_S;

/// Clocks that count milliseconds and start between two of them.
const TOLERANCE_MS: i64 = 2;

/// The moments of one sequence at one server.
#[derive(Clone, Debug, Default)]
pub struct Timeline(Vec<(i64, i64)>);

impl Timeline {
    /// The next request: when it was sent and when its answer was there.
    pub fn push(&mut self, from_ms: i64, to_ms: i64) {
        self.0.push((from_ms, to_ms));
    }

    /// The requests that may have made a time; with the lease's duration where it lies that far ahead.
    fn makers(&self, time_ms: i64) -> impl Iterator<Item = (usize, i64)> {
        let durations_ms = std::iter::once(0).chain(DURATIONS_S.map(|duration_s| duration_s * 1_000));
        durations_ms.flat_map(move |duration_ms| {
            let made_ms = time_ms - duration_ms;
            let all = self.0.iter().enumerate();
            let within = move |(from_ms, to_ms): (i64, i64)| {
                made_ms >= from_ms - TOLERANCE_MS && made_ms <= to_ms + TOLERANCE_MS
            };
            all.filter(move |(_, span)| within(**span)).map(move |(place, _)| (place, duration_ms))
        })
    }
}

/// Both servers' moments.
#[derive(Clone, Debug, Default)]
pub struct Timelines {
    /// Of the Java server.
    pub java: Timeline,
    /// Of ours.
    pub ours: Timeline,
}

impl Timelines {
    /// Whether one request may have made both times. `loosely`: whether both were made at all in this sequence, for lists
    /// that a timer builds between requests.
    pub fn agree(&self, java_ms: i64, our_ms: i64, loosely: bool) -> bool {
        let ours: Vec<_> = self.ours.makers(our_ms).collect();
        if loosely {
            return !ours.is_empty() && self.java.makers(java_ms).next().is_some();
        }
        self.java.makers(java_ms).any(|maker| ours.contains(&maker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_agree_when_one_request_made_both() {
        let java = Timeline(vec![(1_000, 1_010), (1_020, 1_030), (2_000, 2_010)]);
        let ours = Timeline(vec![(1_000, 1_001), (1_020, 1_021), (2_000, 2_001)]);
        let timelines = Timelines { java, ours };
        for (java_ms, our_ms, agree) in [
            (1_005, 1_000, true),
            (1_005, 1_020, false),
            (1_012, 1_001, true),
            (1_015, 1_000, false),
            (91_005, 91_000, true),
            (91_005, 1_000, false),
            (91_005, 31_000, false),
            (500, 500, false),
        ] {
            assert_eq!(timelines.agree(java_ms, our_ms, false), agree, "{java_ms} {our_ms}");
        }
        assert!(timelines.agree(1_005, 2_000, true));
        assert!(!timelines.agree(1_005, 9_000, true));
    }
}
