//! One request and its whole answer, for what is not measured.

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use crate::failure::Failure;
use crate::load::Answer;
use crate::load::connection::{Connection, Scratch};

/// An answer takes at most this long: a cold JVM builds a list of 10,000.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// Sends a request over a connection of its own: the answer and its body, as sent.
///
/// # Errors
/// When there is no whole answer in time.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Result<(Answer, Vec<u8>), Failure> {
    let mut body = Vec::new();
    let mut connection = Connection::to(address);
    let scratch = Scratch::new();
    let exchange = connection.exchange(request, &scratch, |part| body.extend_from_slice(part));
    let answer = tokio::time::timeout(ANSWERED_WITHIN, exchange)
        .await
        .map_err(|_| Failure::new(format!("{address} does not answer within {} s", ANSWERED_WITHIN.as_secs())))?
        .map_err(|broken| Failure::new(format!("{address}: {broken}")))?;
    Ok((answer, body))
}

/// How many instances a list in JSON has, whether it is compressed or not.
///
/// # Errors
/// When it is compressed and broken.
pub(crate) fn instances_in(body: &[u8]) -> Result<usize, Failure> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    const KEY: &[u8] = b"\"instanceId\"";
    let mut plain = Vec::new();
    let body = if body.starts_with(&GZIP) {
        flate2::read::MultiGzDecoder::new(body).read_to_end(&mut plain)?;
        &plain
    } else {
        body
    };
    Ok(body.windows(KEY.len()).filter(|window| window == &KEY).count())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn instances_are_counted_in_plain_and_compressed_lists() {
        let list = br#"{"instance":[{"instanceId":"a"},{"instanceId":"b"}]}"#;
        assert_eq!(instances_in(list).unwrap(), 2);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(list).unwrap();
        assert_eq!(instances_in(&gzip.finish().unwrap()).unwrap(), 2);
        assert_eq!(instances_in(b"").unwrap(), 0);
    }
}
