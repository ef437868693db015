//! Where a request's body ends, said in one way only, whatever the caller wrote.

use http::header::{self, HeaderMap, HeaderValue};
use hyper::body::SizeHint;

const CHUNKED: HeaderValue = HeaderValue::from_static("chunked");

/// Says it by what was really understood of the body. For a body of unknown length, a method with which hyper expects none
/// would else lose it.
pub(super) fn set(headers: &mut HeaderMap, size: &SizeHint) {
    match size.exact() {
        None => {
            headers.remove(header::CONTENT_LENGTH);
            headers.insert(header::TRANSFER_ENCODING, CHUNKED);
        }
        Some(length) => {
            let said = headers.get(header::CONTENT_LENGTH);
            let has_other_form = said.is_some_and(|said| said.as_bytes().starts_with(b"0") && said != "0");
            if has_other_form || (said.is_none() && length > 0) {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::headers;

    #[test]
    fn a_length_is_said_once_and_plainly() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: [(Pairs, SizeHint, Pairs); 6] = [
            (&[], SizeHint::with_exact(0), &[]),
            (&[("content-length", "0")], SizeHint::with_exact(0), &[("content-length", "0")]),
            (&[("content-length", "5")], SizeHint::with_exact(5), &[("content-length", "5")]),
            (&[("content-length", "005")], SizeHint::with_exact(5), &[("content-length", "5")]),
            (&[], SizeHint::with_exact(5), &[("content-length", "5")]),
            (&[("content-length", "5")], SizeHint::new(), &[("transfer-encoding", "chunked")]),
        ];
        for (given, size, expected) in table {
            let mut given = headers(given);
            set(&mut given, &size);
            assert_eq!(given, headers(expected), "{size:?}");
        }
    }
}
