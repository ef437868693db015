//! Connections that speak TLS to a plain port, or plain HTTP to one with TLS: no request ever comes of them, so this is all
//! that is seen of a client whose URL says `http` for `https` or the other way round.

use super::peer_warning::PeerWarning;

/// With which every TLS connection begins, and no HTTP request.
const TLS_HANDSHAKE: u8 = 0x16;

/// See the module.
pub(crate) struct Misdirected {
    pub(crate) tls_to_plain: PeerWarning,
    pub(crate) plain_to_tls: PeerWarning,
    pub(crate) not_http: PeerWarning,
    pub(crate) handshake_failed: PeerWarning,
}

impl Default for Misdirected {
    fn default() -> Self {
        Self {
            tls_to_plain: PeerWarning::of(
                "it speaks TLS to a port that speaks plain HTTP: let its URL begin with http://, or set server.ssl here",
            ),
            plain_to_tls: PeerWarning::of(
                "it speaks plain HTTP to a port that speaks TLS: let its URL begin with https://, also in \
                 eureka.client.service-url and in what probes health",
            ),
            not_http: PeerWarning::of("what it sends is no HTTP: is it a port scan, or a client of something else?"),
            handshake_failed: PeerWarning::of(
                "the TLS handshake failed (does it trust this registry's certificate, and show one of its own where \
                 server.ssl.client-auth asks for it?): ",
            ),
        }
    }
}

impl Misdirected {
    /// For metrics.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 4] {
        [
            ("tls_to_plain", self.tls_to_plain.count()),
            ("plain_to_tls", self.plain_to_tls.count()),
            ("not_http", self.not_http.count()),
            ("tls_handshake_failed", self.handshake_failed.count()),
        ]
    }
}

/// Whether a connection that begins so wants TLS.
pub(super) fn is_tls(first: u8) -> bool {
    first == TLS_HANDSHAKE
}

/// Whether it is a request without TLS: all begin with the letter of a method.
pub(super) fn is_plain(first: u8) -> bool {
    first.is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_tells() {
        for (first, tls, plain) in [(0x16, true, false), (b'G', false, true), (b'P', false, true), (0, false, false)] {
            assert_eq!((is_tls(first), is_plain(first)), (tls, plain), "{first}");
        }
    }
}
