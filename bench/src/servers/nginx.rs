//! nginx serving the registry's very bytes as files: the floor. Where there is nothing to serve it answers without a
//! file, which is the least that an HTTP server can do.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use eurus_service::Clock;
use tempfile::TempDir;

use super::{Kind, Registry, Target, free_address};
use crate::failure::Failure;
use crate::http_once;
use crate::operation::{ALL, Operation};
use crate::population::Population;
use crate::process::Process;

/// It listens within this time.
const STARTED_WITHIN_MS: i64 = 5_000;
/// Requests on one connection before nginx closes it: more than a slice has.
const KEEPALIVE_REQUESTS: u64 = 100_000_000;

/// As the registry sends it with lists.
const VARY: &str = r#"add_header Vary "Accept, Accept-Encoding, X-Eureka-Accept";"#;

/// A running nginx, with and without `sendfile`.
pub(crate) struct Nginx {
    process: Process,
    sendfile: SocketAddr,
    copying: SocketAddr,
}

impl Nginx {
    /// Takes the files from a registry, then serves them.
    ///
    /// # Errors
    /// When the registry does not answer, or there is no nginx.
    pub(crate) async fn start(
        registry: &Registry,
        population: Population,
        folder: &TempDir,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        fs::create_dir_all(folder.path().join("files"))?;
        for operation in ALL {
            save(registry, operation, population, folder).await?;
        }
        let (sendfile, copying) = (free_address()?, free_address()?);
        fs::write(
            folder.path().join("nginx.conf"),
            configuration(sendfile, copying, rustix::process::getuid().is_root()),
        )?;
        let process = Process::start(
            "nginx",
            Command::new("nginx").arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "error.log"]),
        )
        .map_err(|failure| Failure::new(format!("{failure}; install nginx (apt-get install nginx-light)")))?;
        let mut nginx = Self { process, sendfile, copying };
        nginx.until_it_serves(registry, population, clock).await?;
        Ok(nginx)
    }

    /// With `sendfile on`.
    pub(crate) fn sendfile(&self) -> Target {
        Target { kind: Kind::Nginx, address: self.sendfile, group: self.process.group() }
    }

    /// With `sendfile off`.
    pub(crate) fn copying(&self) -> Target {
        Target { kind: Kind::NginxCopying, address: self.copying, group: self.process.group() }
    }

    /// # Errors
    /// When it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), Failure> {
        self.process.still_runs()
    }

    /// Waits until both serve every file just as the registry does.
    async fn until_it_serves(
        &mut self,
        registry: &Registry,
        population: Population,
        clock: &Clock,
    ) -> Result<(), Failure> {
        let mut timer = clock.timer("nginx");
        let until_ms = clock.now_ms() + STARTED_WITHIN_MS;
        while tokio::net::TcpStream::connect(self.copying).await.is_err() {
            self.process.still_runs()?;
            if clock.now_ms() > until_ms {
                return Err(Failure::new(format!("nginx does not listen:\n{}", self.process.end_of_output()?)));
            }
            timer.sleep_ms(5).await;
        }
        for (operation, address) in ALL.iter().flat_map(|one| [(one, self.sendfile), (one, self.copying)]) {
            let Some(file) = operation.file() else { continue };
            let (expected, served) = (
                first(registry.target.address, &operation.requests(population, 0)).await?,
                first(address, &operation.static_requests(population, 0)).await?,
            );
            if expected.len() != served.len() {
                let (ours, theirs) = (expected.len(), served.len());
                return Err(Failure::new(format!("nginx serves {theirs} bytes as {file}, the registry {ours}")));
            }
        }
        Ok(())
    }
}

async fn save(
    registry: &Registry,
    operation: Operation,
    population: Population,
    folder: &TempDir,
) -> Result<(), Failure> {
    let Some(file) = operation.file() else { return Ok(()) };
    let body = first(registry.target.address, &operation.requests(population, 0)).await?;
    Ok(fs::write(folder.path().join("files").join(file), body)?)
}

/// The body of the answer to the first of these requests.
async fn first(address: SocketAddr, requests: &[crate::load::requests::Request]) -> Result<Vec<u8>, Failure> {
    let request = requests.first().ok_or_else(|| Failure::new("an operation without a request"))?;
    let (answer, body) = http_once::exchange(address, &request.bytes).await?;
    if answer.status != 200 {
        let line = String::from_utf8_lossy(&request.bytes).lines().next().unwrap_or_default().to_owned();
        return Err(Failure::new(format!("{address} answers {} to {line}", answer.status)));
    }
    Ok(body)
}

fn configuration(sendfile: SocketAddr, copying: SocketAddr, as_root: bool) -> String {
    // As root nginx would serve as `nobody`, who may not read the folder.
    let user = if as_root { "user root;\n" } else { "" };
    let server = |address: SocketAddr, sendfile: &str| {
        format!(
            r#"  server {{
    listen {address} backlog=1024;
    sendfile {sendfile};
    location / {{ return 200; }}
    location /files/ {{ {VARY} }}
    location = /files/apps-gzip {{ {VARY} add_header Content-Encoding gzip; }}
    location = /files/delta {{ {VARY} add_header Content-Encoding gzip; }}
  }}
"#
        )
    };
    format!(
        r#"{user}daemon off;
worker_processes 2;
pid nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  tcp_nopush on;
  root .;
  default_type application/json;
  keepalive_requests {KEEPALIVE_REQUESTS};
  keepalive_timeout 60s;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
{}{}}}
"#,
        server(sendfile, "on"),
        server(copying, "off")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_has_both_ways_of_sending() {
        let (one, other) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let text = configuration(one, other, false);
        let at = |part: &str| text.find(part).unwrap();
        assert!(at("listen 127.0.0.1:1") < at("sendfile on;") && at("sendfile on;") < at("listen 127.0.0.1:2"));
        assert!(at("listen 127.0.0.1:2") < at("sendfile off;"));
        assert!(!text.contains("user root") && configuration(one, other, true).starts_with("user root;"));
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
