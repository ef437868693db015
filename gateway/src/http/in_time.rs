//! A body that must arrive in time: a caller that stops in its middle must not keep its connection for good.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use tokio::time::timeout;

use super::{Admin, Failure};

/// What is read from a body, within the configured time.
pub(super) struct InTime<T>(pub(super) T);

impl<T: FromRequest + 'static> FromRequest for InTime<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit_ms = request.app_data::<Data<Admin>>().map_or(0, |admin| admin.config.read_timeout_ms);
        let read = T::from_request(request, payload);
        Box::pin(async move {
            match timeout(Duration::from_millis(limit_ms), read).await {
                Ok(read) => read.map(Self).map_err(Into::into),
                Err(_) => {
                    let message = format!("the body did not arrive within {limit_ms} ms");
                    Err(Failure::new(StatusCode::REQUEST_TIMEOUT, message).into())
                }
            }
        })
    }
}
