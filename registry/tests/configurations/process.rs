//! The command in a process of its own. It keeps its own time: what it says is awaited, bounded.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Beyond this something hangs; it asserts no speed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A started registry that listens.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    /// What it has said so far.
    pub(crate) said: Vec<String>,
    pub(crate) address: String,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The command in a folder of its own that holds a copy of a configuration.
fn command(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eurus-registry"));
    command.args(arguments).current_dir(folder).env_clear().envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn checked_in(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configurations").join(name)
}

fn copied(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copied(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Running {
    /// Starts it with a checked-in configuration, on a free port.
    pub(crate) fn start(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copied(&checked_in(name), folder.path());
        let arguments = [&["--server.port=0"], arguments].concat();
        let mut child = command(folder.path(), &arguments, environment).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut running = Self { child, lines, said: Vec::new(), address: String::new(), folder };
        let line = running.await_line("listens on http://");
        let (_, url) = line.split_once("http://").unwrap();
        url.split('/').next().unwrap().clone_into(&mut running.address);
        running
    }

    /// The first line, from the start on, that holds some words.
    pub(crate) fn await_line(&mut self, words: &str) -> String {
        loop {
            if let Some(line) = self.said.iter().find(|line| line.contains(words)) {
                return line.clone();
            }
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.said.push(line),
                Err(error) => panic!("no line with '{words}' ({error}) in:\n{}", self.said.join("\n")),
            }
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n");
        for (name, value) in [("Accept", "*/*"), ("Content-Type", "application/json")].iter().chain(headers) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        write!(stream, "{request}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), body: body.to_owned() }
    }

    /// Registers an instance whose lease lasts one second.
    pub(crate) fn register(&self, app: &str, id: &str) -> u16 {
        let body = format!(
            r#"{{"instance": {{"instanceId": "{id}", "hostName": "{id}", "app": "{app}", "ipAddr": "10.0.0.1",
            "status": "UP", "port": {{"$": 8001, "@enabled": "true"}}, "leaseInfo": {{"durationInSecs": 1}},
            "dataCenterInfo": {{"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}}}}}}"#
        );
        self.send("POST", &format!("/eureka/apps/{app}"), &[], &body).status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process that must not start said, and its exit code.
pub(crate) fn refused(files: &[(&str, &str)], arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut child = command(folder.path(), arguments, environment).spawn().unwrap();
    let mut log = child.stderr.take().unwrap();
    let (sender, said) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        // Read to its end: the process is over.
        let read = log.read_to_string(&mut text).map(|_| text);
        sender.send(read)
    });
    let said = said.recv_timeout(PATIENCE);
    if said.is_err() {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code().unwrap_or(-1);
    (code, said.expect("it goes on").unwrap().trim().to_owned())
}
