//! The invariants of ARCHITECTURE.md that a test can execute: they read the source tree.
#![allow(clippy::disallowed_methods)] // Reading files is all that happens here.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests.

use std::fs;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 9] = [
    "service",
    "eureka-model",
    "eureka-client",
    "registry",
    "gateway",
    "sync-speed",
    "standalone",
    "compat-tests",
    "bench",
];

/// Time-outs of socket operations are real: sockets are.
const SOCKET_TIME_OUTS: [&str; 7] = [
    "gateway/src/grpc.rs",
    "gateway/src/time_limits.rs",
    "gateway/src/upgrade/tunnel.rs",
    "gateway/src/upstream/",
    "registry/src/http/idle.rs",
    "sync-speed/src/http/events.rs",
    "sync-speed/src/registry_time.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Files below the folders whose code part (comments left out) contains one of the words.
fn files_with(folders: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for folder in folders {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            if code.into_iter().any(|line| words.iter().any(|word| line.contains(word))) {
                found.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    found
}

#[test]
fn only_http_modules_and_the_edge_see_server_frameworks() {
    // What requests and answers pass through, bodies and all.
    let edge = ["pipeline", "edge", "answer", "upstream", "judgement", "headers", "trailers", "account", "fuzzing"]
        .map(|part| format!("gateway/src/{part}"));
    let http = ["/src/lib.rs", "/src/http.rs", "/src/http/"].map(ToOwned::to_owned);
    // hyper's client half, behind the one door that each transport has.
    let transport =
        ["eureka-client/src/registries/", "gateway/src/sync_speed/transport", "sync-speed/src/notify/transport.rs"]
            .map(ToOwned::to_owned);
    let allowed = [&edge[..], &http[..], &transport[..]].concat();
    let services = ["registry/src", "gateway/src", "sync-speed/src", "eureka-client/src", "eureka-model/src"];
    let offenders: Vec<String> = files_with(&services, &["actix_web", "hyper::", "hyper_util"])
        .into_iter()
        .filter(|file| !allowed.iter().any(|allowed| file.contains(allowed.as_str())))
        .collect();
    assert!(offenders.is_empty(), "server-framework types outside http modules: {offenders:?}");
}

#[test]
fn time_comes_from_the_clock() {
    let offenders: Vec<String> =
        files_with(&FOLDERS, &[concat!("Instant", "::now"), concat!("SystemTime", "::now"), concat!("Utc", "::now")])
            .into_iter()
            .filter(|file| {
                file != "service/src/clock.rs" && !SOCKET_TIME_OUTS.iter().any(|part| file.starts_with(part))
            })
            .collect();
    assert!(offenders.is_empty(), "real time read outside eurus_service::clock: {offenders:?}");
}

#[test]
fn nothing_sleeps_for_real() {
    let offenders: Vec<String> = files_with(&FOLDERS, &[concat!("thread::", "sleep"), concat!("time::", "sleep(")])
        .into_iter()
        .filter(|file| file != "service/src/clock.rs")
        .collect();
    assert!(offenders.is_empty(), "real sleeps: {offenders:?}");
}

#[test]
fn every_crate_takes_the_workspace_lints_and_stands_in_the_map() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for folder in FOLDERS {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{folder} has lints of its own");
        assert!(map.contains(&format!("`{folder}/`")), "{folder} is not in ARCHITECTURE.md's map");
        assert!(workspace.contains(&format!("\"{folder}\"")), "{folder} is not a member");
    }
}

#[test]
fn files_that_the_architecture_names_exist() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for name in map.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs") && name.contains('/')) {
        assert!(root().join(name).exists(), "ARCHITECTURE.md names {name}, which does not exist");
    }
}

/// A copy that came to the requests past the one writer would not be joined with the marks.
#[test]
fn one_writer_publishes_what_requests_see() {
    assert_eq!(files_with(&["gateway/src"], &["snapshot.store("]), ["gateway/src/directory.rs"]);
    assert_eq!(files_with(&["gateway/src"], &["FetchListener for"]), ["gateway/src/directory.rs"]);
    assert_eq!(files_with(&["eureka-client/src"], &["listener.fetched("]), ["eureka-client/src/fetcher.rs"]);
}

#[test]
fn proofs_never_decode_with_the_codec_they_check() {
    let offenders = files_with(&["compat-tests"], &["eurus_model"]);
    let offenders: Vec<_> = offenders.into_iter().filter(|file| !file.ends_with("invariants.rs")).collect();
    assert!(offenders.is_empty(), "{offenders:?}");
    let manifest = fs::read_to_string(root().join("compat-tests/Cargo.toml")).unwrap();
    assert!(!manifest.contains("eurus-model"));
}

/// A file that no `mod` names is built by nobody: what it says may long be untrue.
#[test]
fn every_file_is_a_module() {
    let mut orphans = Vec::new();
    for folder in FOLDERS.iter().chain(&["fuzz"]) {
        let source = root().join(folder).join("src");
        let all = rust_files(&source);
        let programs = source.join("bin");
        let mut reached: Vec<PathBuf> = all.iter().filter(|file| file.parent() == Some(&programs)).cloned().collect();
        reached.extend(["lib.rs", "main.rs"].map(|entry| source.join(entry)).into_iter().filter(|file| file.exists()));
        let mut looked_at = 0;
        while let Some(file) = reached.get(looked_at) {
            reached.extend(modules_of(file));
            looked_at += 1;
        }
        let lost = all.iter().filter(|file| !reached.contains(file));
        orphans.extend(lost.map(|file| file.strip_prefix(root()).unwrap().display().to_string()));
    }
    assert!(orphans.is_empty(), "no `mod` names them: {orphans:?}");
}

/// The files that a file declares as its modules.
fn modules_of(file: &Path) -> Vec<PathBuf> {
    let is_entry = ["lib.rs", "main.rs", "mod.rs"].iter().any(|entry| file.ends_with(entry));
    let folder = if is_entry { file.parent().unwrap().to_owned() } else { file.with_extension("") };
    let text = fs::read_to_string(file).unwrap();
    let declared = text.lines().filter_map(|line| {
        let line = line.split("//").next().unwrap_or_default().trim().strip_suffix(';')?;
        let (visibility, name) = line.split_once("mod ")?;
        (visibility.is_empty() || visibility.starts_with("pub")).then(|| name.to_owned())
    });
    let places = declared.flat_map(|name| [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")]);
    places.filter(|place| place.exists()).collect()
}
