//! Reading from a socket together with the moment at which the kernel took the bytes in. Whoever reads may wait for a core
//! first: what was sent before something else may be read after it. The kernel's moment lies inside the sender's
//! `write` where both are on one machine, so that cause comes before effect whoever has to wait.
//!
//! Moments are of the system's clock, since the kernel's are, µs since 1970.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Arrivals(TcpStream);

/// Now, by the clock that the kernel notes arrivals with.
pub(crate) fn now_us() -> i64 {
    let now = clock_gettime(ClockId::Realtime);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

/// Has arrivals noted. Connections have it from their listener, from the first byte on.
///
/// # Errors
/// When the kernel does not.
pub(crate) fn note(socket: &impl AsFd) -> io::Result<()> {
    Ok(setsockopt(socket, sockopt::ReceiveTimestampns, &true)?)
}

impl Arrivals {
    /// Over a connection that stands.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(crate) fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        note(&stream)?;
        Ok(Self(stream))
    }

    /// # Errors
    /// When nobody is there.
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address).await?)
    }

    /// How many bytes came, none at the end, and when the last of them did.
    ///
    /// # Errors
    /// When the connection broke, or the kernel does not say when.
    pub(crate) async fn read(&self, buffer: &mut [u8]) -> io::Result<(usize, i64)> {
        loop {
            self.0.readable().await?;
            match self.0.try_io(Interest::READABLE, || receive(&self.0, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => return received,
            }
        }
    }

    /// # Errors
    /// When the connection broke.
    pub(crate) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }
}

fn receive(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<(usize, i64)> {
    let mut space = nix::cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(buffer)];
    let received = recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(&mut space), MsgFlags::MSG_DONTWAIT)?;
    let arrived = received.cmsgs()?.find_map(|message| match message {
        ControlMessageOwned::ScmTimestampns(at) => Some(at.tv_sec() * 1_000_000 + at.tv_nsec() / 1_000),
        _ => None,
    });
    match (received.bytes, arrived) {
        (0, _) => Ok((0, now_us())),
        (count, Some(at_us)) => Ok((count, at_us)),
        (_, None) => Err(io::Error::other("the kernel does not say when bytes came")),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn bytes_came_when_they_were_sent_and_not_when_they_are_read() {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        note(&listener).unwrap();
        let mut buffer = [0; 16];
        // The kernel begins to note a moment after the first socket has asked for it.
        let (mut sender, receiver) = loop {
            let mut sender = Arrivals::connect(listener.local_addr().unwrap()).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let receiver = Arrivals::over(stream).unwrap();
            sender.write_all(b"is it so").await.unwrap();
            if receiver.read(&mut buffer).await.is_ok() {
                break (sender, receiver);
            }
        };
        let before_us = now_us();
        sender.write_all(b"hello").await.unwrap();
        let after_us = now_us();
        // The reader is late.
        while now_us() < after_us + 5_000 {
            tokio::task::yield_now().await;
        }
        let (count, at_us) = receiver.read(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..count], b"hello");
        assert!((before_us..=after_us).contains(&at_us), "{before_us} {at_us} {after_us}");
    }
}
