//! Database servers of our own, on free ports, gone with the test.
#![cfg_attr(not(all(feature = "mysql", feature = "postgres")), allow(dead_code))]
#![allow(clippy::disallowed_methods)] // Blocking, before anything is asked.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::{Database, Databases};
use crate::config::DatabaseServer;

/// Until a server must say that it is ready.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

pub(super) struct Server {
    child: Child,
    /// Kept for its life alone.
    _folder: tempfile::TempDir,
    port: u16,
    made: u32,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) struct MariaDb(Server);
pub(super) struct Postgres(Server);

impl MariaDb {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, socket) = (folder.path().join("data"), folder.path().join("socket"));
        ran(Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--user=root"])
            .arg(format!("--datadir={}", data.display())));
        let port = free_port();
        let child = Command::new("mariadbd")
            .args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1", "--skip-name-resolve"])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(Server { child: when_it_says(child, "ready for connections"), _folder: folder, port, made: 0 })
    }
}

impl Databases for MariaDb {
    async fn fresh(&mut self) -> Database {
        self.0.made += 1;
        let name = format!("t{}", self.0.made);
        assert!(mariadb(self.0.port, &format!("CREATE DATABASE {name}")));
        let url = format!("mysql://root@127.0.0.1:{}/{name}", self.0.port);
        Database { folder: tempfile::tempdir().unwrap(), server: DatabaseServer::parse(&url) }
    }
}

impl Postgres {
    pub(super) async fn start() -> Self {
        // PostgreSQL will not run as root: then as the user that its package makes.
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n");
        let folder = tempfile::Builder::new().prefix("eurus-pg").tempdir_in("/tmp").unwrap();
        if is_root {
            ran(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let as_user = |program: &Path| {
            let mut command = if is_root { Command::new("setpriv") } else { Command::new(program) };
            if is_root {
                command
                    .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL"])
                    .arg(program);
            }
            command.current_dir(folder.path());
            command
        };
        let data = folder.path().join("data");
        ran(as_user(&installed("initdb")).args(["-A", "trust", "-U", "eurus", "-D"]).arg(&data));
        let port = free_port();
        let child = as_user(&installed("postgres"))
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-D"])
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(Server { child: when_it_says(child, "ready to accept connections"), _folder: folder, port, made: 0 })
    }
}

impl Databases for Postgres {
    async fn fresh(&mut self) -> Database {
        self.0.made += 1;
        let name = format!("t{}", self.0.made);
        assert!(psql(self.0.port, &format!("CREATE DATABASE {name}")));
        let url = format!("postgres://eurus@127.0.0.1:{}/{name}", self.0.port);
        Database { folder: tempfile::tempdir().unwrap(), server: DatabaseServer::parse(&url) }
    }
}

fn mariadb(port: u16, statement: &str) -> bool {
    let mut client = Command::new("mariadb");
    client.args(["--no-defaults", "-h127.0.0.1", "-uroot", &format!("-P{port}"), "-e", statement]);
    client.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

fn psql(port: u16, statement: &str) -> bool {
    let mut client = Command::new(installed("psql"));
    client.args(["-h", "127.0.0.1", "-U", "eurus", "-p", &port.to_string(), "-d", "postgres", "-c", statement]);
    client.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

/// Debian keeps PostgreSQL's programs in a folder for each version.
fn installed(program: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(program))
        .filter(|path| path.exists())
        .collect();
    versions.sort();
    versions.pop().unwrap_or_else(|| PathBuf::from(program))
}

fn ran(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Its log goes on being read, so that it never waits for a reader.
fn when_it_says(mut child: Child, ready: &'static str) -> Child {
    let log = child.stderr.take().unwrap();
    let (says, hears) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if line.contains(ready) {
                let _ = says.send(());
            }
        }
    });
    hears.recv_timeout(STARTS_WITHIN).unwrap_or_else(|_| panic!("the server does not say '{ready}'"));
    child
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
