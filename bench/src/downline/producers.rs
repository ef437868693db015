//! The instances that are taken offline: they answer at once, and note when each request's first byte reached them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::arrivals::{self, Arrivals};
use super::begun::Begun;
use crate::failure::Failure;

/// Application of all producers.
pub(crate) const APP: &str = "MEASURED";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
const HEAD_END: &[u8] = b"\r\n\r\n";
const READ_BYTES: usize = 16 * 1024;

/// One instance.
pub(crate) struct Producer {
    pub(crate) address: SocketAddr,
    begun_us: Arc<Mutex<Vec<i64>>>,
}

/// All of them, on one thread, until dropped.
pub(crate) struct Producers {
    pub(crate) each: Vec<Producer>,
    _stop: oneshot::Sender<()>,
}

impl Producers {
    /// Listens, each on an address of its own.
    ///
    /// # Errors
    /// When the addresses cannot be bound.
    pub(crate) fn start(count: u8) -> Result<Self, Failure> {
        let (mut each, mut listeners) = (Vec::new(), Vec::new());
        for last in 1..=count {
            let listener = TcpListener::bind((Ipv4Addr::new(127, 9, 0, last), 0))?;
            listener.set_nonblocking(true)?;
            arrivals::note(&listener)?;
            let begun_us = Arc::new(Mutex::new(Vec::new()));
            each.push(Producer { address: listener.local_addr()?, begun_us: Arc::clone(&begun_us) });
            listeners.push((listener, begun_us));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::Builder::new().name("producers".to_owned()).spawn(move || {
            runtime.block_on(async {
                for (listener, begun_us) in listeners {
                    tokio::spawn(accept(listener, begun_us));
                }
                // Ends with a message or without one: when the producers are dropped.
                let _ = stopped.await;
            });
        })?;
        Ok(Self { each, _stop: stop })
    }
}

impl Producer {
    /// The requests that have begun since the last call.
    pub(crate) fn take_begun(&self) -> Begun {
        Begun::new(self.begun_us.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default())
    }

    /// When the last request began, if one did since the last [`Self::take_begun`].
    pub(crate) fn last_begun_us(&self) -> Option<i64> {
        self.begun_us.lock().ok()?.last().copied()
    }
}

async fn accept(listener: TcpListener, begun_us: Arc<Mutex<Vec<i64>>>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    // A connection that broke before it was accepted is nobody's.
    loop {
        if let Ok((stream, _)) = listener.accept().await
            && let Ok(connection) = Arrivals::over(stream)
        {
            tokio::spawn(serve(connection, Arc::clone(&begun_us)));
        }
    }
}

/// Requests have no body.
async fn serve(mut connection: Arrivals, begun_us: Arc<Mutex<Vec<i64>>>) {
    let mut buffer = vec![0; READ_BYTES];
    let mut held: Vec<u8> = Vec::new();
    let mut first_us = 0;
    while let Ok((read @ 1.., at_us)) = connection.read(&mut buffer).await {
        if held.is_empty() {
            first_us = at_us;
        }
        held.extend_from_slice(&buffer[..read]);
        while let Some(end) = held.windows(HEAD_END.len()).position(|window| window == HEAD_END) {
            if let Ok(mut begun_us) = begun_us.lock() {
                begun_us.push(first_us);
            }
            held.drain(..end + HEAD_END.len());
            first_us = at_us;
            if connection.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_once;

    #[tokio::test]
    async fn requests_are_noted_by_the_instance_that_had_them() {
        let producers = Producers::start(2).unwrap();
        let [first, second] = &producers.each[..] else { panic!("two") };
        let before_us = arrivals::now_us();
        http_once::exchange(first.address, b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let after_us = arrivals::now_us();
        assert!(first.last_begun_us().is_some_and(|begun_us| (before_us..=after_us).contains(&begun_us)));
        assert!(second.last_begun_us().is_none());
        assert_eq!(first.take_begun().between(0, i64::MAX), 1);
        assert_eq!(first.take_begun().between(0, i64::MAX), 0, "taken");
    }
}
