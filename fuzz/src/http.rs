//! What the gateway makes of a caller's and an instance's bytes, beside what hyper reads in them.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::rc::Rc;

use bytes::Bytes;
use eurus_gateway::framing::chunks::Chunks;
use eurus_gateway::framing::head::Head;
use eurus_gateway::framing::reading::Reading;
use eurus_gateway::framing::verdicts::Verdicts;
use eurus_gateway::framing::{Fault, Framing};
use eurus_gateway::fuzzing;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body as _, Incoming, SizeHint};
use hyper::ext::ReasonPhrase;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

/// What a connection holds each way.
const BUFFER: usize = 64 * 1024;

/// Bytes of one head at most that are compared.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What a request to an instance never has: they speak of the caller's connection.
const HOP_BY_HOP: [&str; 6] =
    ["keep-alive", "proxy-connection", "proxy-authorization", "upgrade", "http2-settings", "expect"];

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime without timers and sockets");
}

fn run<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// A caller's connection: each request that hyper finds in it is refused, or ends where the second reading says, and is
/// passed on with one framing and nothing of the caller's connection.
pub fn request(data: &[u8]) {
    run(serve(data));
}

/// A body in chunks, and a request behind it: where hyper finds that one is where the second reading finds it.
pub fn chunks(data: &[u8]) {
    const HEAD: &[u8] = b"POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nhost: a\r\n\r\n";
    request(&[HEAD, data, NEXT].concat());
}

/// Headers of a request.
pub fn headers(data: &[u8]) {
    request(&[b"POST /a HTTP/1.1\r\nhost: a\r\n", data, b"\r\n\r\nhello"].concat());
}

/// An instance's answer to GET, or with an odd first byte to HEAD, in pieces of a size that the byte says too.
pub fn answer(data: &[u8]) {
    let Some((place, data)) = data.split_first() else { return };
    let method = if place % 2 == 0 { Method::GET } else { Method::HEAD };
    run(ask(method, data, 1 + usize::from(place / 2)));
}

async fn serve(data: &[u8]) {
    let (caller, gateway) = duplex(BUFFER);
    let (stream, verdicts) = fuzzing::judged(gateway);
    let refused = Cell::new(false);
    let service = service_fn(|request| {
        assert!(!refused.get(), "a request behind one that was refused");
        let (verdicts, refused) = (Rc::clone(&verdicts), &refused);
        async move { Ok::<_, Infallible>(one(&verdicts, request, refused).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // How it ends does not matter.
    let _ = tokio::join!(connection, send_and_drain(caller, data));
}

async fn one(verdicts: &Verdicts, request: Request<Incoming>, refused: &Cell<bool>) -> Response<Full<Bytes>> {
    let response = match fuzzing::request(verdicts, request) {
        Ok((head, body)) => {
            let size = body.size_hint();
            is_one_request(&head, &size);
            let read = body.collect().await;
            match (read, verdicts.body_fault()) {
                (Ok(body), None) => {
                    let length = body.to_bytes().len() as u64;
                    assert!(size.exact().is_none_or(|exact| exact == length), "{length} bytes and not {size:?}");
                    return Response::new(Full::default());
                }
                _ => Response::builder().status(400),
            }
        }
        Err(why) => {
            assert_ne!(why, Fault::OutOfStep.to_string(), "the two readings differ");
            Response::builder().status(400)
        }
    };
    refused.set(true);
    response.header(header::CONNECTION, "close").body(Full::default()).expect("a valid answer")
}

/// What is passed on is, to a strict reader, one request with that body.
fn is_one_request(head: &Parts, size: &SizeHint) {
    for name in HOP_BY_HOP {
        assert!(!head.headers.contains_key(name), "{name} passed");
    }
    // That the caller takes trailers is said anew.
    let values = |name| head.headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect::<Vec<_>>();
    let takes_trailers = head.headers.contains_key("te");
    let expected: [&[&[u8]]; 2] = if takes_trailers { [&[b"trailers"], &[b"te"]] } else { [&[], &[]] };
    assert_eq!([values("te"), values("connection")], expected);
    assert_eq!(head.headers.get_all("x-forwarded-for").iter().collect::<Vec<_>>(), [&fuzzing::PEER.to_string()]);
    let mut written = format!("{} {} HTTP/1.1\r\n", head.method, head.uri.path()).into_bytes();
    for (name, value) in &head.headers {
        written.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    written.extend(b"\r\n");
    let (verdicts, mut reading) = (Verdicts::default(), Reading::new(HEAD_BYTES_MAX * 2));
    reading.take(&written, &verdicts);
    let expected = size.exact().map_or(Framing::Chunked, Framing::Length);
    assert_eq!(verdicts.next(), Ok(expected), "{}", written.escape_ascii());
    assert_eq!(verdicts.next(), Err(Fault::OutOfStep), "more than one request: {}", written.escape_ascii());
}

async fn send_and_drain(mut stream: DuplexStream, data: &[u8]) {
    // The other side may have closed.
    let _ = stream.write_all(data).await;
    let _ = stream.shutdown().await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// What is read of an answer is what hyper reads of it, and it is refused or ends where a strict reading of the same bytes says.
async fn ask(method: Method, data: &[u8], piece: usize) {
    let Ok(ours) = fuzzing::answer(&method, data, piece) else { return };
    as_strictly(&method, data, &ours);
    // With it HTTP ends.
    if ours.head.status == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let (head, body, trailers) =
        by_hyper(method, data).await.unwrap_or_else(|why| panic!("no answer to hyper: {why}: {}", data.escape_ascii()));
    assert_eq!((ours.head.status, ours.head.version), (head.status, head.version));
    let mut headers = head.headers;
    if head.status == StatusCode::NO_CONTENT {
        // There it means nothing, and does not pass.
        headers.remove(header::CONTENT_LENGTH);
    }
    assert_eq!(ours.head.headers, headers);
    assert_eq!(ours.head.extensions.get::<ReasonPhrase>(), head.extensions.get::<ReasonPhrase>());
    assert_eq!((ours.body.as_slice(), ours.trailers), (&body[..], trailers));
}

async fn by_hyper(
    method: Method,
    data: &[u8],
) -> Result<(http::response::Parts, Bytes, Option<HeaderMap>), hyper::Error> {
    let (instance, gateway) = duplex(BUFFER);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(gateway)).await?;
    let request = Request::builder().method(method).uri("/a").header("host", "a").body(Empty::<Bytes>::new());
    let exchange = async {
        let response = sender.send_request(request.expect("a valid request")).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?;
        drop(sender);
        let trailers = body.trailers().cloned();
        Ok((head, body.to_bytes(), trailers))
    };
    // What comes before the request is none of its answer.
    let asked = async {
        let mut instance = instance;
        let _ = instance.read(&mut [0; 1024]).await;
        send_and_drain(instance, data).await;
    };
    let (_, (), answer) = tokio::join!(connection, asked, exchange);
    answer
}

fn as_strictly(method: &Method, data: &[u8], ours: &fuzzing::Answer) {
    let has_no_body = *method == Method::HEAD || matches!(ours.head.status.as_u16(), 101 | 204 | 304);
    match strict(data) {
        Some(Err(fault)) => panic!("passed on, although {fault}"),
        Some(Ok(_)) if has_no_body => assert!(
            ours.body.is_empty() || ours.head.status == StatusCode::SWITCHING_PROTOCOLS,
            "a body where there is none"
        ),
        Some(Ok((Some(Framing::Length(length)), rest))) => {
            assert_eq!((ours.body.len() as u64, ours.unread as u64), (length, rest.len() as u64 - length));
        }
        Some(Ok((Some(Framing::Chunked), rest))) => {
            let mut chunks = Chunks::default();
            // Blanks behind a size are taken of an instance, and of no caller.
            if let Ok(taken) = chunks.read(rest) {
                assert!(chunks.has_ended(), "a body in chunks that has not ended");
                assert_eq!(ours.unread, rest.len() - taken);
            }
        }
        Some(Ok((None, rest))) => assert_eq!(ours.body, rest),
        None => {}
    }
}

/// Where an answer's body ends, and what follows its head; `None` when its lines are not such as a strict reader takes.
type Strict<'a> = Option<Result<(Option<Framing>, &'a [u8]), Fault>>;

fn strict(mut data: &[u8]) -> Strict<'_> {
    loop {
        let mut head = Head::default();
        // It stands for the first line, in which all is allowed.
        let _ = head.line(b"GET / HTTP/1.1");
        // An empty line before it is passed over, of an instance too.
        let first = line(&mut data).filter(|line| !line.is_empty())?;
        let mut is_framed = false;
        let framing = loop {
            let line = line(&mut data)?.to_ascii_lowercase();
            is_framed |= line.starts_with(b"content-length:") || line.starts_with(b"transfer-encoding:");
            match head.line(&line) {
                Ok(None) => {}
                Ok(Some(framing)) => break framing,
                Err(fault) => return Some(Err(fault)),
            }
        };
        let is_interim = first.get(8..).is_some_and(|rest| rest.starts_with(b" 1") && !rest.starts_with(b" 101"));
        if !is_interim {
            return Some(Ok((is_framed.then_some(framing), data)));
        }
    }
}

fn line<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let line = data[..end].strip_suffix(b"\r")?;
    *data = &data[end + 1..];
    Some(line)
}
