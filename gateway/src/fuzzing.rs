//! What a fuzzer may call: the request path's judgement, without the gateway around it.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use http::request::Parts;
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};

use crate::caller::Scheme;
use crate::framing::JudgedStream;
use crate::framing::verdicts::Verdicts;
use crate::headers::{self, Passing, Way};
use crate::judgement::judge;
use crate::limits::Limits;
use crate::upstream::answer_head;

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

/// Judges an instance's answer; whether more may follow on its connection.
///
/// # Errors
/// Why it is not passed on.
pub fn answer(response: &mut Response<Incoming>) -> Result<bool, &'static str> {
    answer_head::judge(response)
}
