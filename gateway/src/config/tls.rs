//! How callers are spoken with over TLS.

use eurus_service::tls::EdgeTls;

/// Certificates, whom they are shown to, and what a handshake may cost.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// What is shown, and who is asked to show something.
    pub tls: EdgeTls,
    /// The port of TLS beside the one of plain HTTP; `None`: the gateway's port speaks TLS, and nothing else.
    pub port: Option<u16>,
    /// From connecting to the end of the handshake, milliseconds. Beyond: closed.
    pub handshake_timeout_ms: u64,
    /// Handshakes under way, of each data-plane thread. Beyond: further ones wait, within their time.
    pub handshakes_max: usize,
}
