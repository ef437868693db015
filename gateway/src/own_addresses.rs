//! Where this gateway itself listens. No request is sent there: one to the data plane would go round in a circle, one to
//! the admin API would let every caller of the gateway call it from within.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// The gateway's own listeners.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnAddresses {
    listening: Vec<SocketAddr>,
    /// The address under which others reach them, when it is not the one they are bound to.
    advertised: Option<IpAddr>,
}

impl OwnAddresses {
    /// Of these listeners.
    pub(crate) fn new(listening: Vec<SocketAddr>, advertised: Option<IpAddr>) -> Self {
        Self { listening, advertised }
    }

    /// Whether a connection to this address would come back to us.
    pub(crate) fn contains(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.listening.iter().filter(|own| own.port() == address.port()).any(|own| {
            let bound = own.ip().to_canonical();
            self.advertised == Some(ip) || bound == ip || (bound.is_unspecified() && is_of_this_machine(ip))
        })
    }
}

/// What can be bound is this machine's own: the system knows its interfaces, we need not list them. Nothing is sent.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_to_us() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let listening = vec![address("0.0.0.0:8080"), address("127.0.0.1:8081")];
        let own = OwnAddresses::new(listening, Some(IpAddr::from([192, 0, 2, 7])));
        let table = [
            ("127.0.0.1:8080", true),
            ("127.0.0.2:8080", true),
            ("[::1]:8080", true),
            ("[::ffff:127.0.0.1]:8080", true),
            ("192.0.2.7:8080", true),
            ("192.0.2.8:8080", false),
            ("127.0.0.1:8081", true),
            ("[::ffff:127.0.0.1]:8081", true),
            ("192.0.2.7:8081", true),
            ("127.0.0.2:8081", false),
            ("127.0.0.1:8082", false),
        ];
        for (text, expected) in table {
            assert_eq!(own.contains(address(text)), expected, "{text}");
        }
        assert!(!OwnAddresses::default().contains(address("127.0.0.1:8080")));
    }
}
