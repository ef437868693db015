//! What the gateway registers itself as, so that the downline service finds every node of its group.

use std::net::{IpAddr, SocketAddr};

use eurus_model::{InstanceInfo, Port};

use crate::config::GatewayConfig;
use crate::listeners::DataAddresses;

/// Metadata key of the admin port: Spring's name.
const MANAGEMENT_PORT: &str = "management.port";
/// Metadata key of the admin address.
pub(crate) const ADMIN: &str = "eurus.admin";

/// The gateway as an instance of its group.
pub(crate) fn own_instance(
    config: &GatewayConfig,
    (data, main): (DataAddresses, SocketAddr),
    admin: SocketAddr,
    now_ms: i64,
) -> InstanceInfo {
    let ip = config.ip_to_register(main.ip());
    let admin_port = admin.port();
    let scheme = if config.admin.tls.is_some() { "https" } else { "http" };
    let admin = reachable_admin(admin, ip);
    let host = config.host_to_register(ip);
    let id = config.instance_id_at(main);
    let mut instance = InstanceInfo::new(&config.group, &id, &host, &ip.to_string());
    instance.port = Port { number: i32::from(main.port()), enabled: data.plain.is_some() };
    if let Some(tls) = data.tls {
        instance.secure_port = Port { number: i32::from(tls.port()), enabled: true };
    }
    instance.lease.renewal_interval_s = config.renewal_interval_s;
    instance.lease.duration_s = config.lease_duration_s;
    instance.last_dirty_ms = now_ms;
    let vip = config.group.to_lowercase();
    (instance.vip_address, instance.secure_vip_address) = (Some(vip.clone()), Some(vip));
    instance.status_page_url = admin.map(|admin| format!("{scheme}://{admin}/services"));
    instance.health_check_url = admin.map(|admin| format!("{scheme}://{admin}/actuator/health"));
    instance.metadata = config.metadata.clone();
    let own = [
        (MANAGEMENT_PORT, Some(admin_port.to_string())),
        (ADMIN, admin.map(|admin| format!("{scheme}://{admin}"))),
        (InstanceInfo::INTERNAL, Some("true".to_owned())),
    ];
    for (key, value) in own {
        // Ours counts: a stale value in a file would lead the downline service astray.
        instance.metadata.retain(|(known, _)| known != key);
        instance.metadata.extend(value.map(|value| (key.to_owned(), value)));
    }
    instance
}

/// The address to register for the admin API, which may listen elsewhere than at the registered one. `None`: on the
/// loopback address, where the one who reads the registration on another machine would find itself.
fn reachable_admin(bound: SocketAddr, registered: IpAddr) -> Option<SocketAddr> {
    if bound.ip().is_unspecified() {
        return Some(SocketAddr::new(registered, bound.port()));
    }
    if bound.ip().is_loopback() && !registered.is_loopback() {
        log::warn!(
            "the admin API listens on {bound} and this gateway registers as {registered}: a downline service on another \
             machine cannot reach it. Set eurus.gateway.admin.address; {ADMIN} is left out of the registration"
        );
        return None;
    }
    Some(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_its_admin_address() {
        let mut config = GatewayConfig::stock();
        config.metadata = vec![("zone".to_owned(), "a".to_owned()), (ADMIN.to_owned(), "http://stale".to_owned())];
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let table = [
            ("127.0.0.5:8080", "127.0.0.5:8081", None, "127.0.0.5", Some("http://127.0.0.5:8081")),
            ("0.0.0.0:8080", "0.0.0.0:8081", Some("10.0.0.7"), "10.0.0.7", Some("http://10.0.0.7:8081")),
            ("0.0.0.0:8080", "127.0.0.1:8081", Some("127.0.0.1"), "127.0.0.1", Some("http://127.0.0.1:8081")),
            // The loopback address of whoever reads it is not ours.
            ("0.0.0.0:8080", "127.0.0.1:8081", Some("10.0.0.7"), "10.0.0.7", None),
            ("10.0.0.7:8080", "127.0.0.1:8081", None, "10.0.0.7", None),
            ("10.0.0.7:8080", "0.0.0.0:8081", None, "10.0.0.7", Some("http://10.0.0.7:8081")),
            ("[::1]:8080", "[::1]:8081", None, "::1", Some("http://[::1]:8081")),
        ];
        for (data, admin, advertised, ip, admin_url) in table {
            config.advertised_ip = advertised.map(|ip| ip.parse().unwrap());
            let plain = DataAddresses { plain: Some(address(data)), tls: None };
            let instance = own_instance(&config, (plain, address(data)), address(admin), 5);
            assert_eq!(instance.ip_addr, ip);
            assert_eq!(instance.instance_id, format!("{ip}:eurus-gateway:8080"));
            assert_eq!(instance.metadata(ADMIN), admin_url);
            assert_eq!(instance.status_page_url, admin_url.map(|url| format!("{url}/services")));
            assert_eq!(instance.metadata(MANAGEMENT_PORT), Some("8081"));
            assert_eq!(instance.metadata("zone"), Some("a"));
            assert_eq!(instance.app, "EURUS-GATEWAY");
        }
    }

    #[test]
    fn it_names_the_ports_that_are_open() {
        let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        for (plain, tls, port, secure_port) in [
            (Some(1), None, (1, true), (7002, false)),
            (Some(1), Some(2), (1, true), (2, true)),
            (None, Some(2), (2, false), (2, true)),
        ] {
            let data = DataAddresses { plain: plain.map(address), tls: tls.map(address) };
            let instance = own_instance(&GatewayConfig::stock(), (data, data.main().unwrap()), address(9), 5);
            assert_eq!((instance.port.number, instance.port.enabled), port);
            assert_eq!((instance.secure_port.number, instance.secure_port.enabled), secure_port);
        }
    }

    /// Else all gateways would be one instance to the registry.
    #[test]
    fn a_listener_on_all_addresses_is_not_registered_without_an_address() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let mut config = GatewayConfig::stock();
        for all in ["0.0.0.0:8080", "[::]:8080"] {
            let refused = config.check_registrable(address(all)).unwrap_err().to_string();
            assert!(refused.contains("eureka.instance.ip-address") && refused.contains(all), "{refused}");
        }
        assert!(config.check_registrable(address("127.0.0.1:8080")).is_ok());
        config.register = false;
        assert!(config.check_registrable(address("0.0.0.0:8080")).is_ok());
        (config.register, config.advertised_ip) = (true, Some(IpAddr::from([10, 0, 0, 7])));
        assert!(config.check_registrable(address("0.0.0.0:8080")).is_ok());
    }
}
