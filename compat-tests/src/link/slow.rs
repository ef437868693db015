//! An answer that arrives by the byte.

use std::io;

use bytes::Bytes;
use eurus_service::clock::{Excuse, Timer};
use futures_util::Stream;

/// Pieces in a second of the clock, where an answer is not slower than that.
const PIECES_PER_SECOND: usize = 10;

/// The body in pieces. Whoever waits for it is excused until it is whole.
pub(super) fn body(
    bytes: Bytes,
    bytes_per_second: usize,
    timer: Timer,
    excuses: Vec<Excuse>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let piece = (bytes_per_second / PIECES_PER_SECOND).max(1);
    let pause_ms = i64::try_from(piece * 1_000 / bytes_per_second.max(1)).unwrap_or(1_000);
    futures_util::stream::unfold((bytes, timer, excuses), move |(mut bytes, mut timer, excuses)| async move {
        if bytes.is_empty() {
            // First: who goes on must be waited for, and meanwhile our own timer is awake.
            drop(excuses);
            return None;
        }
        timer.sleep_ms(pause_ms).await;
        let next = bytes.split_to(piece.min(bytes.len()));
        Some((Ok(next), (bytes, timer, excuses)))
    })
}

#[cfg(test)]
mod tests {
    use eurus_service::Clock;
    use futures_util::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn it_takes_as_long_as_its_bytes() {
        for (length, bytes_per_second, expected_ms) in [(100, 100, 1_000), (100, 10, 10_000), (3, 2, 1_500), (0, 1, 0)]
        {
            let (clock, hand) = Clock::manual(0);
            let timer = clock.timer("slow answer");
            let body = body(Bytes::from(vec![b'x'; length]), bytes_per_second, timer, Vec::new());
            let read = tokio::spawn(async move {
                let pieces: Vec<_> = body.map(|piece| piece.unwrap().len()).collect().await;
                (pieces.iter().sum::<usize>(), clock.now_ms())
            });
            hand.advance_ms(20_000).await.unwrap();
            let (read, at_ms) = read.await.unwrap();
            assert_eq!(read, length);
            assert_eq!(at_ms.min(expected_ms), expected_ms, "{length} bytes, {bytes_per_second} a second");
        }
    }
}
