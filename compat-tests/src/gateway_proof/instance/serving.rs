//! Connections, of HTTP/1.1 and of HTTP/2.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};

use super::answers::answer;
use super::line::{Line, Spoiling};
use super::mood::Mood;

/// Until the process ends.
pub(super) async fn serve(listener: TcpListener, mood: Arc<Mood>) {
    let turns = AtomicUsize::new(0);
    loop {
        // One that was not to be had is the caller's to try again.
        if let Ok((stream, _)) = listener.accept().await {
            let turn = turns.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(serve_one(stream, turn, Arc::clone(&mood)));
        }
    }
}

async fn serve_one(stream: TcpStream, turn: usize, mood: Arc<Mood>) {
    // Without it small messages wait for each other.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    mood.connected(true);
    let spoiling = Spoiling::default();
    let line = Line::new(stream, spoiling.clone(), turn);
    let builder = Builder::new(TokioExecutor::new());
    let service = service_fn(|request| answer(request, spoiling.clone(), Arc::clone(&mood)));
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(line), service));
    let mut closing = mood.closing();
    // It may have come as the others were told.
    if mood.is_leaving() {
        connection.as_mut().graceful_shutdown();
    }
    loop {
        tokio::select! {
            // How it ended is for the callers to say.
            _ended = connection.as_mut() => break,
            told = closing.changed() => {
                if told.is_ok() {
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
    mood.connected(false);
}
