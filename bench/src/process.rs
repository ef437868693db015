//! A server's process and all that it starts: a process group of its own, which ends with its owner.

use std::io::{self, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// What is shown of the output when a server fails, bytes from its end.
const OUTPUT_SHOWN_MAX: u64 = 2_000;

/// A running group. It is killed when dropped: nothing stays behind after a failure or Ctrl-C.
pub(crate) struct Process {
    name: String,
    child: Child,
    /// stdout and stderr.
    output: NamedTempFile,
}

impl Process {
    /// Starts a command. `name` is for messages.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self, Failure> {
        let output = NamedTempFile::new()?;
        let (stdout, stderr) = (output.reopen()?, output.reopen()?);
        let child = command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            // Also keeps a terminal's Ctrl-C from it: the owner ends it, in order.
            .process_group(0)
            .spawn()
            .map_err(|error| Failure::new(format!("{name} cannot be started: {error}")))?;
        Ok(Self { name: name.to_owned(), child, output })
    }

    /// The group's number, which is the first process's.
    pub(crate) fn group(&self) -> u32 {
        self.child.id()
    }

    /// # Errors
    /// When it has ended, with the end of its output.
    pub(crate) fn still_runs(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(Failure::new(format!("{} ended ({status}):\n{}", self.name, self.end_of_output()?))),
        }
    }

    /// Whether it ended by itself, as it should.
    ///
    /// # Errors
    /// When nobody can tell.
    pub(crate) fn has_ended(&mut self) -> Result<bool, Failure> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// The last that it wrote.
    pub(crate) fn end_of_output(&self) -> Result<String, Failure> {
        let mut file = self.output.reopen()?;
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(OUTPUT_SHOWN_MAX)))?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut file, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // It may have ended by itself: then there is no such group.
        let killed = group.map(|group| kill_process_group(group, Signal::KILL));
        if killed.is_some_and(|killed| killed.is_err() && matches!(self.child.try_wait(), Ok(None))) {
            eprintln!("bench: {} (process group {}) may still run", self.name, self.child.id());
        }
        let _ = self.child.wait();
    }
}
