//! Calls of gRPC, as far as the gateway must know of them.

use http::request::Parts;
use http::{Method, header};

/// What the media types of gRPC begin with; `application/grpc-web` is none: its trailers are in its body, over any HTTP.
const MEDIA_TYPE: &[u8] = b"application/grpc";

/// Whether a request is a call: a POST with gRPC's media type, which wants HTTP/2 all the way.
pub(crate) fn is_call(head: &Parts) -> bool {
    head.method == Method::POST && head.headers.get(header::CONTENT_TYPE).is_some_and(|value| is_grpc(value.as_bytes()))
}

fn is_grpc(media_type: &[u8]) -> bool {
    let Some((name, rest)) = media_type.split_at_checked(MEDIA_TYPE.len()) else { return false };
    name.eq_ignore_ascii_case(MEDIA_TYPE) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        let calls = ["application/grpc", "application/grpc+proto", "Application/gRPC;x=1"];
        let others = ["application/grpc-web", "application/json", "application/grp", "", "application/grpcx"];
        assert!(calls.iter().all(|text| is_grpc(text.as_bytes())));
        assert!(!others.iter().any(|text| is_grpc(text.as_bytes())));
    }
}
