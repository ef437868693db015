//! What a fuzzer may call: the request path's judgement, without the gateway around it.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use bytes::BytesMut;
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use hyper::body::{Body as _, Incoming};

use crate::caller::Scheme;
use crate::framing::JudgedStream;
use crate::framing::verdicts::Verdicts;
use crate::headers::{self, Passing, Way};
use crate::judgement::judge;
use crate::limits::Limits;
use crate::upstream::answer_head;
pub use crate::upstream::answer_head::Said;
use crate::upstream::http1::{HeadLimits, Left, Next, parse};

/// Who has sent everything.
pub const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));

/// A caller's stream, and the verdicts on it.
pub fn judged<S>(stream: S) -> (JudgedStream<S>, Rc<Verdicts>) {
    let verdicts = Rc::new(Verdicts::default());
    (JudgedStream::new(stream, Limits::default().header_bytes_max, Rc::clone(&verdicts)), verdicts)
}

/// Judges a request, and makes its head that of one to an instance.
///
/// # Errors
/// Why it is refused.
pub fn request(verdicts: &Verdicts, request: Request<Incoming>) -> Result<(Parts, Incoming), String> {
    let (mut head, body) = request.into_parts();
    judge(&Limits::default(), Some(verdicts), &head, &body).map_err(|error| error.message)?;
    let way = Way::new(PEER, Scheme::Http, false);
    let passing = Passing { way: &way, authority: None, prefix: "/a", upgrade: None, size: body.size_hint() };
    headers::prepare_request(&mut head.headers, passing);
    Ok((head, body))
}

/// An instance's answer, as the gateway reads it.
#[derive(Debug)]
pub struct Answer {
    /// Its head.
    pub head: http::response::Parts,
    /// What was said of its body.
    pub said: Said,
    /// Its body.
    pub body: Vec<u8>,
    /// What follows that.
    pub trailers: Option<HeaderMap>,
    /// Bytes that have come, and belong to no answer.
    pub unread: usize,
}

/// Reads and judges an answer to a request of this method, of a connection that carries these bytes, in pieces of this size, and ends.
///
/// # Errors
/// Why it is not passed on.
pub fn answer(method: &Method, bytes: &[u8], piece: usize) -> Result<Answer, String> {
    let (mut unread, mut pieces) = (BytesMut::new(), bytes.chunks(piece));
    let limits =
        HeadLimits { bytes_max: Limits::default().header_bytes_max, headers_max: Limits::default().headers_max };
    let mut head = loop {
        match parse(&mut unread, &mut HeaderMap::new(), limits).map_err(|error| error.to_string())? {
            Some(head) if !head.is_interim() => break head.parts,
            Some(_) => {}
            None => unread.extend_from_slice(pieces.next().ok_or("the connection ended in its head")?),
        }
    };
    let said = answer_head::judge(head.status, &mut head.headers)?;
    let (mut left, mut body) = (Left::behind(method, head.status, said, limits), Vec::new());
    let trailers = loop {
        match left.next(&mut unread).map_err(|error| error.to_string())? {
            Next::Data(data) => body.extend(data),
            Next::End(trailers) => break trailers,
            Next::Unread => match pieces.next() {
                Some(piece) => unread.extend_from_slice(piece),
                None if matches!(left, Left::UntilClosed) => break None,
                None => return Err("the connection ended in its body".to_owned()),
            },
        }
    };
    Ok(Answer { head, said, body, trailers, unread: unread.len() + pieces.map(<[u8]>::len).sum::<usize>() })
}
