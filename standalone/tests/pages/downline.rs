//! Every command on the page about the downline, as it stands there, against `eurus` as anybody starts it; what it prints
//! must fit what the page shows. `…` stands for what differs from time to time.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::support::{page, start, start_all};

/// What the page calls them.
const SYNC_SPEED: &str = "127.0.0.1:8090";
const ADMIN: &str = "127.0.0.1:8081";

/// Commands with what the page shows under them.
fn commands(page: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => found.push((command.to_owned(), Vec::new())),
                (None, Some((_, shown))) => shown.push(line.to_owned()),
                (None, None) => panic!("a block begins without a command: {line}"),
            }
        }
    }
    found
}

/// Whether a line is what is shown, `…` standing for anything.
fn fits(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut ended = false;
    for part in parts {
        ended = part.is_empty();
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    ended || rest.is_empty()
}

#[test]
fn every_command_of_the_page() {
    let page = page("downline.md");
    let folder = tempfile::tempdir().unwrap();
    let (_eurus, [registry, _, admin, sync_speed]) = start_all(folder.path(), &[]);
    let registry_url = format!("http://{registry}/eureka/");
    let _producers = ["127.0.0.2", "127.0.0.3", "127.0.0.4"].map(|ip| {
        let arguments = ["producer", "--ip", ip, "--port", "9001", "--registry", registry_url.as_str()];
        start(folder.path(), &arguments, "registered")
    });
    // The registry's list is a little behind what registers: until a gateway has seen all three.
    let all = format!(
        "until [ $(curl -s http://{admin}/services | grep -o '\"in_rotation\":true' | wc -l) = 3 ]; do :; done"
    );
    assert!(Command::new("timeout").args(["60", "bash", "-c", &all]).status().unwrap().success());
    let programs = Path::new(env!("CARGO_BIN_EXE_eurus")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap());
    let here = |text: &str| text.replace(SYNC_SPEED, &sync_speed).replace(ADMIN, &admin);
    for (command, shown) in commands(&page) {
        // The page's commands go where sync-speed is by default.
        let command = here(&command).replace("eurus online ", &format!("eurus online --url http://{sync_speed} "));
        let command = command.replace("eurus watch ", &format!("eurus watch --url http://{sync_speed} "));
        let output =
            Command::new("bash").args(["-c", &command]).current_dir(folder.path()).env("PATH", &path).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        let is_open = shown.last().is_some_and(|last| last == "…");
        let fit = shown.iter().zip(&lines).all(|(shown, line)| fits(&here(shown), line));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(fit && (is_open || lines.len() == shown.len()), "$ {command}\n{said}{errors}\nthe page: {shown:#?}");
    }
}

#[test]
fn what_fits() {
    for (shown, line, expected) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("…", "", true),
        ("a…c", "abc", true),
        ("a…c", "abcd", false),
        ("a…c…", "abcd", true),
        ("a…c", "b", false),
    ] {
        assert_eq!(fits(shown, line), expected, "{shown} {line}");
    }
}
