//! What becomes known of a request while it is answered, for the metrics.

use std::cell::Cell;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::Method;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::{HttpRequest, HttpResponse};

use super::route::Route;
use crate::form::Format;
use crate::store::VipKind;
use crate::traffic::{Encoding, Exchange, MethodKind, RouteKind};

/// Filled in on the way, in passing: nothing is worked out twice.
#[derive(Debug)]
pub(crate) struct Noted {
    route: RouteKind,
    pub(crate) format: Cell<Option<Format>>,
    /// Of a body that the connection sends: the answer does not know its size.
    pub(crate) handed_over_bytes: Cell<u64>,
}

impl Noted {
    pub(crate) fn of(route: Option<&Route<'_>>) -> Self {
        Self {
            route: route.map_or(RouteKind::None, Route::kind),
            format: Cell::new(None),
            handed_over_bytes: Cell::new(0),
        }
    }

    /// All that is counted of a request.
    pub(crate) fn exchange(&self, request: &HttpRequest, response: &HttpResponse, duration_ns: i64) -> Exchange {
        let body_bytes = match response.body().size() {
            BodySize::Sized(bytes) if *request.method() != Method::HEAD => bytes,
            _ => self.handed_over_bytes.get(),
        };
        // Heartbeats are answered without a body: no header is looked up for them.
        let is_encoded = body_bytes > 0 && response.headers().contains_key(CONTENT_ENCODING);
        Exchange {
            route: self.route,
            method: MethodKind::of(request.method().as_str()),
            format: self.format.get(),
            status: response.status().as_u16(),
            encoding: if is_encoded { Encoding::Gzip } else { Encoding::Identity },
            body_bytes,
            duration_ns,
        }
    }
}

impl Route<'_> {
    pub(crate) fn kind(&self) -> RouteKind {
        match self {
            Self::Apps => RouteKind::Apps,
            Self::Delta => RouteKind::Delta,
            Self::App(_) => RouteKind::App,
            Self::Instance(..) => RouteKind::Instance,
            Self::Status(..) => RouteKind::Status,
            Self::Metadata(..) => RouteKind::Metadata,
            Self::InstanceById(_) => RouteKind::InstanceById,
            Self::Vip(VipKind::Plain, _) => RouteKind::Vip,
            Self::Vip(VipKind::Secure, _) => RouteKind::SecureVip,
            Self::Batch => RouteKind::Batch,
            Self::Health => RouteKind::Health,
            Self::Endpoints => RouteKind::Endpoints,
            Self::Dashboard => RouteKind::Dashboard,
            Self::LastLeases => RouteKind::LastLeases,
            Self::AsgStatus(_) => RouteKind::AsgStatus,
            Self::ServerStatus => RouteKind::ServerStatus,
            Self::StatusOverrides => RouteKind::StatusOverrides,
            Self::Metrics => RouteKind::Metrics,
        }
    }
}
