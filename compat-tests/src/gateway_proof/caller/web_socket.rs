//! A WebSocket: messages that must come back as they were.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::super::account::Outcome;
use super::super::content::{Content, Sender};
use super::super::kind::Request;
use super::path;
use super::seen::{Seen, refused, who_answered};
use super::wire::connect;

/// Opens, talks, says goodbye.
pub(super) async fn ask(request: Request, gateway: SocketAddr) -> Seen {
    let stream = match connect(gateway).await {
        Ok(stream) => stream,
        Err(error) => return Seen::new(Outcome::NoAnswer(error.to_string())),
    };
    let (mut socket, answer) = match client_async(format!("ws://{gateway}{}", path(request)), stream).await {
        Ok(opened) => opened,
        Err(Error::Http(answer)) => return Seen::new(refused(answer.status(), "")),
        Err(error) => return Seen::new(Outcome::NoAnswer(error.to_string())),
    };
    let seen = Seen { has_head: true, ..Seen::new(Outcome::Whole) };
    let instance = match who_answered(request, answer.headers()) {
        Ok(instance) => Some(instance),
        Err(outcome) => return Seen { outcome, ..seen },
    };
    let outcome = talk(request, &mut socket).await.err().unwrap_or(Outcome::Whole);
    Seen { instance, outcome, bytes: 2 * request.size * request.count, ..seen }
}

async fn talk(request: Request, socket: &mut WebSocketStream<TcpStream>) -> Result<(), Outcome> {
    let content = Content::of(request.number, Sender::Caller);
    let broken = |message: u64, error: &Error| Outcome::Broken(format!("at message {message}: {error}"));
    for number in 0..request.count {
        let said = content.message(number).whole(request.size);
        socket.send(Message::Binary(said.clone())).await.map_err(|error| broken(number, &error))?;
        match socket.next().await {
            Some(Ok(Message::Binary(back))) if back == said => {}
            Some(Ok(other)) => {
                return Err(Outcome::Wrong(format!("message {number} came back as {} bytes", other.len())));
            }
            Some(Err(error)) => return Err(broken(number, &error)),
            None => return Err(Outcome::Broken(format!("ended at message {number}"))),
        }
    }
    socket.close(None).await.map_err(|error| broken(request.count, &error))?;
    match socket.next().await {
        Some(Ok(Message::Close(_))) => Ok(()),
        Some(Ok(_)) => Err(Outcome::Wrong("a message behind the last one".to_owned())),
        Some(Err(error)) => Err(broken(request.count, &error)),
        None => Err(Outcome::Broken("no goodbye".to_owned())),
    }
}
