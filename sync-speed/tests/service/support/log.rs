//! What the service wrote to the log, over all tests of this program: look for what only yours can have written.

use std::sync::OnceLock;

use parking_lot::Mutex;

struct Kept(Mutex<Vec<String>>);

static KEPT: OnceLock<Kept> = OnceLock::new();

impl log::Log for Kept {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("eurus") || metadata.target() == "audit"
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().push(format!("{} {} {}", record.level(), record.target(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// From now on lines are kept. Any number of times.
pub(crate) fn keep() {
    let kept = KEPT.get_or_init(|| Kept(Mutex::new(Vec::new())));
    if log::set_logger(kept).is_ok() {
        log::set_max_level(log::LevelFilter::Debug);
    }
}

/// Lines that contain a text.
pub(crate) fn lines(part: &str) -> Vec<String> {
    let kept = KEPT.get().map(|kept| kept.0.lock().clone()).unwrap_or_default();
    kept.into_iter().filter(|line| line.contains(part)).collect()
}
