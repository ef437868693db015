//! How a connection becomes one under TLS: the handshakes of one thread, their number and their time.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use rustls::HandshakeKind;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::linger::linger;
use crate::activity::Activity;
use crate::config::TlsConfig;
use crate::observed_stream::ObservedStream;
use crate::tally::{Handshake, Limit};
use crate::worker::Worker;

/// What plain HTTP is answered on a port that speaks TLS.
const NOT_PLAIN: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 36\r\nConnection: close\r\n\r\n\
    this port speaks TLS: use https://\r\n";

/// A caller's connection under TLS. What moves is observed below it: there it is bytes that leave.
pub(super) type Encrypted = TlsStream<ObservedStream<TcpStream, Activity>>;

/// See the module.
pub(super) struct Handshakes {
    config: TlsConfig,
    /// One for each that may be under way.
    permits: Semaphore,
}

/// Why there is no handshake.
enum Refusal {
    /// The caller left, or only looked whether the port is open.
    Left,
    /// It speaks plain HTTP, and was told.
    Plain,
    /// It and we do not agree, or it breaks the rules.
    Failed(io::Error),
}

impl Handshakes {
    pub(super) fn new(config: TlsConfig) -> Self {
        let permits = Semaphore::new(config.handshakes_max.min(Semaphore::MAX_PERMITS));
        Self { config, permits }
    }

    /// The connection once it is under TLS; `None`: it is closed, and counted why.
    pub(super) async fn shake(
        &self,
        worker: &Worker,
        stream: TcpStream,
        peer: SocketAddr,
        activity: &Rc<Activity>,
    ) -> Option<Encrypted> {
        let limit = Duration::from_millis(self.config.handshake_timeout_ms);
        let (outcome, why) = match timeout(limit, self.attempt(worker, stream, activity)).await {
            Ok(Ok(stream)) => {
                let is_resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                count(worker, if is_resumed { Handshake::Resumed } else { Handshake::Full });
                return Some(stream);
            }
            Ok(Err(Refusal::Left)) => (Handshake::CallerLeft, None),
            Ok(Err(Refusal::Plain)) => (Handshake::PlainHttp, Some("it speaks plain HTTP".to_owned())),
            Ok(Err(Refusal::Failed(error))) => (Handshake::Failed, Some(error.to_string())),
            Err(_) => {
                let key = "eurus.gateway.ssl.handshake-timeout-ms";
                (Handshake::TimedOut, Some(format!("it is not over within {} ms ({key})", limit.as_millis())))
            }
        };
        count(worker, outcome);
        if let Some(why) = why {
            say(worker, peer, &why);
        }
        None
    }

    async fn attempt(&self, worker: &Worker, stream: TcpStream, activity: &Rc<Activity>) -> Result<Encrypted, Refusal> {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(0) | Err(_) => return Err(Refusal::Left),
            Ok(_) if first[0].is_ascii_uppercase() => {
                refuse_plain(stream).await;
                return Err(Refusal::Plain);
            }
            Ok(_) => {}
        }
        // Those that have said something wait for each other, within the time of each.
        let permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                worker.tally.limit(Limit::Handshakes);
                self.say_full(worker);
                self.permits.acquire().await.map_err(|error| Refusal::Failed(io::Error::other(error)))?
            }
        };
        let stream = ObservedStream::new(stream, Rc::clone(activity));
        let shaken = TlsAcceptor::from(self.config.tls.config()).accept(stream).await;
        drop(permit);
        shaken.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Refusal::Left,
            _ => Refusal::Failed(error),
        })
    }

    fn say_full(&self, worker: &Worker) {
        if let Some(unsaid) = worker.failures.note("TLS handshakes", worker.clock.now_ms()) {
            let max = self.config.handshakes_max;
            log::warn!(
                "{max} TLS handshakes are under way, the limit of this thread (eurus.gateway.ssl.handshakes-max); further \
                 callers wait until one is over{unsaid}"
            );
        }
    }
}

fn count(worker: &Worker, outcome: Handshake) {
    worker.tally.mine().handshakes.count((outcome,));
}

/// Ports that others reach are looked at by scanners all day: each cause is said once in a while.
fn say(worker: &Worker, peer: SocketAddr, why: &str) {
    let cause = format!("TLS handshake: {why}");
    if let Some(unsaid) = worker.failures.note(&cause, worker.clock.now_ms()) {
        // The library's words may quote what the caller sent.
        log::warn!("the TLS handshake of {} failed: {}{unsaid}", peer.ip(), why.escape_debug());
    }
}

/// Within the time of a handshake.
async fn refuse_plain(mut stream: TcpStream) {
    let written = async {
        stream.write_all(NOT_PLAIN).await?;
        stream.shutdown().await
    };
    match written.await {
        Ok(()) => linger(stream).await,
        Err(error) => log::debug!("plain HTTP on a port with TLS: gone before it was answered: {error}"),
    }
}
