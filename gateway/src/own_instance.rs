//! What the gateway registers itself as, so that the downline service finds every node of its group.

use std::net::SocketAddr;

use eurus_model::{InstanceInfo, Port};

use crate::config::GatewayConfig;

/// Metadata key of the admin port: Spring's name.
const MANAGEMENT_PORT: &str = "management.port";
/// Metadata key of the admin address.
const ADMIN: &str = "eurus.admin";

/// The gateway as an instance of its group.
pub(crate) fn own_instance(config: &GatewayConfig, data: SocketAddr, admin: SocketAddr, now_ms: i64) -> InstanceInfo {
    let ip = config.ip_to_register(data.ip());
    let admin = SocketAddr::new(config.admin_ip_to_register(admin.ip()), admin.port());
    let host = config.hostname.clone().unwrap_or_else(|| ip.to_string());
    let default_id = || format!("{host}:{}:{}", config.group.to_lowercase(), data.port());
    let id = config.instance_id.clone().unwrap_or_else(default_id);
    let mut instance = InstanceInfo::new(&config.group, &id, &host, &ip.to_string());
    instance.port = Port { number: i32::from(data.port()), enabled: true };
    instance.lease.renewal_interval_s = config.renewal_interval_s;
    instance.lease.duration_s = config.lease_duration_s;
    instance.last_dirty_ms = now_ms;
    let vip = config.group.to_lowercase();
    (instance.vip_address, instance.secure_vip_address) = (Some(vip.clone()), Some(vip));
    instance.status_page_url = Some(format!("http://{admin}/services"));
    instance.health_check_url = Some(format!("http://{admin}/actuator/health"));
    instance.metadata = config.metadata.clone();
    let own = [
        (MANAGEMENT_PORT, admin.port().to_string()),
        (ADMIN, format!("http://{admin}")),
        (InstanceInfo::INTERNAL, "true".to_owned()),
    ];
    for (key, value) in own {
        // Ours counts: a stale value in a file would lead the downline service astray.
        instance.metadata.retain(|(known, _)| known != key);
        instance.metadata.push((key.to_owned(), value));
    }
    instance
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
            ("127.0.0.5:8080", "127.0.0.5:8081", None, "127.0.0.5", "http://127.0.0.5:8081"),
            ("0.0.0.0:8080", "127.0.0.1:8081", None, "127.0.0.1", "http://127.0.0.1:8081"),
            ("0.0.0.0:8080", "0.0.0.0:8081", Some("10.0.0.7"), "10.0.0.7", "http://10.0.0.7:8081"),
            ("0.0.0.0:8080", "127.0.0.1:8081", Some("10.0.0.7"), "10.0.0.7", "http://127.0.0.1:8081"),
            ("[::1]:8080", "[::1]:8081", None, "::1", "http://[::1]:8081"),
        ];
        for (data, admin, advertised, ip, admin_url) in table {
            config.advertised_ip = advertised.map(|ip| ip.parse().unwrap());
            let instance = own_instance(&config, address(data), address(admin), 5);
            assert_eq!(instance.ip_addr, ip);
            assert_eq!(instance.instance_id, format!("{ip}:eurus-gateway:8080"));
            assert_eq!(instance.metadata(ADMIN), Some(admin_url));
            assert_eq!(instance.metadata(MANAGEMENT_PORT), Some("8081"));
            assert_eq!(instance.metadata("zone"), Some("a"));
            assert_eq!(instance.app, "EURUS-GATEWAY");
        }
    }
}
