//! Whether an instance's answer can be read in one way only. What cannot is not passed on: the caller, or a proxy in front,
//! might read it in the other one.

use http::{Response, StatusCode, header};

/// Judges an answer's head, and takes out a length that means nothing. Whether its connection is spent: more may follow on
/// it than the answer.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn judge<B>(response: &mut Response<B>) -> Result<bool, &'static str> {
    let status = response.status();
    framing(status, response.headers_mut())
}

fn framing(status: StatusCode, headers: &mut header::HeaderMap) -> Result<bool, &'static str> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let length = lengths.next();
    if lengths.next().is_some() {
        return Err("its answer has more than one Content-Length");
    }
    if !length.is_none_or(|length| is_number(length.as_bytes())) {
        return Err("its answer's Content-Length is not a decimal number");
    }
    let has_body = length.is_some_and(|length| length != "0");
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = match codings.next() {
        None => false,
        Some(_) if length.is_some() => return Err("its answer has both Content-Length and Transfer-Encoding"),
        Some(coding) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none() => true,
        Some(_) => return Err("its answer's Transfer-Encoding is not 'chunked', once and alone"),
    };
    if status != StatusCode::NO_CONTENT && status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(false);
    }
    // There is no body, whatever it says; what it takes for one may still come.
    headers.remove(header::CONTENT_LENGTH);
    Ok(has_body || is_chunked)
}

fn is_number(value: &[u8]) -> bool {
    let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    // Nothing is as long as 2^63, and others read it as a signed number.
    digits.is_some_and(|digits| digits.parse::<i64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::headers;

    #[test]
    fn answers_that_can_be_read_in_one_way() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: [(u16, Pairs, Option<bool>); 14] = [
            (200, &[], Some(false)),
            (200, &[("content-length", "5")], Some(false)),
            (200, &[("transfer-encoding", "Chunked")], Some(false)),
            (304, &[("content-length", "5")], Some(false)),
            (204, &[("content-length", "0")], Some(false)),
            (204, &[("content-length", "5")], Some(true)),
            (204, &[("transfer-encoding", "chunked")], Some(true)),
            (200, &[("content-length", "5"), ("content-length", "5")], None),
            (200, &[("content-length", "5, 5")], None),
            (200, &[("content-length", "+5")], None),
            (200, &[("content-length", "9223372036854775808")], None),
            (200, &[("content-length", "5"), ("transfer-encoding", "chunked")], None),
            (200, &[("transfer-encoding", "gzip, chunked")], None),
            (200, &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], None),
        ];
        for (status, pairs, expected) in table {
            let judged = framing(StatusCode::from_u16(status).unwrap(), &mut headers(pairs));
            assert_eq!(judged.ok(), expected, "{status} {pairs:?}");
        }
    }
}
