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
