//! Processes that `eurus harness run` starts end with it, however it ends; also one that stands still.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests.
#![allow(clippy::disallowed_methods)] // Reading files of the system is all that happens here.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use compat_tests::java::until::until;
use eurus_service::Clock;

const WITHIN_MS: i64 = 30_000;
const SCENARIO: &str = "
name: processes
time: real
length: 10m
registries:
  registry-1: {program: eurus, settings: {eureka.server.response-cache-update-interval-ms: 500}}
  registry-2: {program: eurus, settings: {eureka.server.response-cache-update-interval-ms: 500}}
sync-speeds:
  sync-speed-1: {program: eurus, registries: [registry-1]}
steps:
  - {at: 100ms, pause: registry-2}
expect: []
";

/// Parent and state of every process: `T` stands still, `Z` has ended.
fn processes() -> Vec<(u32, u32, char)> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().map(Result::unwrap) {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        // Behind the name, which may hold anything: state, parent. It may have ended since.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let mut fields = stat.rsplit(')').next().unwrap().split_whitespace();
        let state = fields.next().unwrap().chars().next().unwrap();
        all.push((pid, fields.next().unwrap().parse().unwrap(), state));
    }
    all
}

fn is_gone(pid: u32) -> bool {
    processes().iter().all(|(one, _, state)| *one != pid || *state == 'Z')
}

/// Starts the scenario; its processes once all run and one stands still.
async fn started(folder: &Path) -> (Child, Vec<u32>) {
    fs::write(folder.join("x.yaml"), SCENARIO).unwrap();
    fs::create_dir(folder.join("data")).unwrap();
    let harness = Command::new(env!("CARGO_BIN_EXE_eurus"))
        .args(["harness", "run", "x.yaml"])
        .current_dir(folder)
        .env("TMPDIR", folder.join("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut children = Vec::new();
    until(&Clock::system(), WITHIN_MS, "three processes run and one of them stands still", async || {
        let of_harness = processes().into_iter().filter(|(_, parent, _)| *parent == harness.id());
        let (pids, states): (Vec<u32>, Vec<char>) = of_harness.map(|(pid, _, state)| (pid, state)).unzip();
        children = pids;
        Ok(states.len() == 3 && states.contains(&'T'))
    })
    .await
    .unwrap();
    (harness, children)
}

async fn ends_by(signal: &str, folder: &Path) -> (ExitStatus, String) {
    let (mut harness, children) = started(folder).await;
    let sent = Command::new("kill").args([signal, &harness.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let mut left = children;
    left.push(harness.id());
    let all_gone = until(&Clock::system(), WITHIN_MS, "no process is left", async || {
        left.retain(|pid| !is_gone(*pid));
        Ok(left.is_empty())
    })
    .await;
    for pid in &left {
        Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    }
    assert!(all_gone.is_ok(), "{signal} to the harness left {left:?}");
    let status = harness.wait().unwrap();
    let said = BufReader::new(harness.stderr.take().unwrap()).lines().map(Result::unwrap).collect();
    (status, said)
}

#[tokio::test]
async fn a_harness_that_is_told_to_end_leaves_nothing_behind() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let (status, said) = ends_by(signal, folder.path()).await;
        assert_eq!(status.code(), Some(1), "{signal}: {said}");
        assert!(said.contains("ended by a signal before everything was done"), "{signal}: {said}");
        assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 0, "{signal}: its data is left");
    }
}

#[tokio::test]
async fn a_harness_that_is_killed_leaves_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    ends_by("-KILL", folder.path()).await;
}

/// Where the system cannot do it: a node looks at its input.
#[test]
fn a_node_ends_with_its_standard_input() {
    let mut node = Command::new(env!("CARGO_BIN_EXE_eurus"))
        .args(["harness", "node", "registry", "--at", "127.0.0.1:0", "--until-stdin-closes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(node.try_wait().unwrap().is_none());
    drop(node.stdin.take());
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(node.wait()));
    end.recv_timeout(std::time::Duration::from_secs(30)).expect("it goes on").unwrap();
}

#[test]
fn output_that_nobody_reads_is_no_failure_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.yaml"), "name: x\nlength: 1s\nregistries: {r: {}}\nexpect: []\n").unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ran = Command::new(env!("CARGO_BIN_EXE_eurus"))
        .args(["harness", "run", "x.yaml"])
        .current_dir(folder.path())
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!((ran.status.code(), String::from_utf8(ran.stderr).unwrap().as_str()), (Some(1), ""));
}
