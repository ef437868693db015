//! The context of one request: what its connection knows of it. Made at the edge, and carried along the request path.

use std::net::IpAddr;
use std::rc::Rc;

use http::Version;
use http::header::HeaderValue;

use crate::activity::Activity;
use crate::framing::verdicts::Verdicts;
use crate::headers::Way;
use crate::upgrade::Handover;

/// Who sent a request, and how.
pub(crate) struct Caller {
    pub(crate) peer: IpAddr,
    pub(crate) scheme: Scheme,
    /// Of HTTP, as the caller speaks it.
    pub(crate) version: Version,
    /// How its connection's requests came here.
    pub(crate) way: Rc<Way>,
    /// What a second reading of an HTTP/1 connection finds.
    pub(crate) verdicts: Option<Rc<Verdicts>>,
    /// What the request is called, here and at the instance.
    pub(crate) request_id: HeaderValue,
    /// When its head was there.
    pub(crate) arrived_ns: i64,
    /// Of its connection.
    pub(crate) activity: Rc<Activity>,
    /// Where its connection goes on after an answer 101.
    pub(crate) handover: Rc<Handover>,
}

/// What a caller's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Plain.
    Http,
    /// Under TLS.
    Https,
}

impl Scheme {
    /// As `X-Forwarded-Proto` says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}
