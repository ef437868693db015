//! An instance as a browser and curl want one: a page, events, a WebSocket, a file that can be had in parts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use http::header::{CONTENT_RANGE, CONTENT_TYPE, RANGE, SEC_WEBSOCKET_KEY};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Body, serve, text};

/// Bytes of `/file`, none of which is like its neighbour.
pub(crate) fn file() -> Vec<u8> {
    (0..1_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[derive(Clone, Default)]
struct Site {
    reader: Arc<Mutex<Option<Reader>>>,
}

/// Of events.
struct Reader {
    sender: UnboundedSender<usize>,
    said: usize,
}

/// On 127.0.0.`host`.
pub(crate) async fn start(host: u8) -> SocketAddr {
    let site = Site::default();
    serve([127, 0, 0, host], move |request| site.clone().answer(request)).await
}

impl Site {
    async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        match request.uri().path() {
            "/page" => of_type("text/html", text(include_str!("page.html"))),
            "/events" => of_type("text/event-stream", self.events()),
            "/next" => {
                self.say_next();
                Response::new(text("said"))
            }
            "/socket" => socket(request),
            "/count" => {
                let length = request.into_body().collect().await.unwrap().to_bytes().len();
                Response::new(text(length.to_string()))
            }
            "/big" => Response::new(text(vec![b'x'; 5_000_000])),
            "/file" => part(request.headers()),
            _ => Response::builder().status(404).body(text("?")).unwrap(),
        }
    }

    /// The first at once, the others when they are asked for; it does not end by itself.
    fn events(&self) -> Body {
        let (sender, receiver) = unbounded_channel();
        self.reader.lock().unwrap().replace(Reader { sender, said: 0 });
        self.say_next();
        let events = stream::unfold(receiver, |mut receiver| async {
            let number = receiver.recv().await?;
            Some((Ok(Frame::data(Bytes::from(format!("data: {number}\n\n")))), receiver))
        });
        Body::new(StreamBody::new(events))
    }

    fn say_next(&self) {
        if let Some(reader) = &mut *self.reader.lock().unwrap() {
            reader.said += 1;
            // It may have gone.
            let _ = reader.sender.send(reader.said);
        }
    }
}

fn of_type(content_type: &'static str, body: Body) -> Response<Body> {
    Response::builder().header(CONTENT_TYPE, content_type).body(body).unwrap()
}

/// Says back what it is told.
fn socket(mut request: Request<Incoming>) -> Response<Body> {
    let accept = derive_accept_key(request.headers()[SEC_WEBSOCKET_KEY].as_bytes());
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let stream = TokioIo::new(upgraded.await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() || message.is_binary() {
                socket.send(message).await.unwrap();
            }
        }
    });
    let answer = Response::builder().status(101).header("connection", "upgrade").header("upgrade", "websocket");
    answer.header("sec-websocket-accept", accept).body(text("")).unwrap()
}

/// `bytes=FIRST-LAST` or `bytes=FIRST-`.
fn part(headers: &HeaderMap) -> Response<Body> {
    let file = file();
    let Some(range) = headers.get(RANGE) else { return Response::new(text(file)) };
    let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
    let (first, last) = range.split_once('-').unwrap();
    let first: usize = first.parse().unwrap();
    let last = last.parse().unwrap_or(file.len() - 1);
    let said = format!("bytes {first}-{last}/{}", file.len());
    let part = Bytes::from(file).slice(first..=last);
    Response::builder().status(206).header(CONTENT_RANGE, said).body(text(part)).unwrap()
}
