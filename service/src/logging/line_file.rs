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
    /// Opens or continues the file, and starts the thread. `key` is the property that says where it is.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be written.
    pub fn open(key: &'static str, file: &Path, bytes_max: u64, files_kept: u32) -> Result<Self, ConfigError> {
        let unwritable = |why: &dyn fmt::Display| {
            ConfigError::file(file, &format!("it cannot be written ({why}); set {key} to a file that can"))
        };
        let policy = rolling(file, bytes_max, files_kept).map_err(|error| unwritable(&error))?;
        let appender = RollingFileAppender::builder()
            .encoder(Box::new(PatternEncoder::new("{m}")))
            .build(file, Box::new(policy))
            .map_err(|error| unwritable(&error))?;
        Self::over(appender).map_err(|error| unwritable(&error))
    }

    fn over(appender: impl Append) -> std::io::Result<Self> {
        let (queue, entries) = sync_channel(HANDOVERS_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        thread::Builder::new().name("lines".to_owned()).spawn(move || write_all(&appender, &entries, &counted))?;
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
        let (done, written) = sync_channel(1);
        // Without its thread, or when it hangs, there is nothing more to wait for.
        if self.queue.try_send(Entry::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH_WITHIN);
        }
    }
}

/// Ends when nobody can hand over any more.
fn write_all(appender: &impl Append, entries: &Receiver<Entry>, dropped: &AtomicU64) {
    let (mut said, mut is_failing) = (0, false);
    while let Ok(entry) = entries.recv() {
        match entry {
            Entry::Lines { text, count } => {
                let written =
                    appender.append(&Record::builder().level(Level::Info).args(format_args!("{text}")).build());
                if let Err(error) = &written {
                    dropped.fetch_add(count, Ordering::Relaxed);
                    if !is_failing {
                        log::error!("access log: it cannot be written: {error}; lines are dropped until it can");
                    }
                }
                is_failing = written.is_err();
            }
            Entry::Flush(done) => {
                appender.flush();
                // Whoever asked may have given up.
                let _ = done.send(());
            }
        }
        let lost = dropped.load(Ordering::Relaxed);
        if lost > said && !is_failing {
            log::warn!("access log: {} lines were dropped: they came faster than the disk takes them", lost - said);
            said = lost;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use parking_lot::Mutex;

    use super::*;

    #[test]
    fn files_are_rolled_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("logs/access.log");
        let lines = LineFile::open("a.key", &file, 1_000, 2).unwrap();
        for number in 0..60 {
            lines.hand_over(format!("{number:099}\n"), 1);
        }
        lines.flush();
        assert_eq!(lines.dropped_lines(), 0);
        let mut names: Vec<String> = fs::read_dir(file.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["access.log", "access.log.0", "access.log.1"]);
        for name in names {
            assert!(fs::metadata(file.with_file_name(name)).unwrap().len() <= 1_100);
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let error = LineFile::open("a.key", folder.path(), 1_000, 2).unwrap_err().to_string();
        assert!(error.contains("set a.key"), "{error}");
    }

    #[derive(Clone, Debug)]
    struct Stalled(Arc<Mutex<u64>>);

    impl Append for Stalled {
        fn append(&self, _: &Record<'_>) -> anyhow::Result<()> {
            *self.0.lock() += 1;
            Ok(())
        }

        fn flush(&self) {}
    }

    #[test]
    fn a_disk_that_stalls_holds_nobody_up_and_what_is_lost_is_counted() {
        let stalled = Stalled(Arc::default());
        let held = stalled.0.lock();
        let lines = LineFile::over(stalled.clone()).unwrap();
        // One more may be in the writer's hand.
        for _ in 0..=HANDOVERS_MAX + 10 {
            lines.hand_over("one\ntwo\n".to_owned(), 2);
        }
        let lost = lines.dropped_lines();
        assert!(lost >= 20, "{lost}");
        drop(held);
        while *stalled.0.lock() < HANDOVERS_MAX as u64 {
            thread::yield_now();
        }
        lines.hand_over("three\n".to_owned(), 1);
        lines.flush();
        assert_eq!(lines.dropped_lines(), lost);
    }
}
