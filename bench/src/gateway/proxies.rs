//! nginx and haproxy as an engineer would tune them for this: two workers, connections kept to the instances.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::workload::SERVICE;
use crate::failure::Failure;
use crate::process::Process;

pub(crate) const NGINX_MISSING: &str = "install nginx (apt-get install nginx-light)";
const HAPROXY_MISSING: &str = "install haproxy (apt-get install haproxy)";
/// Workers of each.
pub(crate) const WORKERS: usize = 2;
/// Idle connections that each of nginx's workers keeps to the instances.
const KEPT_MAX: usize = 2_048;

/// # Errors
/// When there is no nginx.
pub(crate) fn nginx(folder: &Path, address: SocketAddr, instances: &[SocketAddr]) -> Result<Process, Failure> {
    fs::create_dir(folder.join("nginx"))?;
    let folder = folder.join("nginx");
    fs::write(folder.join("nginx.conf"), nginx_configuration(address, instances, rustix::process::getuid().is_root()))?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "error.log"]);
    Process::start("nginx", &mut command).map_err(|failure| Failure::new(format!("{failure}; {NGINX_MISSING}")))
}

/// # Errors
/// When there is no haproxy.
pub(crate) fn haproxy(folder: &Path, address: SocketAddr, instances: &[SocketAddr]) -> Result<Process, Failure> {
    let file = folder.join("haproxy.cfg");
    fs::write(&file, haproxy_configuration(address, instances))?;
    Process::start("haproxy", Command::new("haproxy").arg("-db").arg("-f").arg(&file))
        .map_err(|failure| Failure::new(format!("{failure}; {HAPROXY_MISSING}")))
}

fn nginx_configuration(address: SocketAddr, instances: &[SocketAddr], as_root: bool) -> String {
    let user = if as_root { "user root;\n" } else { "" };
    let servers: String = instances.iter().map(|instance| format!("    server {instance};\n")).collect();
    format!(
        r#"{user}daemon off;
worker_processes {WORKERS};
pid nginx.pid;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  client_body_buffer_size 64k;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  upstream {SERVICE} {{
{servers}    keepalive {KEPT_MAX};
    keepalive_requests 100000000;
    keepalive_timeout 300s;
  }}
  server {{
    listen {address} backlog=4096 reuseport;
    location /{SERVICE}/ {{
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $proxy_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_pass http://{SERVICE}/;
    }}
  }}
}}
"#
    )
}

fn haproxy_configuration(address: SocketAddr, instances: &[SocketAddr]) -> String {
    let mut text = format!(
        "global\n  nbthread {WORKERS}\n  maxconn 8192\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 300s\n  \
         timeout server 300s\n  option forwardfor\n  http-reuse always\nfrontend callers\n  bind {address}\n  \
         default_backend {SERVICE}\nbackend {SERVICE}\n  balance roundrobin\n"
    );
    for (number, instance) in instances.iter().enumerate() {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  server i{number} {instance}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_know_all_instances() {
        let instances: Vec<SocketAddr> =
            ["127.9.0.1:80", "127.9.0.2:80"].iter().map(|text| text.parse().unwrap()).collect();
        let address = "127.0.0.1:90".parse().unwrap();
        let nginx = nginx_configuration(address, &instances, false);
        assert!(nginx.contains("    server 127.9.0.2:80;\n") && nginx.contains("listen 127.0.0.1:90 "));
        assert_eq!(nginx.matches('{').count(), nginx.matches('}').count());
        let haproxy = haproxy_configuration(address, &instances);
        assert!(haproxy.contains("\n  server i1 127.9.0.2:80\n") && haproxy.contains("\n  bind 127.0.0.1:90\n"));
    }
}
