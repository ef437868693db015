//! Bytes both ways between a caller and an instance that have left HTTP. A side that is not ready to take more holds up the
//! other one: nothing but one buffer each way lies in between. A side that ends is passed on as such, and the other may
//! go on until it ends too.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::time::{Instant, timeout};

use super::side::{Flow, Side};

/// How many looks at least a limit is divided into: what stands still is closed after the limit, and before one and a half
/// times as long.
const LOOKS: u32 = 2;

/// How long nothing may move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// While both sides could send, and neither has anything to say.
    pub(crate) idle: Duration,
    /// While the caller has ended, or one side takes none of the bytes that are ready for it.
    pub(crate) stall: Duration,
    /// While the instance has ended: it says no more, and most have closed their connection whole.
    pub(crate) linger: Duration,
}

/// Why a tunnel is over.
#[derive(Debug)]
pub(crate) enum End {
    /// Both sides have ended.
    Ended,
    /// A connection broke.
    Broke(io::Error),
    /// Nothing moved for so long.
    Still(Still, Duration),
}

/// What stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Still {
    /// Neither side said anything.
    Both,
    /// The caller takes no more.
    Caller,
    /// The instance takes no more.
    Instance,
    /// The instance has ended and the caller does not.
    CallerLingers,
    /// The caller has ended and the instance does not.
    InstanceLingers,
}

/// Until it is over. Each side is what was read beyond the end of HTTP, and the stream.
pub(crate) async fn tunnel<C, I>(caller: (Bytes, C), instance: (Bytes, I), limits: Limits) -> End
where
    C: AsyncRead + AsyncWrite + Unpin,
    I: AsyncRead + AsyncWrite + Unpin,
{
    let (of_caller, of_instance) = (Flow::default(), Flow::default());
    let mut caller = Side::new(caller.0, caller.1, &of_caller);
    let mut instance = Side::new(instance.0, instance.1, &of_instance);
    let copied = copy_bidirectional(&mut caller, &mut instance);
    tokio::pin!(copied);
    let ended = || (of_caller.has_ended(), of_instance.has_ended());
    let mut moved_at = Instant::now();
    loop {
        let before = ended();
        // A side that ends is looked at at once: other limits hold from then on.
        let progress = poll_fn(|cx| match copied.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending if ended() != before => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        match timeout(limits.between_looks(&of_instance), progress).await {
            Ok(Some(Ok(_))) => return End::Ended,
            Ok(Some(Err(error))) => return End::Broke(error),
            Ok(None) | Err(_) => {}
        }
        // Both are asked, so that both begin anew.
        if of_caller.take_moved() | of_instance.take_moved() {
            moved_at = Instant::now();
            continue;
        }
        let still = Still::of(&of_caller, &of_instance);
        let limit = limits.of(still);
        if moved_at.elapsed() >= limit {
            return End::Still(still, limit);
        }
    }
}

impl Limits {
    fn of(&self, still: Still) -> Duration {
        match still {
            Still::Both => self.idle,
            Still::CallerLingers => self.linger,
            Still::Caller | Still::Instance | Still::InstanceLingers => self.stall,
        }
    }

    fn between_looks(&self, instance: &Flow) -> Duration {
        let least = if instance.has_ended() { self.linger.min(self.stall) } else { self.idle.min(self.stall) };
        least / LOOKS
    }
}

impl Still {
    fn of(caller: &Flow, instance: &Flow) -> Self {
        match () {
            () if caller.is_full() => Self::Caller,
            () if instance.is_full() => Self::Instance,
            () if instance.has_ended() => Self::CallerLingers,
            () if caller.has_ended() => Self::InstanceLingers,
            () => Self::Both,
        }
    }
}

impl fmt::Display for Still {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Both => "neither side sent anything (eurus.gateway.upgrade-idle-timeout-ms)",
            Self::Caller => "the caller stopped reading (eurus.gateway.idle-timeout-ms)",
            Self::Instance => "the instance stopped reading (eurus.gateway.idle-timeout-ms)",
            Self::CallerLingers => "the instance has ended and the caller did not",
            Self::InstanceLingers => {
                "the caller has ended and the instance said no more (eurus.gateway.idle-timeout-ms)"
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Limits of sockets are real time, but for paused runtimes.
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::sleep;

    use super::*;

    const FAR: Duration = Duration::from_secs(3_600);
    const NEAR: Duration = Duration::from_millis(20);

    /// How a tunnel with small buffers ends between a caller and an instance that do this.
    async fn between(
        first: [&'static str; 2],
        limits: Limits,
        peers: impl AsyncFnOnce(DuplexStream, DuplexStream),
    ) -> End {
        let (caller, at_caller) = duplex(64);
        let (instance, at_instance) = duplex(64);
        let [caller_first, instance_first] = first.map(|text| Bytes::from_static(text.as_bytes()));
        let tunnel = tunnel((caller_first, at_caller), (instance_first, at_instance), limits);
        tokio::join!(tunnel, peers(caller, instance)).0
    }

    /// In real time, where something must happen.
    async fn soon(end: impl Future<Output = End>) -> End {
        timeout(Duration::from_secs(20), end).await.unwrap()
    }

    fn still(end: End) -> Still {
        match end {
            End::Still(still, _) => still,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_was_read_too_far_comes_first_and_a_side_that_ends_leaves_the_other_going() {
        let limits = Limits { idle: FAR, stall: FAR, linger: FAR };
        let end = between(["from caller, ", "from instance, "], limits, async |mut caller, mut instance| {
            caller.write_all(b"more").await.unwrap();
            caller.shutdown().await.unwrap();
            let mut seen = String::new();
            instance.read_to_string(&mut seen).await.unwrap();
            assert_eq!(seen, "from caller, more");
            for part in ["one, ", "two"] {
                instance.write_all(part.as_bytes()).await.unwrap();
            }
            instance.shutdown().await.unwrap();
            seen.clear();
            caller.read_to_string(&mut seen).await.unwrap();
            assert_eq!(seen, "from instance, one, two");
        });
        assert!(matches!(soon(end).await, End::Ended));
    }

    /// More than the tunnel takes at a time.
    #[tokio::test]
    async fn much_that_was_read_too_far_passes_whole() {
        let much: &'static str = Box::leak("0123456789".repeat(5_000).into_boxed_str());
        let limits = Limits { idle: FAR, stall: FAR, linger: FAR };
        let end = between([much, ""], limits, async |mut caller, mut instance| {
            caller.shutdown().await.unwrap();
            let mut seen = String::new();
            instance.read_to_string(&mut seen).await.unwrap();
            assert!(seen == much);
        });
        assert!(matches!(soon(end).await, End::Ended));
    }

    /// Nobody reads: only what the buffers on the way hold is taken.
    #[tokio::test]
    async fn a_side_that_takes_none_holds_up_the_other() {
        let end = between(["", ""], Limits { idle: FAR, stall: NEAR, linger: FAR }, async |mut caller, instance| {
            let mut taken = 0;
            // Until the tunnel gives up.
            while let Ok(count) = caller.write(&[7; 64]).await {
                taken += count;
            }
            assert!(taken < 16 * 1024, "{taken}");
            drop(instance);
        });
        assert_eq!(still(soon(end).await), Still::Instance);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_it_by_the_limit_of_its_state() {
        let limits = Limits { idle: NEAR, stall: FAR, linger: FAR };
        let end = between(["", ""], limits, async |_caller, _instance| sleep(FAR).await);
        assert_eq!(still(end.await), Still::Both);
        let limits = Limits { idle: FAR * 2, stall: NEAR, linger: FAR };
        let end = between(["", ""], limits, async |mut caller, _instance| {
            caller.shutdown().await.unwrap();
            sleep(FAR).await;
        });
        assert_eq!(still(end.await), Still::InstanceLingers);
    }

    /// It is noticed at once, not when somebody looks the next time.
    #[tokio::test(start_paused = true)]
    async fn an_instance_that_has_ended_is_not_held_for_long_by_a_silent_caller() {
        let limits = Limits { idle: FAR, stall: FAR, linger: NEAR };
        let began = Instant::now();
        let end = between(["", ""], limits, async |mut caller, mut instance| {
            instance.shutdown().await.unwrap();
            // One that says something is waited for.
            for _ in 0..5 {
                sleep(NEAR / 2).await;
                caller.write_all(b"x").await.unwrap();
                assert_eq!(instance.read_u8().await.unwrap(), b'x');
            }
            assert!(instance.read_u8().await.is_err());
        });
        assert_eq!(still(end.await), Still::CallerLingers);
        assert!((NEAR * 3..NEAR * 5).contains(&began.elapsed()), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_says_something_now_and_then_is_not_idle() {
        let limits = Limits { idle: Duration::from_secs(10), stall: Duration::from_secs(4), linger: FAR };
        let mut last = Instant::now();
        let end = between(["", ""], limits, async |mut caller, mut instance| {
            for _ in 0..5 {
                sleep(Duration::from_secs(9)).await;
                caller.write_all(b"x").await.unwrap();
                assert_eq!(instance.read_u8().await.unwrap(), b'x');
            }
            last = Instant::now();
            assert!(instance.read_u8().await.is_err());
        });
        assert_eq!(still(end.await), Still::Both);
        let silent = last.elapsed();
        assert!((limits.idle..limits.idle * 3 / 2).contains(&silent), "{silent:?}");
    }
}
