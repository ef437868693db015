//! A connection that ends with a reset (RST) instead of an end (FIN), as one does whose other side has crashed.

use std::any::Any;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;

/// The connection below a request: its file descriptor once more.
struct Connection(OwnedFd);

/// Keeps the connection where its requests find it.
pub(super) fn keep(connection: &dyn Any, data: &mut Extensions) {
    let kept = connection.downcast_ref::<TcpStream>().and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
    kept.map(|fd| data.insert(Connection(fd)));
}

/// From now on the connection of a request ends with a reset.
pub(super) fn arm(request: &HttpRequest) -> bool {
    let connection = request.conn_data::<Connection>();
    connection.is_some_and(|Connection(fd)| rustix::net::sockopt::set_socket_linger(fd, Some(Duration::ZERO)).is_ok())
}
