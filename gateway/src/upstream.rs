//! The way to an instance: a connection from the pool or a new one, and one request over it.

pub(crate) mod answer_head;
pub(crate) mod connection;
mod first_byte;
pub(crate) mod pool;
pub(crate) mod send;
pub(crate) mod upload;

pub(crate) use connection::Connection;
pub(crate) use pool::Pool;
