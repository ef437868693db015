//! nginx and haproxy as an engineer would tune them for this: two workers, connections kept to the instances.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::certificate::Certificate;
use super::workload::SERVICE;
use crate::failure::Failure;
use crate::process::Process;

pub(crate) const NGINX_MISSING: &str = "install nginx (apt-get install nginx-light)";
const HAPROXY_MISSING: &str = "install haproxy (apt-get install haproxy)";
/// Workers of each.
pub(crate) const WORKERS: usize = 2;
/// Idle connections that each of nginx's workers keeps to the instances.
const KEPT_MAX: usize = 2_048;

/// Where a program listens, and what it shows under TLS.
pub(crate) struct Listening<'a> {
    pub(crate) plain: SocketAddr,
    pub(crate) tls: SocketAddr,
    pub(crate) certificate: &'a Certificate,
}

/// # Errors
/// When there is no nginx.
pub(crate) fn nginx(folder: &Path, at: &Listening<'_>, instances: &[SocketAddr]) -> Result<Process, Failure> {
    fs::create_dir(folder.join("nginx"))?;
    let folder = folder.join("nginx");
    fs::write(folder.join("nginx.conf"), nginx_configuration(at, instances, rustix::process::getuid().is_root()))?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "error.log"]);
    Process::start("nginx", &mut command).map_err(|failure| Failure::new(format!("{failure}; {NGINX_MISSING}")))
}

/// # Errors
/// When there is no haproxy.
pub(crate) fn haproxy(folder: &Path, at: &Listening<'_>, instances: &[SocketAddr]) -> Result<Process, Failure> {
    let file = folder.join("haproxy.cfg");
    fs::write(&file, haproxy_configuration(at, instances))?;
    Process::start("haproxy", Command::new("haproxy").arg("-db").arg("-f").arg(&file))
        .map_err(|failure| Failure::new(format!("{failure}; {HAPROXY_MISSING}")))
}

fn nginx_configuration(at: &Listening<'_>, instances: &[SocketAddr], as_root: bool) -> String {
    let user = if as_root { "user root;\n" } else { "" };
    let Listening { plain, tls, certificate } = at;
    let (shown, key) = (certificate.certificate.display(), certificate.key.display());
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
    listen {plain} backlog=4096 reuseport;
    listen {tls} ssl backlog=4096 reuseport;
    ssl_certificate {shown};
    ssl_certificate_key {key};
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

fn haproxy_configuration(at: &Listening<'_>, instances: &[SocketAddr]) -> String {
    let Listening { plain, tls, certificate } = at;
    let both = certificate.both.display();
    let mut text = format!(
        "global\n  nbthread {WORKERS}\n  maxconn 8192\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 300s\n  \
         timeout server 300s\n  option forwardfor\n  http-reuse always\nfrontend callers\n  bind {plain}\n  \
         bind {tls} ssl crt {both}\n  default_backend {SERVICE}\nbackend {SERVICE}\n  balance roundrobin\n"
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
        let [certificate, key, both] = ["/c.pem", "/k.pem", "/b.pem"].map(Into::into);
        let certificate = &Certificate { certificate, key, both };
        let (plain, tls) = ("127.0.0.1:90".parse().unwrap(), "127.0.0.1:91".parse().unwrap());
        let at = Listening { plain, tls, certificate };
        let nginx = nginx_configuration(&at, &instances, false);
        assert!(nginx.contains("    server 127.9.0.2:80;\n") && nginx.contains("listen 127.0.0.1:90 "));
        assert_eq!(nginx.matches('{').count(), nginx.matches('}').count());
        let haproxy = haproxy_configuration(&at, &instances);
        assert!(haproxy.contains("\n  server i1 127.9.0.2:80\n") && haproxy.contains("\n  bind 127.0.0.1:90\n"));
        assert!(nginx.contains("listen 127.0.0.1:91 ssl ") && nginx.contains("ssl_certificate /c.pem;"), "{nginx}");
        assert!(haproxy.contains("\n  bind 127.0.0.1:91 ssl crt /b.pem\n"), "{haproxy}");
    }
}
