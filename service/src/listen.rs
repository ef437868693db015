//! Binding ports, with an error a person can act on.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::properties::{ConfigError, Properties};

/// Connections that may wait to be accepted, per listener.
const BACKLOG: i32 = 1_024;

/// A port that could not be bound.
#[derive(Debug)]
pub struct BindError {
    what: String,
    address: SocketAddr,
    source: io::Error,
    port_key: &'static str,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot listen on {}: ", self.what, self.address)?;
        match self.source.kind() {
            io::ErrorKind::AddrInUse => {
                write!(f, "the port is in use; stop what uses it or choose another with {}", self.port_key)
            }
            io::ErrorKind::AddrNotAvailable => f.write_str("this machine does not have that address"),
            io::ErrorKind::PermissionDenied => f.write_str("not permitted; ports below 1024 need privileges"),
            _ => write!(f, "{}", self.source),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// What a port is for, and which properties say where it is.
#[derive(Clone, Copy, Debug)]
pub struct Purpose {
    /// As a person calls it: "the gateway".
    pub what: &'static str,
    /// The property that sets the address.
    pub address_key: &'static str,
    /// The property that sets the port.
    pub port_key: &'static str,
    /// The port when nobody says another.
    pub default_port: u16,
}

impl Purpose {
    /// Where to listen; the loopback address unless another is set.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no address or port.
    pub fn endpoint(&self, properties: &Properties) -> Result<(IpAddr, u16), ConfigError> {
        let allowed = "an IP address, e.g. 127.0.0.1 or 0.0.0.0";
        let address = properties.parsed(self.address_key, allowed)?.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Ok((address, properties.number(self.port_key, self.default_port, 0..=u16::MAX)?))
    }

    /// The same for the main port of a process of its own, where Spring's `server.address` and `server.port` mean it
    /// unless its own names are set.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no address or port.
    pub fn endpoint_of_process(&self, properties: &Properties) -> Result<(IpAddr, u16), ConfigError> {
        let general = Self { address_key: "server.address", port_key: "server.port", ..*self };
        let (address, port) = general.endpoint(properties)?;
        let (own_address, own_port) = self.endpoint(properties)?;
        Ok((
            if properties.string(self.address_key).is_some() { own_address } else { address },
            if properties.string(self.port_key).is_some() { own_port } else { port },
        ))
    }
}

/// Binds one listener.
///
/// # Errors
/// [`BindError`] names the address, the reason and the property to change.
pub fn bind(purpose: Purpose, (address, port): (IpAddr, u16)) -> Result<TcpListener, BindError> {
    let address = SocketAddr::new(address, port);
    listening(address, false).map_err(|source| BindError {
        what: purpose.what.to_owned(),
        address,
        source,
        port_key: purpose.port_key,
    })
}

/// Binds the same address once per core with `SO_REUSEPORT`, so that the kernel spreads connections and no core waits for another.
///
/// # Errors
/// [`BindError`], also when another process has the port with `SO_REUSEPORT`: sharing it silently would split the traffic.
pub fn bind_per_core(
    purpose: Purpose,
    (address, port): (IpAddr, u16),
    count: usize,
) -> Result<Vec<TcpListener>, BindError> {
    // An exclusive bind first: it fails where a shared one would quietly join a stranger's.
    let probe = bind(purpose, (address, port))?;
    let failed = |source| BindError {
        what: purpose.what.to_owned(),
        address: SocketAddr::new(address, port),
        source,
        port_key: purpose.port_key,
    };
    let bound = probe.local_addr().map_err(failed)?;
    drop(probe);
    (0..count.max(1)).map(|_| listening(bound, true).map_err(failed)).collect()
}

fn listening(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Restarting must not wait for old connections in TIME_WAIT.
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const PURPOSE: Purpose = Purpose {
        what: "the gateway",
        address_key: "eurus.gateway.address",
        port_key: "eurus.gateway.port",
        default_port: 8080,
    };

    #[test]
    fn a_port_in_use_names_the_port_and_the_key() {
        let taken = bind(PURPOSE, (LOOPBACK, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        for error in [bind(PURPOSE, (LOOPBACK, port)).err(), bind_per_core(PURPOSE, (LOOPBACK, port), 2).err()] {
            let text = error.expect("in use").to_string();
            assert!(text.contains(&port.to_string()) && text.contains("eurus.gateway.port"), "{text}");
        }
    }

    #[test]
    fn a_process_of_its_own_also_reads_springs_names() {
        let endpoints = |flags: &[(&str, &str)]| {
            let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let sources = crate::properties::Sources { flags, ..Default::default() };
            let (properties, _) = Properties::layered(sources).unwrap();
            (PURPOSE.endpoint(&properties).unwrap().1, PURPOSE.endpoint_of_process(&properties).unwrap().1)
        };
        assert_eq!(endpoints(&[]), (8080, 8080));
        assert_eq!(endpoints(&[("server.port", "1")]), (8080, 1));
        assert_eq!(endpoints(&[("server.port", "1"), ("eurus.gateway.port", "2")]), (2, 2));
    }

    #[test]
    fn shared_listeners_of_another_process_are_not_joined() {
        let shared = bind_per_core(PURPOSE, (LOOPBACK, 0), 2).unwrap();
        let port = shared[0].local_addr().unwrap().port();
        assert_eq!(shared[1].local_addr().unwrap().port(), port);
        assert!(bind_per_core(PURPOSE, (LOOPBACK, port), 2).is_err());
    }
}
