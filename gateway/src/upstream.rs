//! The way to an instance: a connection from the pool or a new one, and one request over it.
//!
//! | module | what |
//! |---|---|
//! | `connection` | a connection for a request: shared (HTTP/2) or its own (HTTP/1.1) |
//! | `dial` | opening one: TCP, TLS, what is spoken |
//! | `tls` | whom TLS trusts, and what it offers to speak |
//! | `stream` | a connection's bytes: plain, or under TLS |
//! | `first_byte` | watches the bytes of a connection of HTTP/1.1 |
//! | `http1`, `http1/*` | one of HTTP/1.1 |
//! | `http2`, `http2/*` | one of HTTP/2, and its requests |
//! | `keep_alive` | how long an instance says that it keeps an idle connection |
//! | `links` | the connections of HTTP/2 to one instance, and who waits for them |
//! | `pool` | idle connections, and the links |
//! | `send`, `send/*` | one try of one request over a connection |
//! | `upload` | a caller's body on its way |
//! | `instance_body` | an instance's body, however it comes |
//! | `answer_head` | whether an answer can be read in one way only |

pub(crate) mod answer_head;
pub(crate) mod connection;
pub(crate) mod dial;
mod first_byte;
pub(crate) mod http1;
mod http2;
pub(crate) mod instance_body;
mod keep_alive;
mod links;
pub(crate) mod pool;
pub(crate) mod send;
mod stream;
pub(crate) mod tls;
pub(crate) mod upload;

pub(crate) use connection::Connection;
pub(crate) use pool::Pool;
