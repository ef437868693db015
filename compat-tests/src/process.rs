//! A peer that is a process of its own: start, output, end.

pub(crate) mod node;

use std::io::{ErrorKind, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};

use eurus_service::Clock;
use tempfile::NamedTempFile;

use crate::Failure;
use crate::java::until::Patience;
use crate::tie::tied;

/// A process may take this long until its application answers, on a busy machine.
const STARTED_WITHIN_MS: i64 = 90_000;
/// After `SIGTERM` an application ends its requests and deregisters; beyond this it is killed.
const TERMINATED_WITHIN_MS: i64 = 30_000;
/// What is shown of the output when a test fails, bytes from its end.
const OUTPUT_SHOWN_MAX: usize = 4_000;

/// One running process. It is killed when dropped, and by the system when this process is killed; when a failing test drops it, the end of its output is shown.
pub struct PeerProcess {
    name: String,
    child: Child,
    /// stdout and stderr; deleted with the process.
    output: NamedTempFile,
}

impl PeerProcess {
    /// Starts a command. `name` is for messages; `missing` says what to do where there is no such command.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, command: Command, missing: &str) -> Result<Self, Failure> {
        Self::start_with(Stdio::null(), name, command, missing)
    }

    /// The same of a program that ends when its standard input does: as soon as this process is gone, on any system.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_input(name: &str, command: Command, missing: &str) -> Result<Self, Failure> {
        Self::start_with(Stdio::piped(), name, command, missing)
    }

    fn start_with(input: Stdio, name: &str, command: Command, missing: &str) -> Result<Self, Failure> {
        let mut command = tied(command);
        let output = NamedTempFile::new()?;
        let stdout = output.reopen()?;
        let stderr = stdout.try_clone()?;
        let child = command.stdin(input).stdout(stdout).stderr(stderr).spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::new(format!("{} is not there: {missing}", command.get_program().display())),
            _ => Failure::new(format!("{name} could not be started: {error}")),
        })?;
        Ok(Self { name: name.to_owned(), child, output })
    }

    /// Returns when `GET {url}` answers 200.
    ///
    /// # Errors
    /// When the process ends before, or does not answer in time: with the end of its output.
    pub async fn until_answers(&mut self, url: &str, http: &reqwest::Client, clock: &Clock) -> Result<(), Failure> {
        let mut patience = Patience::new(clock, STARTED_WITHIN_MS);
        // Refused connections and 503 are what a starting application answers.
        while !http.get(url).send().await.is_ok_and(|answer| answer.status() == 200) {
            let ended = self.child.try_wait()?;
            let failed = match ended {
                Some(status) => Err(Failure::new(format!("it ended ({status}) before it answered {url}"))),
                None => patience.wait(url).await,
            };
            failed.map_err(|failure| Failure::new(format!("{}: {failure}\n{}", self.name, self.end_of_output())))?;
        }
        Ok(())
    }

    /// Ends it in good order, by `SIGTERM`, as an operator would.
    ///
    /// # Errors
    /// When it goes on regardless; it is killed then.
    pub async fn terminate(mut self, clock: &Clock) -> Result<ExitStatus, Failure> {
        self.signal("TERM")?;
        let mut patience = Patience::new(clock, TERMINATED_WITHIN_MS);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            patience.wait(&format!("{} ends after SIGTERM", self.name)).await?;
        }
    }

    /// Its number at the operating system.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to its standard input, which must have been asked for.
    ///
    /// # Errors
    /// When it has none, or has ended.
    pub fn say(&mut self, line: &str) -> Result<(), Failure> {
        match &mut self.child.stdin {
            Some(input) => Ok(writeln!(input, "{line}")?),
            None => Err(Failure::new(format!("{} was started without an input", self.name))),
        }
    }

    /// Ends it at once, by `SIGKILL`, as a crash would.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Stands still at once, by `SIGSTOP`: its sockets stay open and nothing is answered.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn pause(&self) -> Result<(), Failure> {
        self.signal("STOP")
    }

    /// Goes on, by `SIGCONT`.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn resume(&self) -> Result<(), Failure> {
        self.signal("CONT")
    }

    /// Whether it has ended, and how.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        Ok(self.child.try_wait()?)
    }

    /// The standard library can only kill.
    fn signal(&self, name: &str) -> Result<(), Failure> {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status()?;
        Failure::unless(sent.success(), || format!("kill -{name} {}: {sent}", self.child.id()))
    }

    /// All that it wrote so far.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn output(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&std::fs::read(self.output.path())?).into_owned())
    }

    /// The end of what it wrote, for messages.
    pub fn end_of_output(&self) -> String {
        match self.output() {
            Ok(text) => {
                let from = text.ceil_char_boundary(text.len().saturating_sub(OUTPUT_SHOWN_MAX));
                format!("--- the end of what {} wrote ---\n{}", self.name, &text[from..])
            }
            Err(failure) => format!("--- what {} wrote cannot be read: {failure} ---", self.name),
        }
    }
}

impl Drop for PeerProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.end_of_output());
        }
        // Dropping cannot wait for an orderly end. An error here means that it has ended already.
        if self.child.kill().is_ok() && self.child.wait().is_err() {
            eprintln!("{} (process {}) may still run", self.name, self.child.id());
        }
    }
}
