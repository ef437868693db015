//! Bytes as a file in memory: the kernel sends it by itself, so that a list of megabytes is copied neither into a buffer
//! of ours nor into one of the kernel's.

use std::io;
use std::os::fd::AsFd;

use crate::held_bytes::{HeldBytes, Weight};
use crate::limit_hits::LimitHits;

/// Files in memory at most; each takes a file descriptor. What finds no place is sent from ordinary memory.
pub(crate) const MEMORY_FILES_MAX: u64 = 128;
/// Bytes in them at most.
pub(crate) const MEMORY_FILE_BYTES_MAX: u64 = 256 << 20;

/// All files in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryFiles {
    count: HeldBytes,
    bytes: HeldBytes,
    failed: LimitHits,
    no_room: LimitHits,
}

/// One of them. It never changes.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    file: system::File,
    _place: [Weight; 2],
}

impl MemoryFiles {
    /// A file of these bytes, if there is room for one.
    pub(crate) fn keep(&self, bytes: &[u8], now_ms: i64) -> Option<MemoryFile> {
        let place = [self.count.weigh(1), self.bytes.weigh(bytes.len() as u64)];
        if self.count.sum() > MEMORY_FILES_MAX || self.bytes.sum() > MEMORY_FILE_BYTES_MAX {
            if let Some(untold) = self.no_room.hit(now_ms) {
                log::warn!(
                    "there are {MEMORY_FILES_MAX} files in memory, or {MEMORY_FILE_BYTES_MAX} bytes in them: a list of {} \
                     bytes is sent without one, at more expense. Are there slow readers of old lists?{untold}",
                    bytes.len()
                );
            }
            return None;
        }
        match system::File::holding(bytes) {
            Ok(file) => Some(MemoryFile { file, _place: place }),
            Err(error) => {
                if let Some(untold) = self.failed.hit(now_ms) {
                    let bytes = bytes.len();
                    log::warn!(
                        "a list of {bytes} bytes cannot be made a file in memory: {error}; it is sent all the same, at \
                         more expense. Out of file descriptors?{untold}"
                    );
                }
                None
            }
        }
    }

    /// Lists for which there was no room.
    pub(crate) fn refused(&self) -> u64 {
        self.no_room.count()
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.sum()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.sum()
    }
}

impl MemoryFile {
    /// Hands bytes from `from` on, `bytes_max` at most, to a socket; how many it took.
    pub(crate) fn send(&self, socket: impl AsFd, from: u64, bytes_max: usize) -> io::Result<usize> {
        self.file.send(socket, from, bytes_max)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io::{self, Write as _};
    use std::os::fd::AsFd;

    use rustix::fs::{MemfdFlags, memfd_create, sendfile};

    #[derive(Debug)]
    pub(super) struct File(std::fs::File);

    impl File {
        pub(super) fn holding(bytes: &[u8]) -> io::Result<Self> {
            let mut file = std::fs::File::from(memfd_create("eurus-list", MemfdFlags::CLOEXEC)?);
            file.write_all(bytes)?;
            Ok(Self(file))
        }

        pub(super) fn send(&self, socket: impl AsFd, from: u64, bytes_max: usize) -> io::Result<usize> {
            let mut offset = from;
            Ok(sendfile(socket, &self.0, Some(&mut offset), bytes_max)?)
        }
    }
}

/// Other systems know no such files: everything is sent from ordinary memory.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::os::fd::AsFd;

    #[derive(Debug)]
    pub(super) enum File {}

    impl File {
        pub(super) fn holding(_: &[u8]) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) fn send(&self, _: impl AsFd, _: u64, _: usize) -> io::Result<usize> {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_and_no_more() {
        let files = MemoryFiles::default();
        let mut kept: Vec<_> = (0..MEMORY_FILES_MAX).map(|_| files.keep(b"list", 0).expect("room")).collect();
        assert!(files.keep(b"list", 0).is_none());
        kept.pop();
        assert!(files.keep(b"list", 0).is_some());
    }

    #[test]
    fn a_refused_one_takes_no_room() {
        let files = MemoryFiles::default();
        let large = files.bytes.weigh(MEMORY_FILE_BYTES_MAX);
        assert!(files.keep(b"list", 0).is_none());
        drop(large);
        assert!(files.keep(b"list", 0).is_some());
        assert_eq!((files.count.sum(), files.bytes.sum()), (0, 0));
    }
}
