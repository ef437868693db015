//! One keep-alive connection: a request out, its response in.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::broken::Broken;
use super::response::{Answer, Response};

/// Bytes read at once. One buffer serves all connections of a thread: between two reads nothing stays in it, so it
/// stays in the processor's cache.
const READ_BYTES: usize = 256 * 1024;

/// The buffer of a thread.
pub(crate) struct Scratch(RefCell<Vec<u8>>);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(vec![0; READ_BYTES]))
    }
}

/// A connection that is made again when the server has closed it, as Java's client does.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// How often it was made.
    pub(crate) made: u64,
}

impl Connection {
    /// Not connected yet.
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, made: 0 }
    }

    /// Connects unless it is connected.
    pub(crate) async fn connect(&mut self) -> io::Result<&mut TcpStream> {
        match &mut self.stream {
            Some(stream) => Ok(stream),
            empty => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                self.made += 1;
                Ok(empty.insert(stream))
            }
        }
    }

    /// One request and its response; the body goes to `body` part by part.
    ///
    /// # Errors
    /// [`Broken`]; the next exchange begins with a new connection.
    pub(crate) async fn exchange(
        &mut self,
        request: &[u8],
        scratch: &Scratch,
        mut body: impl FnMut(&[u8]),
    ) -> Result<Answer, Broken> {
        let answer = self.try_exchange(request, scratch, &mut body).await;
        if answer.as_ref().map_or(true, |answer| answer.closes) {
            self.stream = None;
        }
        answer
    }

    async fn try_exchange(
        &mut self,
        request: &[u8],
        scratch: &Scratch,
        body: &mut impl FnMut(&[u8]),
    ) -> Result<Answer, Broken> {
        let stream = self.connect().await?;
        stream.write_all(request).await?;
        let mut response = Response::new();
        loop {
            let read = poll_fn(|context| {
                let mut buffer = scratch.0.borrow_mut();
                let mut buffer = ReadBuf::new(&mut buffer);
                // Not try_read: only this way tokio knows, after a short read, that there is no more for now.
                match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(Err(error)) => Poll::Ready(Err(Broken::from(error))),
                    Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(response.end().map(Some)),
                    Poll::Ready(Ok(())) => Poll::Ready(response.feed(buffer.filled(), body)),
                }
            });
            if let Some(answer) = read.await? {
                return Ok(answer);
            }
        }
    }
}
