//! The load: wrk, one thread, as many requests as its connections take. What came of it, it is made to say as JSON.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use eurus_service::Clock;
use serde::Deserialize;

use super::workload::Workload;
use crate::failure::Failure;
use crate::process::Process;

const MISSING: &str = "install wrk (apt-get install wrk)";
/// In front of the line that says it.
const MARK: &str = "eurus-bench ";
/// It ends at most so long after the time it was given.
const ENDS_WITHIN_MS: i64 = 60_000;
const LOOK_MS: i64 = 20;

/// What it says in the end. Times are µs.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Said {
    pub(crate) requests: u64,
    pub(crate) duration_us: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
    /// Connections refused, broken in reading, in writing; answers above 399; none in two seconds.
    pub(crate) connect: u64,
    pub(crate) read: u64,
    pub(crate) write: u64,
    pub(crate) status: u64,
    pub(crate) timeout: u64,
}

impl Said {
    /// All that is no answer below 400.
    pub(crate) fn failures(&self) -> u64 {
        self.connect + self.read + self.write + self.status + self.timeout
    }
}

/// Its scripts, one for each kind of request.
pub(crate) struct Wrk {
    folder: PathBuf,
    seconds: u64,
}

impl Wrk {
    /// Working in a folder.
    pub(crate) fn new(folder: &Path, seconds: u64) -> Self {
        Self { folder: folder.to_owned(), seconds }
    }

    /// The same for another time.
    pub(crate) fn lasting(&self, seconds: u64) -> Self {
        Self { folder: self.folder.clone(), seconds }
    }

    /// One load, to its end.
    ///
    /// # Errors
    /// When there is no wrk, or it does not say what came of it.
    pub(crate) async fn run(&self, workload: Workload, address: SocketAddr, clock: &Clock) -> Result<Said, Failure> {
        let script = self.folder.join("wrk.lua");
        fs::write(&script, script_text(workload))?;
        let mut command = Command::new("wrk");
        command
            .args(["-t1", "--timeout", "5s"])
            .arg(format!("-c{}", workload.connections()))
            .arg(format!("-d{}s", self.seconds))
            .arg("-s")
            .arg(&script)
            .arg(format!("{}://{address}{}", if workload.is_encrypted() { "https" } else { "http" }, workload.path()));
        let mut process =
            Process::start("wrk", &mut command).map_err(|failure| Failure::new(format!("{failure}; {MISSING}")))?;
        let until_ms =
            clock.now_ms() + i64::try_from(self.seconds).unwrap_or(i64::MAX / 2_000) * 1_000 + ENDS_WITHIN_MS;
        let mut timer = clock.timer("wrk");
        while !process.has_ended()? {
            if clock.now_ms() > until_ms {
                return Err(Failure::new(format!("wrk does not end:\n{}", process.end_of_output()?)));
            }
            timer.sleep_ms(LOOK_MS).await;
        }
        said(&process.end_of_output()?)
    }
}

fn said(output: &str) -> Result<Said, Failure> {
    let line = output.lines().find_map(|line| line.strip_prefix(MARK));
    let line = line.ok_or_else(|| Failure::new(format!("wrk did not say what came of it:\n{output}")))?;
    Ok(serde_json::from_str(line)?)
}

fn script_text(workload: Workload) -> String {
    format!(
        r#"{}done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{MARK}{{"requests":%d,"duration_us":%d,"p50_us":%f,"p99_us":%f,"p999_us":%f,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    e.connect, e.read, e.write, e.status, e.timeout))
end
"#,
        workload.request_in_lua()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_last_line_is_read() {
        let output = "Running 3s test\n  1 threads\neurus-bench {\"requests\":7,\"duration_us\":3000000,\"p50_us\":1.5,\
                      \"p99_us\":2,\"p999_us\":3,\"connect\":1,\"read\":2,\"write\":3,\"status\":4,\"timeout\":5}\n";
        let said = said(output).unwrap();
        assert_eq!((said.requests, said.failures()), (7, 15));
    }

    #[test]
    fn an_output_without_it_is_shown() {
        let failure = said("unable to connect to 127.0.0.1:1\n").unwrap_err().to_string();
        assert!(failure.contains("unable to connect"), "{failure}");
    }
}
