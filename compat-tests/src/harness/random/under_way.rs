//! Runs under way, a few at one time, given in their order.

use std::collections::VecDeque;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;

/// See the module. Like `buffered` of a stream, but whoever is going to do something else for a while can let the runs under
/// way end first: while nobody asks for the next one they stand still, and real time goes on.
pub(super) struct UnderWay<I: Iterator>
where
    I::Item: Future,
{
    to_begin: I,
    at_once: usize,
    running: FuturesOrdered<I::Item>,
    ended: VecDeque<<I::Item as Future>::Output>,
}

impl<I: Iterator> UnderWay<I>
where
    I::Item: Future,
{
    pub(super) fn new(to_begin: I, at_once: usize) -> Self {
        Self { to_begin, at_once: at_once.max(1), running: FuturesOrdered::new(), ended: VecDeque::new() }
    }

    /// The next one that has ended.
    pub(super) async fn next(&mut self) -> Option<<I::Item as Future>::Output> {
        if let Some(ended) = self.ended.pop_front() {
            return Some(ended);
        }
        while self.running.len() < self.at_once {
            match self.to_begin.next() {
                Some(run) => self.running.push_back(run),
                None => break,
            }
        }
        self.running.next().await
    }

    /// Begins none any more until asked for the next one, and waits for those under way.
    pub(super) async fn end(&mut self) {
        while let Some(ended) = self.running.next().await {
            self.ended.push_back(ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn all_come_in_their_order_and_none_is_left_half_way() {
        let (begun, over) = (Cell::new(0), Cell::new(0));
        let (begun, over) = (&begun, &over);
        let runs = (0..7_u32).map(|number| async move {
            begun.set(begun.get() + 1);
            // The first is over soon, the others take longer.
            for _ in 0..number * 3 {
                tokio::task::yield_now().await;
            }
            over.set(over.get() + 1);
            number
        });
        let mut runs = UnderWay::new(runs, 3);
        let mut came = Vec::new();
        while let Some(number) = runs.next().await {
            came.push(number);
            if number % 2 == 0 {
                runs.end().await;
                assert_eq!(begun.get(), over.get(), "after {number}");
            } else {
                assert!(begun.get() - over.get() < 3);
            }
        }
        assert_eq!(came, [0, 1, 2, 3, 4, 5, 6]);
    }
}
