//! The operating system asks whether a machine is still there that has said nothing for so long: streams may be silent for hours,
//! and a machine that has lost its power never ends a connection.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// Until the first question, and three times as often until there is an answer.
const SILENCE: Duration = Duration::from_secs(30);

/// Of a connection; or of a listener, for all that come to it.
pub(crate) fn set_tcp_keep_alive(socket: &impl AsFd) -> io::Result<()> {
    let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE / 3);
    SockRef::from(socket).set_tcp_keepalive(&keepalive)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    use super::*;

    #[test]
    fn whoever_comes_to_a_listener_is_asked_too() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        set_tcp_keep_alive(&listener).unwrap();
        let _caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let accepted = SockRef::from(&accepted);
        assert!(accepted.keepalive().unwrap());
        assert_eq!(accepted.tcp_keepalive_time().unwrap(), SILENCE);
    }
}
