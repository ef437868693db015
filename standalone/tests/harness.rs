//! `eurus harness` as a person calls it, on the example of its own documentation.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests.
#![allow(clippy::disallowed_methods)] // Reading and writing files is what is tested.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The first block of YAML on the page.
fn example() -> String {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/harness.md")).unwrap();
    page.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0.to_owned()
}

fn run(folder: &Path, scenario: &str, more: &[&str]) -> (i32, String, String) {
    fs::write(folder.join("first.yaml"), scenario).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_eurus"));
    let Output { status, stdout, stderr } =
        command.args(["harness", "run", "first.yaml"]).args(more).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn the_example_of_the_page_runs_and_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said, errors) =
        run(folder.path(), &example(), &["--report", "out", "--junit", "j.xml", "--json", "j.json"]);
    assert_eq!((code, errors.as_str()), (0, ""), "{said}");
    assert!(said.starts_with("ok     My first scenario: store absent 0 s, routable absent 30 s, 0 failed ("), "{said}");
    assert!(said.contains("1 scenario: 1 as expected, 0 not"), "{said}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("j.xml").contains("tests=\"1\" failures=\"0\""));
    let json: Value = serde_json::from_str(&read("j.json")).unwrap();
    let change = &json["scenarios"][0]["timeline"][0];
    assert_eq!((json["passed"].as_u64(), change["layer"].as_str()), (Some(1), Some("store")), "{json}");
    let page = read("out/index.html");
    for part in ["<svg viewBox=\"0 0 180000 10\"", "goodbye", "absent 95 s", "prefers-color-scheme:dark"] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["http://", "https://", "url(", "<script", "<link"] {
        let found = page.matches(outside).count();
        assert_eq!(found, 0, "the page needs nothing from outside: {outside}");
    }
}

#[test]
fn what_is_not_as_expected_is_said_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said, _) = run(folder.path(), &example().replace("by: 60s", "by: 20s"), &["--junit", "j.xml"]);
    assert_eq!(code, 1);
    assert!(said.contains("FAILED My first scenario"), "{said}");
    assert!(said.contains("expected: gateway-1, routable: shop-1 absent by 20 s after 'goodbye'"), "{said}");
    assert!(said.contains("seen:     after 30 s"), "{said}");
    assert!(
        fs::read_to_string(folder.path().join("j.xml")).unwrap().contains("<failure message=\"expected: gateway-1")
    );
}

#[test]
fn what_is_wrong_in_a_file_is_said_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to, expected) in [
        (
            "shutdown: shop-1",
            "shutdwon: shop-1",
            "eurus: first.yaml:15: steps[0].shutdwon: no such key (allowed: at, name,",
        ),
        (
            "registry-1: {}",
            "registry-1: {settings: {eureka.server.eviction-interval-timer-in-ms: soon}}",
            "first.yaml: registry-1: eureka.server.eviction-interval-timer-in-ms",
        ),
    ] {
        let (code, said, errors) = run(folder.path(), &example().replace(from, to), &[]);
        assert_eq!(code, 1);
        assert!(format!("{said}{errors}").contains(expected), "{said}{errors}");
    }
}

#[test]
#[ignore = "needs Python 3"]
fn the_python_example_of_the_page_passes() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/harness.md")).unwrap();
    let script = page.split_once("```python\n").unwrap().1.split_once("```").unwrap().0;
    let folder = tempfile::tempdir().unwrap();
    // It stands on the page too, as another test sees to.
    fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../compat-tests/python/nodes.yaml"),
        folder.path().join("nodes.yaml"),
    )
    .unwrap();
    // What pytest would do.
    let called = "\ntest_a_shutdown_is_seen_after_two_caches()\n";
    fs::write(folder.path().join("test_example.py"), format!("{script}{called}")).unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_eurus")).parent().unwrap().display().to_string();
    let path = format!("{own}:{}", std::env::var("PATH").unwrap_or_default());
    let ran =
        Command::new("python3").arg("test_example.py").current_dir(folder.path()).env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn serving_ends_with_its_standard_input() {
    let mut serve = Command::new(env!("CARGO_BIN_EXE_eurus"))
        .args(["harness", "serve", "--until-stdin-closes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("control API  http://127.0.0.1:"));
    // Without a file: one registry.
    let nodes: Vec<String> = lines.by_ref().take_while(|line| !line.starts_with("Time stands still")).collect();
    assert!(matches!(nodes.as_slice(), [node] if node.starts_with("registry     registry-1 http://")), "{nodes:?}");
    drop(serve.stdin.take());
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(serve.wait()));
    assert!(end.recv_timeout(Duration::from_secs(30)).expect("it goes on").unwrap().success());
}

/// Code on the page that says where it stands is part of that file, which is compiled and run with all tests.
#[test]
fn code_of_the_page_stands_in_a_file_that_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("docs/harness.md")).unwrap();
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut compared = 0;
    for block in page.split("\n```java\n").skip(1).chain(page.split("\n```python\n").skip(1)) {
        let code = block.split("\n```").next().unwrap();
        let Some((path, code)) = code.split_once('\n') else { continue };
        let Some(path) = path.strip_prefix("// ").or_else(|| path.strip_prefix("# ")) else { continue };
        let file = squeezed(&fs::read_to_string(root.join(path)).unwrap());
        // A user's test is in another package than ours: its imports differ.
        let code: Vec<&str> = code.lines().filter(|line| !line.starts_with("import ")).collect();
        let code = code.join("\n");
        for piece in code.split("…") {
            assert!(file.contains(&squeezed(piece)), "docs/harness.md shows what does not stand in {path}:\n{piece}");
        }
        compared += 1;
    }
    assert_eq!(compared, 2, "blocks of code that name a file");
}
