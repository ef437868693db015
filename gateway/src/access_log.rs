//! The access log: one line for each request, or for one of so many.
//!
//! ```text
//! 2026-11-22T05:20:47.123Z 10.0.0.7 "GET /orders/42" http HTTP/1.1 200 0 1024 1873 ORDERS 10.0.1.3:orders:8080 3f9a1c2b7d5e4f60-2a 1 orders
//! ```
//!
//! Time of the request's head, peer, method and path (never the query, which may hold secrets), scheme, protocol, status, bytes of the
//! request's and of the answer's body, µs until the answer's end, service, instance, request id, tries, route. `-` where there is none.
//!
//! A thread writes its lines into a buffer of its own, and hands that over when it is full or has been waiting: what a
//! request pays is the writing of its line into memory.

mod escaped;
mod line;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use eurus_service::logging::LineFile;
use eurus_service::{Clock, ConfigError, Shutdown, Timer};

pub(crate) use line::Line;

/// The property that says where it is.
pub(crate) const FILE_KEY: &str = "eurus.gateway.access-log.file";
/// Bytes of lines that are handed over at once.
const BUFFER_BYTES: usize = 16 * 1024;
/// How long a line waits for others at most.
const HAND_OVER_MS: i64 = 500;

/// What is logged, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLogConfig {
    /// One of so many requests has a line; 1: all have.
    pub every: u32,
    /// Where they go.
    pub file: PathBuf,
    /// The file is rolled when it has grown to this size.
    pub bytes_max: u64,
    /// Rolled files that are kept; the oldest goes first.
    pub files_kept: u32,
}

/// The file, shared by all threads.
#[derive(Clone)]
pub(crate) struct AccessLog {
    file: LineFile,
    every: u32,
}

/// One thread's own lines.
pub(crate) struct AccessLines {
    log: Option<AccessLog>,
    /// Requests until the next one that has a line.
    until_next: Cell<u32>,
    buffer: RefCell<String>,
    count: Cell<u64>,
}

impl AccessLog {
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn open(config: &AccessLogConfig) -> Result<Self, ConfigError> {
        let file = LineFile::open("access log", FILE_KEY, &config.file, config.bytes_max, config.files_kept)?;
        Ok(Self { file, every: config.every.max(1) })
    }

    pub(crate) fn dropped_lines(&self) -> u64 {
        self.file.dropped_lines()
    }

    /// The last thing: what all threads have handed over is written.
    pub(crate) fn flush(&self) {
        self.file.flush();
    }
}

impl AccessLines {
    /// `None`: there is no access log.
    pub(crate) fn new(log: Option<AccessLog>) -> Self {
        Self { log, until_next: Cell::new(0), buffer: RefCell::default(), count: Cell::new(0) }
    }

    /// Whether the request that begins now has a line.
    pub(crate) fn wants_next(&self) -> bool {
        let Some(log) = &self.log else { return false };
        let left = self.until_next.get();
        self.until_next.set(if left == 0 { log.every - 1 } else { left - 1 });
        left == 0
    }

    /// Takes a line in.
    pub(crate) fn add(&self, line: &Line) {
        let mut buffer = self.buffer.borrow_mut();
        line.write_to(&mut buffer);
        self.count.set(self.count.get() + 1);
        let is_full = buffer.len() >= BUFFER_BYTES;
        drop(buffer);
        if is_full {
            self.hand_over();
        }
    }

    /// Hands over what is there.
    pub(crate) fn hand_over(&self) {
        let Some(log) = &self.log else { return };
        let count = self.count.take();
        if count > 0 {
            let text = self.buffer.replace(String::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 4));
            log.file.hand_over(text, count);
        }
    }

    /// A timer for [`follow`](Self::follow), when there is something to do for it.
    pub(crate) fn timer(log: Option<&AccessLog>, clock: &Clock) -> Option<Timer> {
        log.map(|_| clock.timer("gateway access log"))
    }

    /// Hands over now and then, until told to stop.
    pub(crate) async fn follow(&self, timer: Option<Timer>, stop: &Shutdown) {
        let Some(mut timer) = timer else { return };
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = timer.sleep_ms(HAND_OVER_MS) => self.hand_over(),
            }
        }
    }
}

/// The lines of the requests that were under way at the end.
impl Drop for AccessLines {
    fn drop(&mut self) {
        self.hand_over();
    }
}
