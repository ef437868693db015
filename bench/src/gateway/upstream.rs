//! The instances: one nginx with one worker, listening on an address for each of them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::process::Command;

use eurus_service::Clock;
use tempfile::TempDir;

use super::proxies::NGINX_MISSING;
use super::workload::{ALL, SERVICE, Workload};
use crate::failure::Failure;
use crate::population::Instance;
use crate::process::Process;
use crate::servers::{answering, free_address};

/// Addresses in the last byte of `127.9.x.y`.
const PER_BYTE: usize = 250;

/// Running.
pub(crate) struct Upstream {
    pub(crate) process: Process,
    pub(crate) addresses: Vec<SocketAddr>,
    _folder: TempDir,
}

impl Upstream {
    /// With so many addresses; returns when all paths are served.
    ///
    /// # Errors
    /// When there is no nginx, or it does not serve.
    pub(crate) async fn start(instances: usize, clock: &Clock) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("files"))?;
        for (name, bytes) in ALL.iter().filter_map(|workload| workload.file()) {
            fs::write(folder.path().join("files").join(name), vec![b'x'; bytes])?;
        }
        let port = free_address()?.port();
        let addresses: Vec<SocketAddr> = (0..instances).map(|number| address(number, port)).collect();
        let text = configuration(&addresses, folder.path(), rustix::process::getuid().is_root());
        fs::write(folder.path().join("nginx.conf"), text)?;
        let mut process = Process::start(
            "the upstream nginx",
            Command::new("nginx").arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "error.log"]),
        )
        .map_err(|failure| Failure::new(format!("{failure}; {NGINX_MISSING}")))?;
        for address in [addresses.first(), addresses.last()].into_iter().flatten() {
            answering(&mut process, *address, &Workload::Small.path(), clock).await?;
        }
        Ok(Self { process, addresses, _folder: folder })
    }

    /// As the registry is to know them.
    pub(crate) fn instances(&self) -> Vec<Instance> {
        let instance = |address: &SocketAddr| {
            let (ip, port) = (address.ip().to_string(), address.port());
            Instance { id: format!("{ip}:{SERVICE}:{port}"), app: SERVICE.to_owned(), ip, port }
        };
        self.addresses.iter().map(instance).collect()
    }
}

fn address(number: usize, port: u16) -> SocketAddr {
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let ip = Ipv4Addr::new(127, 9, byte(number / PER_BYTE), byte(number % PER_BYTE + 1));
    SocketAddr::V4(SocketAddrV4::new(ip, port))
}

/// Paths are served with and without the service in front: some programs take it off, others need not. A posted body is
/// read to its end before it is answered, as an application does it, by passing it on to a second server.
fn configuration(addresses: &[SocketAddr], folder: &Path, as_root: bool) -> String {
    let user = if as_root { "user root;\n" } else { "" };
    // Other than files, sockets are not looked for below nginx's own folder.
    let reader = format!("unix:{}/reader.sock", folder.display());
    let listen: String = addresses.iter().map(|address| format!("    listen {address} backlog=4096;\n")).collect();
    format!(
        r#"{user}daemon off;
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  default_type text/plain;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  open_file_cache max=16 inactive=300s;
  client_body_buffer_size 64k;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  upstream reader {{ server {reader}; keepalive 1024; keepalive_requests 100000000; }}
  server {{ listen {reader}; location / {{ return 200 "read\n"; }} }}
  server {{
{listen}    location / {{ root files; }}
    location /{SERVICE}/ {{ alias files/; }}
    location = /post {{ proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://reader/; }}
    location = /{SERVICE}/post {{ proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://reader/; }}
  }}
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instance_has_an_address_of_its_own() {
        let mut all: Vec<SocketAddr> = (0..1_000).map(|number| address(number, 80)).collect();
        assert_eq!((all[0].to_string().as_str(), all[999].to_string().as_str()), ("127.9.0.1:80", "127.9.3.250:80"));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 1_000);
        let text = configuration(&all, Path::new("/folder"), false);
        assert_eq!(text.matches("listen 127.").count(), 1_000);
        assert!(text.contains("listen unix:/folder/reader.sock;"));
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
