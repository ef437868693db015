//! Facts of this machine that Spring gives names to, looked up only when a placeholder asks.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// The value of a name, if it is one of those.
pub(super) fn fact(name: &str, environment: &[(String, String)]) -> Option<String> {
    let variable = |wanted: &str| environment.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    match name {
        "HOSTNAME" | "spring.cloud.client.hostname" => host_name(),
        "spring.cloud.client.ip-address" | "spring.cloud.client.ipAddress" => Some(outward_address().to_string()),
        "user.home" => variable("HOME"),
        "user.name" => variable("USER"),
        "user.dir" => std::env::current_dir().ok().map(|path| path.display().to_string()),
        "java.io.tmpdir" => Some(std::env::temp_dir().display().to_string()),
        _ => None,
    }
}

#[allow(clippy::disallowed_methods)] // Start-up: nothing else runs yet.
fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The address from which this machine would call others. Connecting a datagram socket sends nothing.
pub fn outward_address() -> IpAddr {
    let outward = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        socket.connect((Ipv4Addr::new(10, 255, 255, 255), 9)).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    outward().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
