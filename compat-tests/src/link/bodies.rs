//! What a link makes of bodies.

use std::io;

use actix_web::HttpResponse;
use bytes::Bytes;

/// An answer that ends before it is one.
pub(super) fn broken() -> HttpResponse {
    let cut = futures_util::stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) });
    HttpResponse::Ok().streaming(cut)
}

pub(super) fn rewritten(body: Bytes, rewritten: &[(String, String)]) -> Bytes {
    if rewritten.is_empty() {
        return body;
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    Bytes::from(rewritten.iter().fold(text, |text, (from, to)| text.replace(from, to)))
}

pub(super) fn with_wrong_hash(body: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(body);
    let name = "\"apps__hashcode\":\"";
    match text.split_once(name).and_then(|(head, rest)| Some((head, rest.split_once('"')?.1))) {
        Some((head, tail)) => Bytes::from(format!("{head}{name}WRONG_1_\"{tail}")),
        None => body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_hash_replaces_the_hash_alone() {
        let body = Bytes::from_static(br#"{"applications":{"apps__hashcode":"UP_3_","application":[]}}"#);
        let expected = r#"{"applications":{"apps__hashcode":"WRONG_1_","application":[]}}"#;
        assert_eq!(with_wrong_hash(&body), expected);
    }
}
