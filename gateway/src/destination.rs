//! Where an instance is called, and what is spoken there: by its registration, as Spring Cloud LoadBalancer reads it, and by
//! what is configured for its service.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use eurus_model::InstanceInfo;
use rustls::pki_types::ServerName;

use crate::config::{InstancesConfig, Protocol, Secure};
use crate::own_addresses::OwnAddresses;
use crate::service::NoAddress;

/// Metadata by which an instance says what it speaks: `http1` or `http2`.
const PROTOCOL: &str = "eurus.protocol";

/// Metadata by which frameworks say where gRPC is served: grpc-spring's, and its other spelling.
const GRPC_PORTS: [&str; 3] = ["gRPC_port", "gRPC.port", "grpc-port"];

/// What HTTP is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Spoken {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, without asking.
    Http2,
    /// What is agreed upon under TLS (ALPN): HTTP/2, or else HTTP/1.1.
    Negotiated,
}

/// One address of an instance, and what is spoken there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Destination {
    pub(crate) address: SocketAddr,
    pub(crate) spoken: Spoken,
    /// The name that its certificate must have; `None`: no TLS.
    pub(crate) server_name: Option<ServerName<'static>>,
    /// What requests call it.
    pub(crate) authority: Bytes,
}

/// All that is called of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Destinations {
    pub(crate) main: Destination,
    /// For gRPC; `None`: `main`.
    pub(crate) grpc: Option<Destination>,
}

impl Destination {
    /// Plain HTTP/1.1.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self { address, spoken: Spoken::Http1, server_name: None, authority: Bytes::from(address.to_string()) }
    }

    fn new(address: SocketAddr, spoken: Spoken, server_name: Option<ServerName<'static>>) -> Self {
        // Under TLS servers compare what they are called with what their certificate says.
        let authority = match &server_name {
            Some(ServerName::DnsName(name)) => format!("{}:{}", name.as_ref(), address.port()),
            _ => address.to_string(),
        };
        Self { address, spoken, server_name, authority: Bytes::from(authority) }
    }
}

impl From<SocketAddr> for Destinations {
    fn from(address: SocketAddr) -> Self {
        Self { main: Destination::plain(address), grpc: None }
    }
}

/// An instance's `ipAddr` with its secure port if that is enabled, else the plain one. Names are not resolved: the address is
/// what an order to take an instance down speaks of.
pub(crate) fn destinations_of(
    instance: &InstanceInfo,
    own: &OwnAddresses,
    config: &InstancesConfig,
) -> Result<Destinations, NoAddress> {
    if instance.is_internal() {
        return Err(NoAddress::Internal);
    }
    let ip: IpAddr = instance.ip_addr.parse().map_err(|_| NoAddress::NotAnIp(instance.ip_addr.clone()))?;
    check_ip(ip)?;
    let service = instance.app.as_str();
    let is_secure = match config.secure(service) {
        Secure::Registered => instance.secure_port.enabled,
        Secure::Always => true,
        Secure::Never => false,
    };
    let port = if is_secure { &instance.secure_port } else { &instance.port };
    if !port.enabled {
        return Err(if is_secure { NoAddress::SecurePortDisabled } else { NoAddress::PlainPortDisabled });
    }
    let address = callable(ip, port.number, own)?;
    let name = || server_name(instance, config);
    let spoken = match (protocol(instance, config)?, is_secure) {
        (Protocol::Http1, _) | (Protocol::Auto, false) => Spoken::Http1,
        (Protocol::Http2, _) => Spoken::Http2,
        (Protocol::Auto, true) => Spoken::Negotiated,
    };
    let main = Destination::new(address, spoken, if is_secure { Some(name()?) } else { None });
    let grpc = match grpc_port(instance) {
        None => None,
        Some(text) => {
            let number = text.trim().parse().map_err(|_| NoAddress::BadGrpcPort(text.to_owned()))?;
            let address = callable(ip, number, own)?;
            let is_secure = match config.secure(service) {
                Secure::Always => true,
                Secure::Never => false,
                Secure::Registered => instance.secure_port.enabled && instance.secure_port.number == number,
            };
            Some(Destination::new(address, Spoken::Http2, if is_secure { Some(name()?) } else { None }))
        }
    };
    Ok(Destinations { main, grpc })
}

fn grpc_port(instance: &InstanceInfo) -> Option<&str> {
    let is_one = |key: &str| GRPC_PORTS.iter().any(|name| name.eq_ignore_ascii_case(key));
    instance.metadata.iter().find(|(key, _)| is_one(key)).map(|(_, value)| value.as_str())
}

/// What is configured for the service, else what the instance says, else what is configured for all.
fn protocol(instance: &InstanceInfo, config: &InstancesConfig) -> Result<Protocol, NoAddress> {
    if let Some(protocol) = config.protocol_of(&instance.app) {
        return Ok(protocol);
    }
    match instance.metadata(PROTOCOL) {
        None => Ok(config.protocol),
        Some(text) => Protocol::parse(text).ok_or_else(|| NoAddress::BadProtocol(text.to_owned())),
    }
}

/// What is configured, or the host name of the registration, which is what a Java client calls it.
fn server_name(instance: &InstanceInfo, config: &InstancesConfig) -> Result<ServerName<'static>, NoAddress> {
    let name = config.server_name(&instance.app).unwrap_or(&instance.host_name);
    ServerName::try_from(name.to_owned()).map_err(|_| NoAddress::BadServerName(name.to_owned()))
}

fn callable(ip: IpAddr, number: i32, own: &OwnAddresses) -> Result<SocketAddr, NoAddress> {
    match u16::try_from(number) {
        Ok(port) if port > 0 => {
            let address = SocketAddr::new(ip, port);
            if own.contains(address) { Err(NoAddress::Ourselves(address)) } else { Ok(address) }
        }
        _ => Err(NoAddress::BadPort(number)),
    }
}

/// Anybody who can register names an address: some of them lead where only this machine may go.
fn check_ip(ip: IpAddr) -> Result<(), NoAddress> {
    let canonical = ip.to_canonical();
    let is_link_local = match canonical {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    match () {
        () if canonical.is_unspecified() => Err(NoAddress::Unspecified),
        () if is_link_local => Err(NoAddress::LinkLocal(ip)),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests;
