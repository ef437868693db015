//! Real Java peers, each a process of its own that ends with its owner.
//!
//! | module | what |
//! |---|---|
//! | this | a process: start, output, end |
//! | [`service`] | a stock Spring Cloud service |
//! | [`server`] | a stock Spring Cloud Eureka server |
//! | [`mod@until`] | bounded waiting for what another process does, in real time |

pub mod server;
pub mod service;
pub mod until;

use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use eurus_service::Clock;
use tempfile::NamedTempFile;

use crate::Failure;
use crate::java::until::until;

/// How the peers are built, from the workspace's root.
const BUILD: &str = "mvn -B -q -f compat-tests/java package -DskipTests";
/// Small and quick to start: several of them share a test machine.
const JVM_FLAGS: [&str; 3] = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/// A JVM may take this long until its application answers, on a busy machine.
const STARTED_WITHIN_MS: i64 = 90_000;
/// After `SIGTERM` an application ends its requests and deregisters; beyond this it is killed.
const TERMINATED_WITHIN_MS: i64 = 30_000;
/// What is shown of the output when a test fails, bytes from its end.
const OUTPUT_SHOWN_MAX: usize = 4_000;
/// How many ports are tried where one must be free on several addresses.
const PORT_TRIES_MAX: usize = 20;

/// One running JVM. It is killed when dropped; when a failing test drops it, the end of its output is shown.
pub struct JavaProcess {
    name: String,
    child: Child,
    /// stdout and stderr; deleted with the process.
    output: NamedTempFile,
}

impl JavaProcess {
    /// Starts the jar of a module of `compat-tests/java`. `name` is for messages.
    ///
    /// # Errors
    /// When the jar was not built or there is no `java`: with what to do.
    pub fn start(name: &str, module: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Result<Self, Failure> {
        let jar = jar(module);
        Failure::unless(jar.is_file(), || format!("{} is missing: build it with `{BUILD}`", jar.display()))?;
        let output = NamedTempFile::new()?;
        let stdout = output.reopen()?;
        let stderr = stdout.try_clone()?;
        let child = Command::new("java")
            .args(JVM_FLAGS)
            .arg("-jar")
            .arg(&jar)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => Failure::new(format!(
                    "java is not in PATH: install JDK 17 (openjdk-17-jdk-headless), then `{BUILD}`"
                )),
                _ => Failure::new(format!("java could not be started: {error}")),
            })?;
        Ok(Self { name: name.to_owned(), child, output })
    }

    /// Returns when `GET {origin}/actuator/health` answers 200.
    ///
    /// # Errors
    /// When the process ends before, or does not answer in time: with the end of its output.
    pub async fn until_healthy(&mut self, origin: &str, http: &reqwest::Client, clock: &Clock) -> Result<(), Failure> {
        let url = format!("{origin}/actuator/health");
        let answers = until(clock, STARTED_WITHIN_MS, &url, async || {
            if let Some(status) = self.child.try_wait()? {
                return Err(Failure::new(format!("it ended ({status}) before it answered {url}")));
            }
            // Refused connections and 503 are what a starting application answers.
            Ok(http.get(&url).send().await.is_ok_and(|answer| answer.status() == 200))
        })
        .await;
        answers.map_err(|failure| Failure::new(format!("{}: {failure}\n{}", self.name, self.end_of_output())))
    }

    /// Ends it in good order, by `SIGTERM`, as an operator would.
    ///
    /// # Errors
    /// When it goes on regardless; it is killed then.
    pub async fn terminate(mut self, clock: &Clock) -> Result<ExitStatus, Failure> {
        // The standard library can only kill.
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        Failure::unless(sent.success(), || format!("kill -TERM {}: {sent}", self.child.id()))?;
        let mut ended = None;
        let what = format!("{} ends after SIGTERM", self.name);
        until(clock, TERMINATED_WITHIN_MS, &what, async || {
            ended = self.child.try_wait()?;
            Ok(ended.is_some())
        })
        .await?;
        ended.ok_or_else(|| Failure::new(what))
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

    /// All that it wrote so far.
    fn output(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&std::fs::read(self.output.path())?).into_owned())
    }

    fn end_of_output(&self) -> String {
        match self.output() {
            Ok(text) => {
                let from = text.ceil_char_boundary(text.len().saturating_sub(OUTPUT_SHOWN_MAX));
                format!("--- the end of what {} wrote ---\n{}", self.name, &text[from..])
            }
            Err(failure) => format!("--- what {} wrote cannot be read: {failure} ---", self.name),
        }
    }
}

impl Drop for JavaProcess {
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

fn jar(module: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("java/{module}/target/{module}.jar"))
}

/// A port that is free on all of these addresses. Addresses other than 127.0.0.1 keep it free: no outgoing connection
/// of this machine takes one of their ports.
///
/// # Errors
/// When none is found.
pub fn free_port(addresses: &[IpAddr]) -> Result<u16, Failure> {
    let [first, others @ ..] = addresses else { return Err(Failure::new("no address to find a free port on")) };
    for _ in 0..PORT_TRIES_MAX {
        let port = TcpListener::bind((*first, 0))?.local_addr()?.port();
        if others.iter().all(|other| TcpListener::bind((*other, port)).is_ok()) {
            return Ok(port);
        }
    }
    Err(Failure::new(format!("no port is free on all of {addresses:?}")))
}
