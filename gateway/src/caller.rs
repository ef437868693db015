//! The context of one request: what its connection knows of it. Made at the edge, and carried along the request path.

use std::net::IpAddr;
use std::rc::Rc;

use http::Version;
use http::header::HeaderValue;

use crate::activity::Activity;
use crate::upgrade::Handover;

/// Who sent a request, and how.
pub(crate) struct Caller {
    pub(crate) peer: IpAddr,
    pub(crate) scheme: Scheme,
    /// Of HTTP, as the caller speaks it.
    #[allow(dead_code)] // The access log says it.
    pub(crate) version: Version,
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
    #[allow(dead_code)] // Until the edge speaks TLS.
    Https,
}

impl Scheme {
    /// As `X-Forwarded-Proto` says it.
    pub(crate) fn value(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}
