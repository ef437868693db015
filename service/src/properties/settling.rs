//! Files that are replaced one after the other, as a certificate and its key are: read between the two, they would not fit.

use super::FilesState;

/// Tells, look by look, when files have changed and are at rest.
#[derive(Clone, Debug)]
pub struct Settling {
    /// What they looked like when they were last read.
    read: FilesState,
    /// What they looked like at the last look.
    seen: FilesState,
}

impl Settling {
    /// Of files that looked like this when they were read.
    pub fn new(read: FilesState) -> Self {
        Self { seen: read.clone(), read }
    }

    /// Whether they are to be read now: they are not what was read, and have been the same for two looks.
    pub fn look(&mut self, now: &FilesState) -> bool {
        if self.seen != *now {
            self.seen = now.clone();
            return false;
        }
        let is_due = self.read != *now;
        if is_due {
            self.read = now.clone();
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods)] // A test.
    fn what_changed_is_due_once_and_not_while_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cert.pem");
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        let look = || FilesState::of(std::slice::from_ref(&file));
        write("1");
        let mut settling = Settling::new(look());
        assert_eq!([settling.look(&look()), settling.look(&look())], [false, false]);
        write("22");
        assert!(!settling.look(&look()));
        write("333");
        assert_eq!([(); 3].map(|()| settling.look(&look())), [false, true, false]);
        std::fs::remove_file(&file).unwrap();
        assert_eq!([(); 3].map(|()| settling.look(&look())), [false, true, false]);
    }
}
