//! TLS by rustls: what a server shows and whom it asks to show something, and whom a client trusts.
//!
//! | module | what |
//! |---|---|
//! | [`server`] | [`ServerTls`], from `server.ssl.*` or `eurus.sync-speed.ssl.*` |
//! | [`edge`] | [`EdgeTls`]: the same with several certificates and HTTP/2, renewed while it is spoken; `eurus.gateway.ssl.*` |
//! | [`client`] | [`ClientTls`], from `eureka.client.tls.*` and `eurus.client.tls.*` |
//! | [`client_files`] | [`ClientFiles`]: a client's PEM files, read again when they are renewed; `eurus.gateway.instances.tls.*` |
//! | [`names`] | whom a certificate names |
//! | `identity` | a certificate chain with its key: PEM or PKCS12, checked |
//! | `further`, `by_name` | further certificates of a server; which of them a caller is shown |
//! | `anchors` | certificates that are trusted: PEM or PKCS12 |
//! | `own` | verifiers that take one certificate for what it is: the process's own |
//! | `key_store` | Java's PKCS12 files |
//! | `material` | the file, or the text, that a property names |
//!
//! Everything is read and checked at the start; a failure names the key, the file and why. But for `edge`
//! and `client_files` nothing is read again later: new certificates need a restart.

mod anchors;
mod by_name;
pub mod client;
pub mod client_files;
pub mod edge;
pub mod failures;
mod further;
mod identity;
mod key_store;
mod material;
mod named;
pub mod names;
mod own;
pub mod server;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use client::ClientTls;
pub use client_files::{ClientFiles, ClientReading};
pub use edge::EdgeTls;
pub use server::ServerTls;

/// Named wherever it is needed: a process-wide default would be whoever's was first.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests;
