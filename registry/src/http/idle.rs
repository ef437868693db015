//! How long nothing has come over a connection. It is set once, and again only when it has gone off: a timer that is set
//! anew for each request costs more than looking at the time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// See the module.
pub(super) struct Idle {
    alarm: Pin<Box<Sleep>>,
    since: Instant,
    max: Duration,
}

impl Idle {
    pub(super) fn new(max: Duration) -> Self {
        let since = Instant::now();
        Self { alarm: Box::pin(sleep_until(since + max)), since, max }
    }

    /// Something came, or still goes.
    pub(super) fn moved(&mut self) {
        self.since = Instant::now();
    }

    /// Ready when nothing has come for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let until = self.since + self.max;
            if until <= Instant::now() {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const MAX: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn it_counts_from_the_last_move() {
        let begun = Instant::now();
        let mut idle = Idle::new(MAX);
        tokio::time::advance(Duration::from_secs(40)).await;
        idle.moved();
        poll_fn(|cx| idle.poll(cx)).await;
        assert_eq!(begun.elapsed().as_secs(), 100);
        idle.moved();
        assert!(poll_fn(|cx| Poll::Ready(idle.poll(cx))).await.is_pending());
    }
}
