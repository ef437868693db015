//! A caller's connection: it sends large bodies from its [`Outbox`], ends when it is idle, and hands everything else on.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::idle::Idle;
use super::misdirected::{is_plain, is_tls};
use super::outbox::Outbox;
use super::server::KEEP_ALIVE;
use super::watch::Watch;

/// Bytes that a connection may send before the others of its thread have their turn: a whole list goes out in several
/// turns, and a heartbeat does not wait for it.
const TURN_BYTES_MAX: usize = 256 << 10;
/// Bytes that are read at a time: the requests in them are answered before more is read.
const READ_BYTES_MAX: usize = 64 << 10;

/// See the module.
pub(crate) struct Connection {
    stream: TcpStream,
    outbox: Rc<Outbox>,
    idle: Idle,
    reading: Reading,
    watch: Arc<Watch>,
    is_unread: bool,
}

/// When to read on. The framework answers whatever it reads, and keeps the answers for as long as they are not taken: from
/// who sends requests and takes no answers, nothing more may be read.
#[derive(Debug, Default)]
struct Reading {
    /// Something is written that the system does not take yet.
    is_blocked: bool,
    /// Since the framework last wrote what it had.
    bytes: usize,
    was_refused: bool,
}

impl Reading {
    /// All is written. Whether the framework must be told that it may read on.
    fn go_on(&mut self) -> bool {
        let was_refused = self.was_refused;
        *self = Self::default();
        was_refused
    }
}

impl Connection {
    pub(super) fn new(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self {
            stream,
            outbox: Rc::default(),
            idle: Idle::new(KEEP_ALIVE),
            reading: Reading::default(),
            watch,
            is_unread: true,
        }
    }

    /// One that carries TLS: what its first bytes are is looked at before.
    pub(super) fn under_tls(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self { is_unread: false, ..Self::new(stream, watch) }
    }

    /// Says it of a caller whose first bytes are those of TLS: the framework answers 400 and says nothing.
    fn look_at_first(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.first() else { return };
        self.is_unread = false;
        if is_tls(*first) {
            self.watch.tls_to_plain(self.peer());
        } else if !is_plain(*first) {
            self.watch.not_http(self.peer());
        }
    }

    fn peer(&self) -> Option<IpAddr> {
        self.stream.peer_addr().ok().map(|address| address.ip())
    }

    pub(super) fn outbox(&self) -> Rc<Outbox> {
        Rc::clone(&self.outbox)
    }

    /// Who takes nothing for as long as a connection may be idle is cut off: his answers would be held for as long as he likes.
    fn unless_stalled<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        self.reading.is_blocked = true;
        ready!(self.idle.poll(cx));
        self.watch.stalled(self.peer());
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_outbox(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut turn_bytes = 0;
        while self.outbox.is_holding() {
            if turn_bytes >= TURN_BYTES_MAX {
                self.reading.is_blocked = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let room = self.stream.poll_write_ready(cx);
            ready!(self.unless_stalled(cx, room))?;
            match self.stream.try_io(Interest::WRITABLE, || self.outbox.send(&self.stream)) {
                Ok(sent) => {
                    turn_bytes += sent;
                    self.idle.moved();
                }
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
        if self.reading.is_blocked {
            // `poll_flush` wakes the task when all is written.
            self.reading.was_refused = true;
            return Poll::Pending;
        }
        if self.reading.bytes >= READ_BYTES_MAX {
            self.reading.bytes = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.reading.bytes += buffer.filled().len() - before;
        if self.is_unread {
            self.look_at_first(&buffer.filled()[before..]);
        }
        if read.is_ready() {
            self.idle.moved();
        } else if self.idle.poll(cx).is_ready() {
            // To the framework it is as if the caller had closed.
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.outbox.take_head(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_outbox(cx))?;
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if written.is_ready() && self.reading.is_blocked {
            self.idle.moved();
        }
        self.unless_stalled(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_outbox(cx))?;
        if self.reading.go_on() {
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_outbox(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody as _;
    use eurus_service::Clock;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;
    use crate::content::Content;
    use crate::held_bytes::HeldBytes;
    use crate::http::outbox::HandedOver;

    /// More than the system takes without a reader.
    const BODY_BYTES: usize = 16 << 20;

    async fn connected() -> (Connection, TcpStream, Arc<Watch>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let caller = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let watch = Arc::new(Watch::new(Clock::manual(0).0));
        (Connection::new(listener.accept().await.unwrap().0, Arc::clone(&watch)), caller, watch)
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_ends() {
        let (mut connection, mut caller, watch) = connected().await;
        caller.write_all(b"GET").await.unwrap();
        let mut begun = [0; 3];
        connection.read_exact(&mut begun).await.unwrap();
        let before = KEEP_ALIVE - Duration::from_secs(1);
        assert!(timeout(before, connection.read(&mut begun)).await.is_err());
        assert_eq!(connection.read(&mut begun).await.unwrap(), 0);
        assert_eq!(watch.stalled_count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_of_a_list_is_cut_off() {
        let (mut connection, mut caller, watch) = connected().await;
        let mut body = pin!(HandedOver::new(
            connection.outbox(),
            Arc::new(Content::from(vec![b'x'; BODY_BYTES])),
            Arc::new(HeldBytes::default().weigh(0))
        ));
        assert!(poll_fn(|cx| Poll::Ready(body.as_mut().poll_next(cx).is_pending())).await);
        connection.write_all(b"head").await.unwrap();
        let stalled = connection.flush().await.unwrap_err();
        assert_eq!((stalled.kind(), watch.stalled_count()), (io::ErrorKind::TimedOut, 1));
        // What was sent is in order, as far as it came.
        let mut taken = [0; 8];
        caller.read_exact(&mut taken).await.unwrap();
        assert_eq!(&taken, b"headxxxx");
    }
}
