//! sync-speed as it registers itself. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use eurus_model::{InstanceInfo, Port};

use crate::config::{OWN_APP, OwnRegistration};

/// From the configuration and the listener's address; `has_tls`: it speaks TLS there, and nothing else.
pub fn build(own: &OwnRegistration, listener: SocketAddr, has_tls: bool) -> InstanceInfo {
    let address = own.ip.unwrap_or_else(|| reachable(listener.ip()));
    let ip = address.to_string();
    let host_name = own.host_name.clone().unwrap_or_else(|| ip.clone());
    let port = listener.port();
    let name = OWN_APP.to_lowercase();
    let id = own.instance_id.clone().unwrap_or_else(|| format!("{host_name}:{name}:{port}"));
    let mut instance = InstanceInfo::new(OWN_APP, &id, &host_name, &ip);
    instance.port = Port { number: i32::from(port), enabled: !has_tls };
    instance.secure_port = Port { number: if has_tls { i32::from(port) } else { 443 }, enabled: has_tls };
    instance.vip_address = Some(name.clone());
    instance.secure_vip_address = Some(name);
    let scheme = if has_tls { "https" } else { "http" };
    let base = format!("{scheme}://{}", SocketAddr::new(address, port));
    let health = Some(format!("{base}/actuator/health"));
    match has_tls {
        true => instance.secure_health_check_url = health,
        false => instance.health_check_url = health,
    }
    instance.status_page_url = Some(format!("{base}/actuator/health"));
    instance.home_page_url = Some(format!("{base}/"));
    instance.metadata =
        vec![("management.port".to_owned(), port.to_string()), (InstanceInfo::INTERNAL.to_owned(), "true".to_owned())];
    if let Some(renewal_interval_s) = own.renewal_interval_s {
        instance.lease.renewal_interval_s = renewal_interval_s;
    }
    instance
}

/// Nobody can call `0.0.0.0`. Where the service is meant to be called from elsewhere, its address must be configured.
fn reachable(listener: IpAddr) -> IpAddr {
    match listener {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_listener_unless_told_otherwise() {
        let listener: SocketAddr = "127.0.0.1:8090".parse().unwrap();
        let instance = build(&OwnRegistration::default(), listener, false);
        assert_eq!(instance.instance_id, "127.0.0.1:eurus-sync-speed:8090");
        assert_eq!((instance.ip_addr.as_str(), instance.port.number), ("127.0.0.1", 8090));
        let everywhere: SocketAddr = "0.0.0.0:8090".parse().unwrap();
        assert_eq!(build(&OwnRegistration::default(), everywhere, false).ip_addr, "127.0.0.1");
        let own = OwnRegistration {
            ip: "10.0.0.9".parse().ok(),
            host_name: Some("host".to_owned()),
            instance_id: Some("me".to_owned()),
            renewal_interval_s: Some(5),
        };
        let instance = build(&own, listener, false);
        assert_eq!((instance.instance_id.as_str(), instance.ip_addr.as_str()), ("me", "10.0.0.9"));
        assert_eq!(instance.health_check_url.as_deref(), Some("http://10.0.0.9:8090/actuator/health"));
        assert_eq!(instance.lease.renewal_interval_s, 5);
        let over_tls = build(&own, listener, true);
        assert!(!over_tls.port.enabled && over_tls.secure_port == Port { number: 8090, enabled: true });
        assert_eq!(over_tls.secure_health_check_url.as_deref(), Some("https://10.0.0.9:8090/actuator/health"));
        assert_eq!(over_tls.home_page_url.as_deref(), Some("https://10.0.0.9:8090/"));
    }
}
