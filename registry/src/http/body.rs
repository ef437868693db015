//! Reading a request's body, within limits.

use std::time::Duration;

use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt as _;

use super::refusal::Refusal;

/// Bytes of a request's body at most. A Java server takes 12 MB of metadata; that must pass.
pub(crate) const BODY_BYTES_MAX: usize = 16 << 20;
/// How long a body may take to arrive.
pub(crate) const BODY_ARRIVAL_S_MAX: u64 = 30;

/// The whole body. It is read whatever the request is, so that the next one on the connection can be.
pub(crate) async fn read(mut payload: Payload) -> Result<Bytes, Refusal> {
    let all = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                log::debug!("a body broke off: {error}");
                Refusal::BodyBroken
            })?;
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(Refusal::BodyTooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(Duration::from_secs(BODY_ARRIVAL_S_MAX), all).await.unwrap_or(Err(Refusal::BodyTooSlow))
}
