//! The head of a request, with its body.

use eurus_service::Clock;
use http::request::Builder;
use hyper::Request as HttpRequest;

use super::super::body::{Body, full};
use super::super::digest::DIGEST_TRAILER;
use super::super::kind::{Kind, Request};
use super::{path, upload};

/// Whole URIs are what HTTP/2 is asked for; HTTP/1.1 has the path alone, and the host in a header.
pub(super) fn builder(request: Request, authority: &str, is_http2: bool) -> Builder {
    let builder = HttpRequest::builder().method(request.kind.method());
    if is_http2 {
        builder.uri(format!("http://{authority}{}", path(request)))
    } else {
        builder.uri(path(request)).header("host", authority)
    }
}

/// Any but a WebSocket's and gRPC's.
pub(super) fn make(
    request: Request,
    authority: &str,
    is_http2: bool,
    clock: &Clock,
) -> Result<HttpRequest<Body>, http::Error> {
    let builder = builder(request, authority, is_http2);
    match request.kind {
        Kind::Post | Kind::Put if request.number.is_multiple_of(2) => {
            builder.header("content-length", request.size).body(upload::body(request, clock))
        }
        Kind::Post | Kind::Put | Kind::Echo => builder.body(upload::body(request, clock)),
        Kind::Trailers => {
            let builder = builder.header("te", "trailers").header("trailer", DIGEST_TRAILER);
            builder.body(upload::body(request, clock))
        }
        _ => builder.body(full("")),
    }
}
