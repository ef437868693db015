//! A request's head as HTTP/2 has it. It is made of the one for HTTP/1.1, which stays for another try.

use http::header;
use http::request::Parts;
use http::{Request, Uri, Version};

use crate::destination::Destination;
use crate::trailers;

/// # Errors
/// The target is none that could be said in HTTP/2.
pub(crate) fn http2_head(head: &Parts, destination: &Destination) -> Result<Request<()>, http::Error> {
    let scheme = if destination.server_name.is_some() { "https" } else { "http" };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let uri = Uri::builder().scheme(scheme).authority(&*destination.authority).path_and_query(target).build()?;
    let mut request = Request::new(());
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_2;
    let mut headers = head.headers.clone();
    let takes_trailers = trailers::are_taken(&headers);
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::HOST, header::TE, header::UPGRADE] {
        headers.remove(name);
    }
    if takes_trailers {
        headers.insert(header::TE, header::HeaderValue::from_static("trailers"));
    }
    *request.headers_mut() = headers;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::headers;

    #[test]
    fn nothing_of_one_connection_is_left() {
        let (mut head, ()) = Request::put("/a/b?c").body(()).unwrap().into_parts();
        head.headers = headers(&[
            ("host", "10.0.0.1:80"),
            ("connection", "te"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("x-mine", "1"),
        ]);
        let request = http2_head(&head, &Destination::plain("10.0.0.1:80".parse().unwrap())).unwrap();
        assert_eq!(request.uri(), "http://10.0.0.1:80/a/b?c");
        assert_eq!((request.method(), request.version()), (&http::Method::PUT, Version::HTTP_2));
        assert_eq!(*request.headers(), headers(&[("te", "trailers"), ("x-mine", "1")]));
    }
}
