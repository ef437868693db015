//! What the pages' tests stand on.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Until a process must say that it is ready.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Ends with the test.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `eurus` in a folder until it says that it is ready.
pub(crate) fn start(folder: &Path, arguments: &[&str], ready: &'static str) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eurus"));
    command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let said = child.stdout.take().unwrap();
    let (says, hears) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            if line.contains(ready) {
                let _ = says.send(());
            }
        }
    });
    let process = Process(child);
    hears.recv_timeout(STARTS_WITHIN).unwrap_or_else(|_| panic!("{arguments:?} does not say '{ready}'"));
    process
}

/// The whole of it, on ports of its own: the addresses of the registry, the gateway, its admin API and sync-speed.
pub(crate) fn start_all(folder: &Path, more: &[&str]) -> (Process, [String; 4]) {
    let addresses = [(); 4].map(|()| free_address());
    let keys = ["server.port", "eurus.gateway.port", "eurus.gateway.admin.port", "eurus.sync-speed.port"];
    let flags: Vec<String> =
        keys.iter().zip(&addresses).map(|(key, address)| format!("--{key}={}", port(address))).collect();
    let arguments: Vec<&str> = flags.iter().map(String::as_str).chain(more.iter().copied()).collect();
    (start(folder, &arguments, "Ctrl-C stops it"), addresses)
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The port of `ip:port`.
fn port(address: &str) -> &str {
    address.rsplit_once(':').unwrap().1
}

/// A page of the documentation.
pub(crate) fn page(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
