//! Whether a request is one that can be passed on: one host, one target, one way to read where its body ends. What could be
//! read in two ways is refused and the connection closed, because somebody in front of the gateway or behind it may have
//! read it in the other one.

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Uri, Version, header};
use hyper::body::{Body as _, Incoming};

use crate::error::{ErrorKind, RequestError};
use crate::framing::verdicts::Verdicts;
use crate::framing::{Fault, Framing};
use crate::headers::host::is_host;
use crate::limits::Limits;
use crate::upgrade::extended_connect::Asked;

/// Judges a request by its head, what is known of its body, and, for HTTP/1, what the second reading has found.
pub(crate) fn judge(
    limits: &Limits,
    verdicts: Option<&Verdicts>,
    head: &Parts,
    body: &Incoming,
) -> Result<(), RequestError> {
    // Asked for each request, refused or not, so that the two stay in step.
    let framing = verdicts.map(Verdicts::next).transpose();
    let in_step = framing.and_then(|framing| framing.map_or(Ok(()), |framing| agree(framing, body)));
    in_step.map_err(|fault| bad(&fault.to_string()))?;
    within_headers_limit(limits, &head.headers)?;
    within_uri_limit(limits, &head.uri)?;
    target(method(head)?, &head.uri).map_err(bad)?;
    one_host(head).map_err(bad)?;
    if head.version < Version::HTTP_2 {
        only_chunked(&head.headers).map_err(|fault| bad(&fault.to_string()))?;
    }
    Ok(())
}

fn agree(framing: Framing, body: &Incoming) -> Result<(), Fault> {
    let is_same = match framing {
        Framing::Length(length) => body.size_hint().exact() == Some(length),
        Framing::Chunked => body.size_hint().exact().is_none(),
    };
    if is_same { Ok(()) } else { Err(Fault::OutOfStep) }
}

/// Of HTTP/1 hyper has refused them: this is for HTTP/2.
fn within_headers_limit(limits: &Limits, headers: &HeaderMap) -> Result<(), RequestError> {
    let (count, max) = (headers.len(), limits.headers_max);
    if count <= max {
        return Ok(());
    }
    let message = format!("{count} headers; {max} are allowed (eurus.gateway.headers-max)");
    Err(RequestError::new(ErrorKind::TooManyHeaders, None, message))
}

fn within_uri_limit(limits: &Limits, uri: &Uri) -> Result<(), RequestError> {
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let bytes = path + uri.authority().map_or(0, |authority| authority.as_str().len());
    if bytes <= limits.uri_bytes_max {
        return Ok(());
    }
    let message =
        format!("the target has {bytes} bytes; {} are allowed (eurus.gateway.uri-bytes-max)", limits.uri_bytes_max);
    Err(RequestError::new(ErrorKind::UriTooLong, None, message))
}

/// What is known to be too long is refused before anything of it is read. 0: it may be as long as it likes.
pub(crate) fn within_body_limit(max: u64, body: &Incoming) -> Result<(), RequestError> {
    let least = body.size_hint().lower();
    if max == 0 || least <= max { Ok(()) } else { Err(too_long(max)) }
}

/// Of a body that is longer than it may be.
pub(crate) fn too_long(max: u64) -> RequestError {
    let message = format!("the body has more than {max} bytes (eurus.gateway.body-bytes-max, or its route's)");
    RequestError::new(ErrorKind::BodyTooLong, None, message)
}

/// As which a request is judged: a WebSocket over HTTP/2 is a `GET`.
fn method(head: &Parts) -> Result<&Method, RequestError> {
    match Asked::of(head) {
        None => Ok(&head.method),
        Some(asked) if asked.is_known() => Ok(&Method::GET),
        Some(Asked(other)) => {
            let message = format!("CONNECT for {}: only websocket is passed on", other.escape_debug());
            Err(RequestError::new(ErrorKind::UnknownProtocol, None, message))
        }
    }
}

/// A path; a whole URI of http; or `*` for what is asked of the server as such.
fn target(method: &Method, uri: &Uri) -> Result<(), &'static str> {
    if *method == Method::CONNECT {
        return Err("CONNECT: this is no tunnel");
    }
    let is_whole = uri.authority().is_some();
    match uri.scheme_str() {
        None if is_whole => Err("the target is neither a path nor a whole URI"),
        Some(scheme) if scheme != "http" && scheme != "https" => Err("the target's scheme is neither http nor https"),
        _ if uri.path() == "*" && *method != Method::OPTIONS => Err("only OPTIONS may ask for '*'"),
        _ if uri.path().starts_with('/') || uri.path() == "*" => Ok(()),
        _ => Err("the target is no path"),
    }
}

/// One `Host`, or the authority of a whole URI, and not two that differ.
fn one_host(head: &Parts) -> Result<(), &'static str> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err("more than one Host");
    }
    let authority = head.uri.authority().map(Authority::as_str);
    if !authority.is_none_or(|authority| is_host(authority.as_bytes())) {
        return Err("the target's authority is not one host");
    }
    match host.map(HeaderValue::as_bytes) {
        Some(host) if !is_host(host) => Err("Host is not one host, with or without a port"),
        Some(host) if authority.is_some_and(|authority| !host.eq_ignore_ascii_case(authority.as_bytes())) => {
            Err("Host is another one than the target's")
        }
        None if authority.is_none() && head.version > Version::HTTP_10 => Err("Host is missing"),
        _ => Ok(()),
    }
}

/// The second reading has found as much; this holds without it too.
fn only_chunked(headers: &HeaderMap) -> Result<(), Fault> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    let is_chunked = coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
    match () {
        () if !is_chunked => Err(Fault::NotChunked),
        () if headers.contains_key(header::CONTENT_LENGTH) => Err(Fault::LengthBesideChunks),
        () => Ok(()),
    }
}

fn bad(why: &str) -> RequestError {
    RequestError::new(ErrorKind::BadRequest, None, why)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn head(method: &str, target: &str, version: Version, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(target).version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn targets() {
        let table = [
            ("GET", "/a", true),
            ("GET", "http://a/b", true),
            ("GET", "https://a", true),
            ("OPTIONS", "*", true),
            ("GET", "*", false),
            ("GET", "a", false),
            ("GET", "a:80", false),
            ("GET", "ftp://a/b", false),
            ("CONNECT", "a:80", false),
            ("CONNECT", "/a", false),
        ];
        for (method, uri, is_one) in table {
            let head = head(method, uri, Version::HTTP_11, &[]);
            assert_eq!(target(&head.method, &head.uri).is_ok(), is_one, "{method} {uri}");
        }
    }

    #[test]
    fn hosts() {
        const MISSING: Result<(), &str> = Err("Host is missing");
        let table = [
            ("/a", Version::HTTP_11, &[("host", "a:80")][..], Ok(())),
            ("/a", Version::HTTP_11, &[], MISSING),
            ("/a", Version::HTTP_2, &[], MISSING),
            ("/a", Version::HTTP_10, &[], Ok(())),
            ("/a", Version::HTTP_11, &[("host", "a"), ("host", "a")], Err("more than one Host")),
            ("/a", Version::HTTP_10, &[("host", "a,b")], Err("Host is not one host, with or without a port")),
            ("http://A:80/", Version::HTTP_11, &[("host", "a:80")], Ok(())),
            ("http://a/", Version::HTTP_2, &[], Ok(())),
            ("http://a/", Version::HTTP_11, &[("host", "b")], Err("Host is another one than the target's")),
            ("http://a/", Version::HTTP_2, &[("host", "b")], Err("Host is another one than the target's")),
            ("http://u@a/", Version::HTTP_11, &[("host", "a")], Err("the target's authority is not one host")),
        ];
        for (uri, version, headers, expected) in table {
            assert_eq!(one_host(&head("GET", uri, version, headers)), expected, "{uri} {version:?} {headers:?}");
        }
    }

    #[test]
    fn codings() {
        let judged = |values: &[(&str, &str)]| only_chunked(&head("POST", "/", Version::HTTP_11, values).headers);
        assert_eq!(judged(&[("content-length", "5")]), Ok(()));
        assert_eq!(judged(&[("transfer-encoding", "Chunked")]), Ok(()));
        assert_eq!(judged(&[("transfer-encoding", "gzip, chunked")]), Err(Fault::NotChunked));
        assert_eq!(judged(&[("transfer-encoding", "gzip"), ("transfer-encoding", "chunked")]), Err(Fault::NotChunked));
        let both = [("transfer-encoding", "chunked"), ("content-length", "5")];
        assert_eq!(judged(&both), Err(Fault::LengthBesideChunks));
    }
}
