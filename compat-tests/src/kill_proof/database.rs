//! A database server of the proof's own, on a free port, gone with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use eurus_service::Clock;
use tempfile::TempDir;

use super::cluster::ip;
use super::settings::DatabaseKind;
use crate::Failure;
use crate::java::until::until;
use crate::process::PeerProcess;
use crate::stack::bind;

/// Until a server must answer.
const STARTS_WITHIN_MS: i64 = 60_000;
/// Third and last byte of its loopback address.
const AT: (u8, usize) = (3, 1);
/// Also its user at PostgreSQL.
const NAME: &str = "eurus";
const POSTGRES_MISSING: &str = "install PostgreSQL (Debian: apt-get install postgresql)";
const MARIADB_MISSING: &str = "install MariaDB (Debian: apt-get install mariadb-server)";

pub(super) struct Database {
    url: String,
    /// Ends first, then its folder is deleted.
    _server: PeerProcess,
    _folder: TempDir,
}

impl Database {
    /// Returns when it answers; `None`: none is needed.
    pub(super) async fn start(kind: DatabaseKind, clock: &Clock) -> Result<Option<Self>, Failure> {
        match kind {
            DatabaseKind::Sqlite => Ok(None),
            DatabaseKind::Postgres => Self::postgres(clock).await.map(Some),
            DatabaseKind::Mariadb => Self::mariadb(clock).await.map(Some),
        }
    }

    /// What sync-speed is told.
    pub(super) fn properties(&self) -> [(String, String); 1] {
        [("eurus.sync-speed.database.url".to_owned(), self.url.clone())]
    }

    async fn postgres(clock: &Clock) -> Result<Self, Failure> {
        // Short: a socket's path has a limit.
        let folder = tempfile::Builder::new().prefix("eurus-pg").tempdir_in("/tmp")?;
        // PostgreSQL will not run as root: then as the user that its package makes.
        let is_root = rustix::process::getuid().is_root();
        if is_root {
            done(Command::new("chown").arg("postgres").arg(folder.path()), POSTGRES_MISSING)?;
        }
        let as_user = |program: PathBuf| {
            let mut command = if is_root { Command::new("setpriv") } else { Command::new(&program) };
            if is_root {
                command
                    .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL"])
                    .arg(program);
            }
            command.current_dir(folder.path());
            command
        };
        let data = folder.path().join("data");
        let mut make = as_user(installed("initdb"));
        done(make.args(["-A", "trust", "-U", NAME, "-D"]).arg(&data), POSTGRES_MISSING)?;
        let at = free()?;
        let (host, port) = (at.ip().to_string(), at.port().to_string());
        let mut serve = as_user(installed("postgres"));
        serve.args(["-h", &host, "-p", &port, "-D"]).arg(&data).arg("-k").arg(folder.path());
        let server = PeerProcess::start("postgres", serve, POSTGRES_MISSING)?;
        let make = format!("CREATE DATABASE {NAME}");
        let asked = ["-h", &host, "-p", &port, "-U", NAME, "-d", "postgres", "-c", &make];
        answers("PostgreSQL", clock, &server, &installed("psql"), &asked).await?;
        Ok(Self { url: format!("postgres://{NAME}@{at}/{NAME}"), _server: server, _folder: folder })
    }

    async fn mariadb(clock: &Clock) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let (data, socket) = (folder.path().join("data"), folder.path().join("socket"));
        let datadir = format!("--datadir={}", data.display());
        let mut make = Command::new("mariadb-install-db");
        make.args(["--no-defaults", "--auth-root-authentication-method=normal", "--user=root", &datadir]);
        done(&mut make, MARIADB_MISSING)?;
        let at = free()?;
        let (host, port) = (at.ip().to_string(), at.port().to_string());
        let mut serve = Command::new("mariadbd");
        serve.args(["--no-defaults", "--user=root", "--skip-name-resolve", &datadir]);
        serve.arg(format!("--bind-address={host}")).arg(format!("--port={port}"));
        serve.arg(format!("--socket={}", socket.display()));
        let server = PeerProcess::start("mariadbd", serve, MARIADB_MISSING)?;
        let make = format!("CREATE DATABASE {NAME}; CREATE USER {NAME}; GRANT ALL ON {NAME}.* TO {NAME}");
        let asked =
            ["--no-defaults", "--protocol=socket", "-uroot", &format!("--socket={}", socket.display()), "-e", &make];
        answers("MariaDB", clock, &server, Path::new("mariadb"), &asked).await?;
        Ok(Self { url: format!("mysql://{NAME}@{at}/{NAME}"), _server: server, _folder: folder })
    }
}

/// Asks until it is answered; what is asked makes the database.
async fn answers(
    name: &str,
    clock: &Clock,
    server: &PeerProcess,
    client: &Path,
    arguments: &[&str],
) -> Result<(), Failure> {
    let what = format!("{name} answers");
    let made = until(clock, STARTS_WITHIN_MS, &what, async || {
        let mut ask = Command::new(client);
        Ok(ask.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success())
    });
    made.await.map_err(|failure| Failure::new(format!("{failure}\n{}", server.end_of_output())))
}

fn free() -> Result<std::net::SocketAddr, Failure> {
    Ok(bind(std::net::SocketAddr::new(ip(AT.0, AT.1)?, 0))?.1)
}

/// Debian keeps PostgreSQL's programs in a folder for each version.
fn installed(program: &str) -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> =
        folders.map(|version| version.path().join("bin").join(program)).filter(|path| path.exists()).collect();
    versions.sort();
    versions.pop().unwrap_or_else(|| PathBuf::from(program))
}

fn done(command: &mut Command, missing: &str) -> Result<(), Failure> {
    let name = |program: &OsStr| program.display().to_string();
    let output = command
        .output()
        .map_err(|error| Failure::new(format!("{}: {error}: {missing}", name(command.get_program()))))?;
    Failure::unless(output.status.success(), || format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
