//! Waiting to the microsecond. The runtime's own timers count whole milliseconds: too coarse for a schedule whose
//! latencies are fractions of one.

use std::io;
use std::os::fd::OwnedFd;

use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use tokio::io::unix::AsyncFd;

/// A timer of the kernel.
pub(crate) struct Alarm(AsyncFd<OwnedFd>);

impl Alarm {
    /// To be made within a runtime.
    // Deprecated in favour of an unsafe function, for descriptors that are closed too early; this one is owned.
    #[allow(deprecated)]
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        Ok(Self(AsyncFd::new(rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?)?))
    }

    /// Waits this long, at least a microsecond.
    pub(crate) async fn wait_us(&self, wait_us: i64) -> io::Result<()> {
        let wait_us = wait_us.max(1);
        let once = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: wait_us / 1_000_000, tv_nsec: (wait_us % 1_000_000) * 1_000 },
        };
        rustix::time::timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        loop {
            let mut ready = self.0.readable().await?;
            let expired = ready.try_io(|timer| {
                let mut expirations = [0; 8];
                Ok(rustix::io::read(timer.get_ref(), &mut expirations)?)
            });
            if let Ok(expired) = expired {
                return expired.map(|_| ());
            }
        }
    }
}
