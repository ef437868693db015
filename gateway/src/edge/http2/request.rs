//! A request of HTTP/2 as servers of HTTP/1.1 know requests. Whom it is for stays in its target, as with a whole URI of
//! HTTP/1.1.

use bytes::Bytes;
use http::Request;
use http::header::{self, HeaderMap, HeaderValue};

/// The request, with its cookies in one header.
pub(super) fn with_one_cookie<B>(mut request: Request<B>) -> Request<B> {
    join_cookies(request.headers_mut());
    request
}

/// HTTP/2 may send each cookie apart; servers of HTTP/1.1 know one `Cookie` alone.
fn join_cookies(headers: &mut HeaderMap) {
    let mut crumbs = headers.get_all(header::COOKIE).iter();
    let (Some(first), Some(_)) = (crumbs.next(), crumbs.next()) else { return };
    let mut joined = first.as_bytes().to_vec();
    for crumb in headers.get_all(header::COOKIE).iter().skip(1) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(crumb.as_bytes());
    }
    // Joined of valid ones: always valid.
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(joined)) {
        headers.insert(header::COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crumbs_are_one_cookie() {
        let mut headers = HeaderMap::new();
        for crumb in ["a=1", "b=2; c=3", "d=4"] {
            headers.append(header::COOKIE, HeaderValue::from_static(crumb));
        }
        join_cookies(&mut headers);
        assert_eq!(headers.get_all(header::COOKIE).iter().collect::<Vec<_>>(), ["a=1; b=2; c=3; d=4"]);
        let one = headers.clone();
        join_cookies(&mut headers);
        assert_eq!(headers, one);
    }
}
