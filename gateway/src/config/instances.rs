//! How instances are called.

use std::collections::HashMap;

use eurus_service::tls::ClientFiles;

/// What is spoken with instances, and how it is secured. Names of services are upper-case.
#[derive(Clone, Debug, Default)]
pub struct InstancesConfig {
    /// What is spoken where neither the service's configuration nor the instance's metadata says it.
    pub protocol: Protocol,
    /// By service.
    pub protocols: HashMap<String, Protocol>,
    /// Which port is called.
    pub secure: Secure,
    /// By service.
    pub secures: HashMap<String, Secure>,
    /// The name that certificates must have; `None`: the host name of the registration.
    pub server_name: Option<String>,
    /// By service.
    pub server_names: HashMap<String, String>,
    /// Whom TLS trusts, and what it shows; `None`: the system's authorities, and nothing.
    pub tls: Option<ClientFiles>,
    /// Connections of HTTP/2.
    pub http2: InstancesHttp2,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Under TLS what is agreed upon, HTTP/2 rather than HTTP/1.1; else HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2; without TLS with prior knowledge.
    Http2,
}

/// Which of an instance's ports is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secure {
    /// The secure one, if it is enabled.
    #[default]
    Registered,
    /// The secure one.
    Always,
    /// The plain one.
    Never,
}

/// Limits of connections of HTTP/2 to instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstancesHttp2 {
    /// Requests under way on one connection; fewer, if the instance says so.
    pub streams_max: u32,
    /// Connections of one data-plane thread to one instance. Beyond: requests wait.
    pub connections_max: usize,
    /// Requests of one data-plane thread that wait for one instance, for as long as a connection may take to open. Beyond:
    /// another instance, or 503.
    pub pending_max: usize,
    /// What an instance may send of one answer before its caller has taken it, bytes. A connection takes as much of each of
    /// its answers, so that a caller that takes none holds up no other one.
    pub stream_window_bytes: u32,
    /// How often an instance is asked whether it is still there, milliseconds; 0: never.
    pub ping_interval_ms: u64,
    /// How long it may take to answer that, milliseconds.
    pub ping_timeout_ms: u64,
}

impl Default for InstancesHttp2 {
    fn default() -> Self {
        Self {
            streams_max: 100,
            connections_max: 8,
            pending_max: 1_000,
            stream_window_bytes: 128 * 1024,
            // gRPC's servers close connections that ask more often than every five minutes while nothing else passes.
            ping_interval_ms: 330_000,
            ping_timeout_ms: 10_000,
        }
    }
}

impl InstancesConfig {
    /// What is configured for this service.
    pub(crate) fn protocol_of(&self, service: &str) -> Option<Protocol> {
        of(&self.protocols, service).copied()
    }

    /// Which port of this service's instances is called.
    pub(crate) fn secure(&self, service: &str) -> Secure {
        of(&self.secures, service).copied().unwrap_or(self.secure)
    }

    /// What is configured for this service, or for all.
    pub(crate) fn server_name(&self, service: &str) -> Option<&str> {
        of(&self.server_names, service).or(self.server_name.as_ref()).map(String::as_str)
    }
}

/// Most configurations say nothing of services.
fn of<'a, T>(by_service: &'a HashMap<String, T>, service: &str) -> Option<&'a T> {
    if by_service.is_empty() { None } else { by_service.get(&service.to_uppercase()) }
}

impl Protocol {
    /// Of its name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "auto" => Some(Self::Auto),
            "http1" => Some(Self::Http1),
            "http2" => Some(Self::Http2),
            _ => None,
        }
    }
}

impl Secure {
    /// Of its name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "registered" => Some(Self::Registered),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }
}
