//! The bytes of a ready-made answer. Large ones that are sent again and again become a file in memory as well.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::held_bytes::{HeldBytes, Weight};
use crate::memory_file::{MemoryFile, MemoryFiles};

/// Smaller ones are sent from ordinary memory: copying them costs less than a second call of the system.
const FILE_BYTES_MIN: usize = 64 << 10;
/// So many times it is sent before it becomes a file: a list that changes more often than it is read never does.
const SENT_BEFORE_FILE: u32 = 3;
/// Where there was no room for a file it is asked for again after so many.
const SENT_BETWEEN_TRIES: u32 = 64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Content {
    bytes: Bytes,
    sent: AtomicU32,
    file: OnceLock<MemoryFile>,
    /// Of those that send it now, all together.
    sending: Mutex<Weak<Weight>>,
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes: Bytes::from(bytes), sent: AtomicU32::new(0), file: OnceLock::new(), sending: Mutex::default() }
    }
}

impl Content {
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn file(&self) -> Option<&MemoryFile> {
        self.file.get()
    }

    /// Counts that it is sent; whether the moment has come to make a file of it.
    pub(crate) fn note_sent(&self) -> bool {
        if self.len() < FILE_BYTES_MIN || self.file.get().is_some() {
            return false;
        }
        self.sent.fetch_add(1, Ordering::Relaxed) % SENT_BETWEEN_TRIES == SENT_BEFORE_FILE
    }

    /// Makes the file. It takes as long as the bytes are many.
    pub(crate) fn make_file(&self, files: &MemoryFiles, now_ms: i64) {
        if let Some(file) = files.keep(&self.bytes, now_ms) {
            // Another one was quicker: this one goes again.
            drop(self.file.set(file));
        }
    }

    /// Its part of what connections send, the same for all who send it.
    pub(crate) fn weigh(&self, held: &HeldBytes) -> Arc<Weight> {
        let mut sending = self.sending.lock();
        sending.upgrade().unwrap_or_else(|| {
            let weight = Arc::new(held.weigh(self.len() as u64));
            *sending = Arc::downgrade(&weight);
            weight
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_often_becomes_a_file_once() {
        let files = MemoryFiles::default();
        let large = Content::from(vec![7; FILE_BYTES_MIN]);
        let said: Vec<bool> = (0..6).map(|_| large.note_sent()).collect();
        assert_eq!(said, [false, false, false, true, false, false]);
        assert!(large.file().is_none());
        large.make_file(&files, 0);
        assert!(large.file().is_some());
        assert!(!large.note_sent());
        let small = Content::from(vec![7; FILE_BYTES_MIN - 1]);
        assert!((0..6).all(|_| !small.note_sent()));
    }
}
