//! Looking after one connection of HTTP/1 from time to time: an answer that stands still, a head that does not end, a next request
//! that does not come. One timer for all of them, and none that is set for each request.

use std::time::Duration;

use crate::activity::{Activity, Stalled};
use crate::config::EdgeConfig;
use crate::framing::verdicts::Verdicts;

/// See the module. What is too slow is found after its limit, and before one and a half times as long.
pub(super) struct Looks {
    between: Duration,
    /// Every so many looks are one at the answer.
    of_answer: u32,
    /// So many looks in a row may find the same head.
    heads_max: u32,
    /// And without a request.
    idle_max: u32,
    count: u32,
    head: Found<u64>,
    idle: Found<u32>,
}

/// What was found at the last look, and at how many before it.
type Found<T> = Option<(T, u32)>;

/// What is too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooSlow {
    Answer(Stalled),
    Head,
    NextRequest,
}

impl Looks {
    pub(super) fn new(config: &EdgeConfig) -> Self {
        let of_answer = Activity::between_looks(Duration::from_millis(config.stall_timeout_ms));
        let head = Duration::from_millis(config.head_read_timeout_ms);
        let idle = Duration::from_millis(config.keep_alive_timeout_ms);
        let between = of_answer.min(head / 2).min(idle / 2).max(Duration::from_millis(1));
        Self {
            between,
            of_answer: looks_within(of_answer, between),
            heads_max: looks_within(head, between),
            idle_max: looks_within(idle, between),
            count: 0,
            head: None,
            idle: None,
        }
    }

    pub(super) fn between(&self) -> Duration {
        self.between
    }

    pub(super) fn look(&mut self, activity: &Activity, verdicts: &Verdicts) -> Option<TooSlow> {
        self.count += 1;
        if self.count >= self.of_answer {
            self.count = 0;
            if let Some(stalled) = activity.look() {
                return Some(TooSlow::Answer(stalled));
            }
        }
        // What is sent behind a request is not read on before that is answered.
        let waits = !activity.is_under_way();
        let head = verdicts.unfinished_head().filter(|_| waits);
        if again(&mut self.head, head) >= self.heads_max {
            return Some(TooSlow::Head);
        }
        // The last of an answer may be on its way still.
        let idle = (waits && head.is_none()).then_some(activity.moves());
        (again(&mut self.idle, idle) >= self.idle_max).then_some(TooSlow::NextRequest)
    }
}

/// At how many looks before the same was found.
fn again<T: PartialEq>(found: &mut Found<T>, now: Option<T>) -> u32 {
    *found = now.map(|now| match found {
        Some((same, times)) if *same == now => (now, times.saturating_add(1)),
        _ => (now, 0),
    });
    found.as_ref().map_or(0, |(_, times)| *times)
}

fn looks_within(time: Duration, between: Duration) -> u32 {
    u32::try_from(time.as_nanos().div_ceil(between.as_nanos())).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::reading::Reading;

    const PIECE: &[u8] = b"X-A: a\r\n";

    /// After how many looks a connection is found too slow, that between each two receives this.
    fn found_after(config: &EdgeConfig, received: impl Fn(usize) -> &'static [u8]) -> Option<usize> {
        let (activity, verdicts) = (Activity::default(), Verdicts::default());
        let (mut reading, mut looks) = (Reading::new(64 * 1024), Looks::new(config));
        (1..=40).find(|count| {
            reading.take(received(*count), &verdicts);
            activity.moved();
            looks.look(&activity, &verdicts) == Some(TooSlow::Head)
        })
    }

    #[test]
    fn a_head_that_does_not_end_is_found_and_an_idle_connection_is_not() {
        let limits = |stall_timeout_ms, head_read_timeout_ms| EdgeConfig {
            stall_timeout_ms,
            head_read_timeout_ms,
            ..EdgeConfig::default()
        };
        // 0.5 s between looks: it is found after 1 s, and before 1.5.
        assert_eq!(found_after(&limits(60_000, 1_000), |_| PIECE), Some(3));
        // 50 ms: after 1 s.
        assert_eq!(found_after(&limits(100, 1_000), |_| PIECE), Some(21));
        assert_eq!(found_after(&limits(60_000, 1_000), |_| b""), None);
        // Each time another one.
        assert_eq!(found_after(&limits(60_000, 1_000), |_| b"\r\n\r\nGET / HTTP/1.1\r\n"), None);
        // A request, whose answer takes its time, and the begin of the next one behind it.
        let (activity, verdicts) = (Activity::default(), Verdicts::default());
        let (mut reading, mut looks) = (Reading::new(64 * 1024), Looks::new(&limits(60_000, 1_000)));
        activity.set_under_way(true);
        reading.take(b"GET / HTTP/1.1\r\n\r\nGET", &verdicts);
        assert_eq!([(); 9].map(|()| looks.look(&activity, &verdicts)), [None; 9]);
        activity.set_under_way(false);
        assert_eq!([(); 3].map(|()| looks.look(&activity, &verdicts)), [None, None, Some(TooSlow::Head)]);
        // A request, and much later another one.
        let late = |count| match count {
            1 => b"GET / HTTP/1.1\r\n\r\n".as_slice(),
            20.. => PIECE,
            _ => b"",
        };
        assert_eq!(found_after(&limits(60_000, 1_000), late), Some(22));
    }

    #[test]
    fn a_connection_on_which_nothing_comes_is_found_unless_something_is_on_its_way() {
        let config = EdgeConfig { keep_alive_timeout_ms: 1_000, ..EdgeConfig::default() };
        let (activity, verdicts, mut looks) = (Activity::default(), Verdicts::default(), Looks::new(&config));
        let mut look = || looks.look(&activity, &verdicts);
        assert_eq!([look(), look()], [None; 2]);
        activity.moved();
        assert_eq!([look(), look(), look()], [None, None, Some(TooSlow::NextRequest)]);
        activity.set_under_way(true);
        assert_eq!([(); 9].map(|()| look()), [None; 9]);
        activity.set_under_way(false);
        assert_eq!([look(), look(), look()], [None, None, Some(TooSlow::NextRequest)]);
    }

    #[test]
    fn an_answer_is_looked_at_as_often_as_its_own_limit_says() {
        let looks = |stall_timeout_ms, head_read_timeout_ms| {
            let looks = Looks::new(&EdgeConfig { stall_timeout_ms, head_read_timeout_ms, ..EdgeConfig::default() });
            (looks.between().as_millis(), looks.of_answer, looks.heads_max)
        };
        assert_eq!(looks(60_000, 60_000), (30_000, 1, 2));
        assert_eq!(looks(60_000, 5_000), (2_500, 12, 2));
        assert_eq!(looks(1_000, 60_000), (500, 1, 120));
        assert_eq!(looks(1, 1), (1, 1, 1));
    }
}
