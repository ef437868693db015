//! The bytes of a ready-made answer. Large ones that are sent again and again become a file in memory as well.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;

use crate::memory_file::{MemoryFile, MemoryFiles};

/// Smaller ones are sent from ordinary memory: copying them costs less than a second call of the system.
const FILE_BYTES_MIN: usize = 64 << 10;
/// So many times it is sent before it becomes a file: a list that changes more often than it is read never does.
const SENT_BEFORE_FILE: u32 = 3;

/// See the module.
#[derive(Debug)]
pub(crate) struct Content {
    bytes: Bytes,
    sent: AtomicU32,
    /// Inner `None`: there was no room.
    file: OnceLock<Option<MemoryFile>>,
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes: Bytes::from(bytes), sent: AtomicU32::new(0), file: OnceLock::new() }
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
        self.file.get()?.as_ref()
    }

    /// Counts that it is sent; whether the moment has come to make a file of it, which is said once.
    pub(crate) fn note_sent(&self) -> bool {
        if self.len() < FILE_BYTES_MIN || self.file.get().is_some() {
            return false;
        }
        self.sent.fetch_add(1, Ordering::Relaxed) == SENT_BEFORE_FILE
    }

    /// Makes the file. It takes as long as the bytes are many.
    pub(crate) fn make_file(&self, files: &MemoryFiles, now_ms: i64) {
        self.file.get_or_init(|| files.keep(&self.bytes, now_ms));
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
