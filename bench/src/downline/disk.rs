//! What the disk takes to keep something: as SQLite writes its log, a block in a file that is there, then `fdatasync`.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use eurus_service::Clock;

use crate::failure::Failure;

/// A page of SQLite's.
const BLOCK: [u8; 4_096] = [0x5a; 4_096];
/// Blocks of the file, written before anything is measured.
const BLOCKS: usize = 256;
const FILE: &str = "fdatasync-probe";

/// How long each of `count` writes took, in µs, with its `fdatasync`.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn syncs_us(folder: &Path, count: usize, clock: &Clock) -> Result<Vec<i64>, Failure> {
    let path = folder.join(FILE);
    let mut file = File::create(&path)?;
    for _ in 0..BLOCKS {
        file.write_all(&BLOCK)?;
    }
    file.sync_all()?;
    let mut took_us = Vec::with_capacity(count);
    for number in 0..count {
        if number % BLOCKS == 0 {
            file.seek(SeekFrom::Start(0))?;
        }
        let began_us = clock.now_us();
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        took_us.push(clock.now_us() - began_us);
    }
    std::fs::remove_file(&path)?;
    Ok(took_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_write_is_measured_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(syncs_us(folder.path(), 3, &Clock::system()).unwrap().len(), 3);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
