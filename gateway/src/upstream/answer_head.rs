//! Whether an instance's answer can be read in one way only. What cannot is not passed on: the caller, or a proxy in front,
//! might read it in the other one.

use http::{StatusCode, header};

/// What an answer's head says of its body, for a method and status that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// How long it is.
    pub length: Option<u64>,
    /// It comes in chunks.
    pub is_chunked: bool,
    /// There is none, and what was said of it may yet come: no further answer follows on the connection.
    pub is_spent: bool,
}

/// Judges an answer's head, and takes out a length that means nothing.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn judge(status: StatusCode, headers: &mut header::HeaderMap) -> Result<Said, &'static str> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let length = lengths.next();
    if lengths.next().is_some() {
        return Err("its answer has more than one Content-Length");
    }
    let length =
        length.map(|length| number(length.as_bytes()).ok_or("its answer's Content-Length is not a decimal number"));
    let length = length.transpose()?;
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = match codings.next() {
        None => false,
        Some(_) if length.is_some() => return Err("its answer has both Content-Length and Transfer-Encoding"),
        Some(coding) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none() => true,
        Some(_) => return Err("its answer's Transfer-Encoding is not 'chunked', once and alone"),
    };
    if status != StatusCode::NO_CONTENT && status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Said { length, is_chunked, is_spent: false });
    }
    // There is no body, whatever it says; what it takes for one may still come.
    headers.remove(header::CONTENT_LENGTH);
    Ok(Said { length, is_chunked, is_spent: is_chunked || length.is_some_and(|length| length > 0) })
}

fn number(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    // Nothing is as long as 2^63, and others read it as a signed number.
    digits.parse::<i64>().ok()?.try_into().ok()
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
            let judged = judge(StatusCode::from_u16(status).unwrap(), &mut headers(pairs));
            assert_eq!(judged.ok().map(|said| said.is_spent), expected, "{status} {pairs:?}");
        }
    }
}
