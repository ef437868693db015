//! A caller's connection: it sends large bodies from its [`Outbox`], ends when it is idle, and hands everything else on.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::web::Data;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::idle::Idle;
use super::misdirected::is_tls;
use super::outbox::Outbox;
use super::server::KEEP_ALIVE;

/// Bytes that a connection may send before the others of its thread have their turn: a whole list goes out in several
/// turns, and a heartbeat does not wait for it.
const TURN_BYTES_MAX: usize = 1 << 20;

/// See the module.
pub(crate) struct Connection {
    stream: TcpStream,
    outbox: Rc<Outbox>,
    idle: Idle,
    /// Until its first bytes are here.
    unread: Option<Data<super::Context>>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, context: Data<super::Context>) -> Self {
        Self { stream, outbox: Rc::default(), idle: Idle::new(KEEP_ALIVE), unread: Some(context) }
    }

    /// Says it of a caller whose first bytes are those of TLS: the framework answers 400 and says nothing.
    fn look_at_first(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.first() else { return };
        let Some(context) = self.unread.take() else { return };
        if is_tls(*first) {
            let peer = self.stream.peer_addr().ok().map(|address| address.ip());
            context.misdirected.tls_to_plain.note(peer, context.clock.now_ms());
        }
    }

    pub(super) fn outbox(&self) -> Rc<Outbox> {
        Rc::clone(&self.outbox)
    }

    fn poll_outbox(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut turn_bytes = 0;
        while self.outbox.is_holding() {
            if turn_bytes >= TURN_BYTES_MAX {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_io(Interest::WRITABLE, || self.outbox.send(&self.stream)) {
                Ok(sent) => turn_bytes += sent,
                // Asking again has the task woken when there is room.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if self.unread.is_some() {
            self.look_at_first(&buffer.filled()[before..]);
        }
        if read.is_ready() || self.outbox.is_holding() {
            self.idle.moved();
        }
        // To the framework it is as if the caller had closed.
        if read.is_pending() && self.idle.poll(cx).is_ready() { Poll::Ready(Ok(())) } else { read }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.outbox.take_head(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_outbox(cx))?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_outbox(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_outbox(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
