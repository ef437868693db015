//! Writing log lines on a thread of its own: a terminal or disk that stalls must not stall who logs, least of all
//! somebody who holds a lock. The queue is bounded; what does not fit is dropped, counted, and the count is logged.

use std::fmt;
use std::io;
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use log::{Level, Record};
use log4rs::append::Append;

/// Lines that may wait to be written.
const LINES_MAX: usize = 16_384;
/// How long the thread waits for more once a line is there: whoever logs, often between a request and its answer, then wakes
/// it once and not for each line, and the lines are written when the answer is gone.
const GATHER: Duration = Duration::from_millis(10);
/// How long the end of a process waits until its last lines are written.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// Of all appenders of this process.
static DROPPED_LINES: AtomicU64 = AtomicU64::new(0);

/// Hands lines to another appender on a thread.
#[derive(Debug)]
pub(super) struct Background {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

pub(super) fn dropped_lines() -> u64 {
    DROPPED_LINES.load(Ordering::Relaxed)
}

enum Entry {
    Line(Line),
    Flush(SyncSender<()>),
}

/// A record that owns what it says.
struct Line {
    level: Level,
    target: String,
    message: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(super) fn start(inner: impl Append) -> io::Result<Self> {
        let (queue, lines) = sync_channel(LINES_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&inner, &lines, &counted))?;
        Ok(Self { queue, dropped })
    }
}

impl Append for Background {
    fn append(&self, record: &Record<'_>) -> anyhow::Result<()> {
        let line =
            Line { level: record.level(), target: record.target().to_owned(), message: record.args().to_string() };
        match self.queue.try_send(Entry::Line(line)) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                DROPPED_LINES.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Disconnected(_)) => anyhow::bail!("the log's thread is gone"),
        }
        Ok(())
    }

    fn flush(&self) {
        let (done, written) = sync_channel(1);
        // Without its thread, or when it hangs, there is nothing more to wait for.
        if self.queue.try_send(Entry::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH_WITHIN);
        }
    }
}

fn write_all(inner: &impl Append, lines: &Receiver<Entry>, dropped: &AtomicU64) {
    while let Ok(first) = lines.recv() {
        if matches!(first, Entry::Line(_)) {
            // Nobody unparks it; if it returned too early, some lines would be written sooner.
            thread::park_timeout(GATHER);
        }
        for entry in iter::once(first).chain(lines.try_iter().take(LINES_MAX)) {
            match entry {
                Entry::Line(line) => write(inner, line.level, &line.target, &line.message),
                Entry::Flush(done) => {
                    inner.flush();
                    // Whoever asked may have given up.
                    let _ = done.send(());
                }
            }
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let message = format!("{lost} log lines were dropped: the log could not be written as fast as it came");
            write(inner, Level::Warn, "eurus_service::logging", &message);
        }
    }
}

#[allow(clippy::print_stderr)] // Where else, when the log itself fails.
fn write(inner: &impl Append, level: Level, target: &str, message: &str) {
    let written = inner.append(&Record::builder().level(level).target(target).args(format_args!("{message}")).build());
    if let Err(error) = written {
        eprintln!("log: {error}; the line was: {message}");
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::{Condvar, Mutex};

    use super::*;

    #[derive(Debug, Default)]
    struct Gate {
        open: Mutex<bool>,
        opened: Condvar,
        written: Mutex<Vec<String>>,
    }

    #[derive(Clone, Debug, Default)]
    struct Stalled(Arc<Gate>);

    impl Append for Stalled {
        fn append(&self, record: &Record<'_>) -> anyhow::Result<()> {
            let mut open = self.0.open.lock();
            while !*open {
                self.0.opened.wait(&mut open);
            }
            self.0.written.lock().push(record.args().to_string());
            Ok(())
        }

        fn flush(&self) {}
    }

    #[test]
    fn a_stalled_log_holds_nobody_up_and_says_what_it_lost() {
        let stalled = Stalled::default();
        let background = Background::start(stalled.clone()).unwrap();
        let lost = 10;
        // One line more may be in the writer's hand.
        for number in 0..=LINES_MAX + lost {
            let message = format!("line {number}");
            background.append(&Record::builder().args(format_args!("{message}")).build()).unwrap();
        }
        assert!(background.dropped.load(Ordering::Relaxed) >= lost as u64);
        *stalled.0.open.lock() = true;
        stalled.0.opened.notify_all();
        while stalled.0.written.lock().len() <= LINES_MAX {
            thread::yield_now();
        }
        background.flush();
        let written = stalled.0.written.lock();
        assert_eq!(written[0], "line 0");
        assert!(written.iter().any(|line| line.contains("log lines were dropped")));
    }
}
