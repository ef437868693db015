//! The process's own words at start: where everything is, and what to try.

use std::path::Path;

use eurus_registry::ManagementUrls;

use super::{Addresses, Embedded};

/// As the user called it, so that what is shown can be pasted.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "eurus".to_owned())
}

/// What `eurus producer` must be told to find this registry; nothing where it looks by itself.
fn registry_flag(addresses: &Addresses, is_locked: bool) -> String {
    let url = addresses.reachable(if is_locked { "USER:PASSWORD@" } else { "" });
    if url == crate::producer::DEFAULT_REGISTRY { String::new() } else { format!(" --registry {url}") }
}

/// A line for the registry's health and metrics, where they have a port of their own.
fn management_line(addresses: &Addresses) -> String {
    let line = |urls: &ManagementUrls| format!("\n               health {}   metrics {}", urls.health, urls.metrics);
    addresses.management.as_ref().map(line).unwrap_or_default()
}

#[allow(clippy::print_stdout)] // For whoever started it.
pub(super) fn banner(embedded: &Embedded, stock_intervals: bool, data_dir: &Path, log_file: &Path) {
    let addresses = &embedded.addresses;
    let Addresses {
        gateway, gateway_scheme, gateway_admin, gateway_admin_scheme, sync_speed, sync_speed_scheme, ..
    } = addresses;
    println!(
        "eurus {version}

  registry     {registry}{management}
  gateway      {gateway_scheme}://{gateway}   admin API {gateway_admin_scheme}://{gateway_admin}
  sync-speed   {sync_speed_scheme}://{sync_speed}
  data         {data}   log {log}
  {intervals}

Try next, in another terminal:
  {program} producer --ip 127.0.0.2 --port 9001{at}
      a small service that registers itself; another one on 127.0.0.3, or start a Spring app with
      eureka.client.service-url.defaultZone={registry}
  curl {gateway_scheme}://{gateway}/demo-service/hello
  curl -X POST {sync_speed_scheme}://{sync_speed}/offline -H 'Content-Type: application/json' -d '{{\"ip\":\"127.0.0.2\"}}'
  curl {gateway_admin_scheme}://{gateway_admin}/services
  {program} demo
      the whole story in 12 seconds

Ctrl-C stops it.",
        version = env!("CARGO_PKG_VERSION"),
        program = program(),
        intervals = embedded.intervals.in_words(stock_intervals),
        at = registry_flag(addresses, embedded.is_locked),
        registry = addresses.service_url(),
        management = management_line(addresses),
        data = data_dir.display(),
        log = log_file.display(),
    );
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn addresses(registry: &str, context_path: &str) -> Addresses {
        let other = SocketAddr::from(([127, 0, 0, 1], 1));
        Addresses {
            registry: registry.parse().unwrap(),
            management: None,
            scheme: "http",
            context_path: context_path.to_owned(),
            gateway: other,
            gateway_scheme: "http",
            gateway_admin: other,
            gateway_admin_scheme: "http",
            sync_speed: other,
            sync_speed_scheme: "http",
        }
    }

    #[test]
    fn the_producer_of_the_banner_finds_the_registry() {
        for (registry, context_path, is_locked, expected) in [
            ("127.0.0.1:8761", "", false, ""),
            ("0.0.0.0:8761", "", false, ""),
            ("127.0.0.1:9000", "", false, " --registry http://127.0.0.1:9000/eureka/"),
            ("127.0.0.1:8761", "/r", false, " --registry http://127.0.0.1:8761/r/eureka/"),
            ("127.0.0.1:8761", "", true, " --registry http://USER:PASSWORD@127.0.0.1:8761/eureka/"),
        ] {
            assert_eq!(registry_flag(&addresses(registry, context_path), is_locked), expected);
        }
    }
}
