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
mod tests {
    use std::fs;
    use std::sync::atomic::AtomicBool;

    use parking_lot::Mutex;

    use super::*;

    #[test]
    fn files_are_rolled_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("logs/access.log");
        let lines = LineFile::open("access log", "a.key", &file, 1_000, 2).unwrap();
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
        let error = LineFile::open("access log", "a.key", folder.path(), 1_000, 2).unwrap_err().to_string();
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
        let lines = LineFile::over("access log", stalled.clone()).unwrap();
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

    /// Writes nothing until it is told to.
    #[derive(Clone, Debug, Default)]
    struct Held(Arc<Shared>);

    #[derive(Debug, Default)]
    struct Shared {
        goes_on: AtomicBool,
        written: AtomicU64,
        is_flushed: AtomicBool,
    }

    impl Append for Held {
        fn append(&self, _: &Record<'_>) -> anyhow::Result<()> {
            while !self.0.goes_on.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            self.0.written.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }

        fn flush(&self) {
            self.0.is_flushed.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn the_end_waits_for_a_queue_that_is_full() {
        let held = Held::default();
        let lines = LineFile::over("access log", held.clone()).unwrap();
        // As many as wait, and one in the writer's hand.
        let (most, mut sent) = (HANDOVERS_MAX as u64 + 1, 0);
        while sent - lines.dropped_lines() < most {
            lines.hand_over("one\n".to_owned(), 1);
            sent += 1;
        }
        let flushed = lines.ask_to_flush();
        held.0.goes_on.store(true, Ordering::SeqCst);
        flushed.recv().unwrap();
        assert!(held.0.is_flushed.load(Ordering::SeqCst));
        assert_eq!(held.0.written.load(Ordering::SeqCst), most);
    }

    /// Fails as often as it is told to.
    #[derive(Debug)]
    struct Failing(Mutex<u32>);

    impl Append for Failing {
        fn append(&self, _: &Record<'_>) -> anyhow::Result<()> {
            let mut left = self.0.lock();
            *left = left.checked_sub(1).unwrap_or_default();
            if *left > 0 { Err(anyhow::anyhow!("no space")) } else { Ok(()) }
        }

        fn flush(&self) {}
    }

    #[test]
    fn what_a_full_disk_takes_is_not_called_a_slow_one() {
        let dropped = Arc::new(AtomicU64::new(0));
        let mut writer = Writer::new("access log", Failing(Mutex::new(3)), Arc::clone(&dropped));
        writer.write("a\nb\n", 2);
        writer.write("c\n", 1);
        assert_eq!((writer.failing, dropped.load(Ordering::Relaxed)), (Some(3), 3));
        // Meanwhile the queue was full, too.
        dropped.fetch_add(5, Ordering::Relaxed);
        assert_eq!(writer.unsaid(), None);
        writer.write("d\n", 1);
        assert_eq!((writer.failing, writer.unsaid()), (None, Some(5)));
        assert_eq!(writer.unsaid(), None);
    }
}
