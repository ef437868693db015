//! A WebSocket that says back what it is told.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::mood::Mood;
use crate::gateway_proof::body::{Body, BoxError, full};
use crate::gateway_proof::fate::Fate;
use crate::gateway_proof::kind::Request;

/// # Errors
/// What asked for it is no handshake.
pub(super) fn accept(
    request: Request,
    mut asked: hyper::Request<Incoming>,
    mood: &Arc<Mood>,
) -> Result<Response<Body>, BoxError> {
    let key = asked.headers().get("sec-websocket-key").ok_or("no key of a WebSocket")?;
    let accepted = derive_accept_key(key.as_bytes());
    let breaks_at = (mood.fate() == Some(Fate::Half)).then_some(request.count / 2);
    tokio::spawn(echo(hyper::upgrade::on(&mut asked), breaks_at));
    let answer = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", accepted);
    Ok(answer.body(full(""))?)
}

/// Until the caller says goodbye or is gone, or it is to break.
async fn echo(upgrade: OnUpgrade, breaks_at: Option<u64>) {
    let Ok(upgraded) = upgrade.await else { return };
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    let mut said = 0;
    while Some(said) != breaks_at {
        let Some(Ok(message)) = socket.next().await else { return };
        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
            return;
        }
        said += 1;
    }
}
