//! A file of lines apart from the log, an access log say: many lines at once, written on a thread of its own, so that a disk that
//! stalls stalls nobody. The queue is bounded; what does not fit is dropped, counted, and said in the log.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use log::{Level, Record};
use log4rs::append::Append;
use log4rs::append::rolling_file::RollingFileAppender;
use log4rs::encode::pattern::PatternEncoder;

use super::rolling;
use crate::properties::ConfigError;

/// Handovers that may wait to be written.
const HANDOVERS_MAX: usize = 256;
/// How long the end waits until the last lines are written.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// A file that is rolled when it has grown to a size.
#[derive(Clone, Debug)]
pub struct LineFile {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

enum Entry {
    Lines { text: String, count: u64 },
    Flush(SyncSender<()>),
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}

impl LineFile {
    /// Opens or continues the file, and starts the thread. `what` the log calls it; `key` is the property that says where
    /// it is.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be written.
    pub fn open(
        what: &'static str,
        key: &'static str,
        file: &Path,
        bytes_max: u64,
        files_kept: u32,
    ) -> Result<Self, ConfigError> {
        let unwritable = |why: &dyn fmt::Display| {
            ConfigError::file(file, &format!("it cannot be written ({why}); set {key} to a file that can"))
        };
        let policy = rolling(file, bytes_max, files_kept).map_err(|error| unwritable(&error))?;
        let appender = RollingFileAppender::builder()
            .encoder(Box::new(PatternEncoder::new("{m}")))
            .build(file, Box::new(policy))
            .map_err(|error| unwritable(&error))?;
        Self::over(what, appender).map_err(|error| unwritable(&error))
    }

    fn over(what: &'static str, appender: impl Append) -> std::io::Result<Self> {
        let (queue, entries) = sync_channel(HANDOVERS_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        thread::Builder::new()
            .name("lines".to_owned())
            .spawn(move || Writer::new(what, appender, counted).write_all(&entries))?;
        Ok(Self { queue, dropped })
    }

    /// Hands over so many whole lines. Never waits: they are dropped when too many wait already.
    pub fn hand_over(&self, text: String, count: u64) {
        if self.queue.try_send(Entry::Lines { text, count }).is_err() {
            self.dropped.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Lines that were dropped since the start.
    pub fn dropped_lines(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until what was handed over is written, but not for long.
    pub fn flush(&self) {
        // Without its thread, or when it hangs, there is nothing more to wait for.
        let _ = self.ask_to_flush().recv_timeout(FLUSH_WITHIN);
    }

    /// Told when all that was handed over before is written. A full queue is waited for by a thread of its own.
    fn ask_to_flush(&self) -> Receiver<()> {
        let (done, written) = sync_channel(1);
        let queue = self.queue.clone();
        thread::spawn(move || queue.send(Entry::Flush(done)));
        written
    }
}

/// The thread that writes.
struct Writer<A> {
    what: &'static str,
    appender: A,
    /// Lines that were lost, for whatever reason.
    dropped: Arc<AtomicU64>,
    /// How many of them the log speaks of.
    said: u64,
    /// How many of them were lost since the file cannot be written; `None`: it can.
    failing: Option<u64>,
}

impl<A: Append> Writer<A> {
    fn new(what: &'static str, appender: A, dropped: Arc<AtomicU64>) -> Self {
        Self { what, appender, dropped, said: 0, failing: None }
    }

    /// Ends when nobody can hand over any more.
    fn write_all(mut self, entries: &Receiver<Entry>) {
        while let Ok(entry) = entries.recv() {
            match entry {
                Entry::Lines { text, count } => self.write(&text, count),
                Entry::Flush(done) => {
                    self.appender.flush();
                    // Whoever asked may have given up.
                    let _ = done.send(());
                }
            }
            if let Some(unsaid) = self.unsaid() {
                let what = self.what;
                log::warn!("{what}: {unsaid} lines were dropped: they came faster than the disk takes them");
            }
        }
    }

    fn write(&mut self, text: &str, count: u64) {
        let appended = self.appender.append(&Record::builder().level(Level::Info).args(format_args!("{text}")).build());
        match appended {
            Ok(()) => {
                if let Some(lost) = self.failing.take() {
                    log::warn!("{}: it can be written again; {lost} lines were lost meanwhile", self.what);
                }
            }
            Err(error) => {
                self.dropped.fetch_add(count, Ordering::Relaxed);
                self.said += count;
                match &mut self.failing {
                    Some(lost) => *lost += count,
                    None => {
                        self.failing = Some(count);
                        log::error!("{}: it cannot be written: {error}; lines are lost until it can", self.what);
                    }
                }
            }
        }
    }

    /// How many lines found no room in the queue, that the log does not speak of yet.
    fn unsaid(&mut self) -> Option<u64> {
        let unsaid = self.dropped.load(Ordering::Relaxed).saturating_sub(self.said);
        if unsaid == 0 || self.failing.is_some() {
            return None;
        }
        self.said += unsaid;
        Some(unsaid)
    }
}

#[cfg(test)]
mod tests;
