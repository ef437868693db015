//! One line of the access log.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::header::HeaderValue;
use http::{Method, StatusCode, Uri, Version};

use super::escaped::Escaped;
use crate::caller::Scheme;
use crate::endpoint::Endpoint;
use crate::routes::Route;
use crate::timestamp::Timestamp;
use crate::upstream::upload::Progress;

/// What is said of one request.
pub(crate) struct Line {
    pub(crate) at_ms: i64,
    pub(crate) peer: IpAddr,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) scheme: Scheme,
    pub(crate) version: Version,
    /// `None`: the caller left before it was answered.
    pub(crate) status: Option<StatusCode>,
    /// Where the request's body stands.
    pub(crate) upload: Option<Rc<Progress>>,
    pub(crate) answered_bytes: u64,
    pub(crate) duration_us: i64,
    /// Where no instance answered.
    pub(crate) service: Option<String>,
    pub(crate) endpoint: Option<Arc<Endpoint>>,
    pub(crate) request_id: HeaderValue,
    pub(crate) tries: u32,
    /// `None`: the locator's, or none.
    pub(crate) route: Option<Arc<Route>>,
}

impl Line {
    pub(super) fn write_to(&self, buffer: &mut String) {
        // Writing to a String does not fail.
        let _ = writeln!(buffer, "{self}");
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = Escaped(self.uri.path().as_bytes());
        let Self { peer, method, scheme, version, .. } = self;
        write!(f, "{} {peer} \"{method} {path}\" {} {version:?} ", Timestamp(self.at_ms), scheme.name())?;
        match self.status {
            Some(status) => f.write_str(status.as_str())?,
            None => f.write_str("-")?,
        }
        let sent_bytes = self.upload.as_ref().map_or(0, |upload| upload.bytes());
        let (service, instance) = match (&self.endpoint, &self.service) {
            (Some(endpoint), _) => (endpoint.application(), endpoint.instance_id()),
            (None, Some(service)) => (service.as_str(), ""),
            (None, None) => ("", ""),
        };
        let route = self.route.as_ref().map_or("", |route| route.definition.id.as_str());
        write!(
            f,
            " {sent_bytes} {} {} {} {} {} {} {}",
            self.answered_bytes,
            self.duration_us,
            Escaped(service.as_bytes()),
            Escaped(instance.as_bytes()),
            Escaped(self.request_id.as_bytes()),
            self.tries,
            Escaped(route.as_bytes())
        )
    }
}

#[cfg(test)]
mod tests {
    use eurus_service::Properties;
    use eurus_service::properties::{Files, Sources};

    use super::*;
    use crate::config::EdgeConfig;
    use crate::routes::{Routes, RoutesConfig};

    fn line() -> Line {
        Line {
            at_ms: 1_000,
            peer: IpAddr::from([10, 0, 0, 7]),
            method: Method::GET,
            uri: "/orders/42?token=secret".parse().unwrap(),
            scheme: Scheme::Http,
            version: Version::HTTP_11,
            status: Some(StatusCode::OK),
            upload: None,
            answered_bytes: 1_024,
            duration_us: 1_873,
            service: None,
            endpoint: None,
            request_id: HeaderValue::from_static("id-1"),
            tries: 1,
            route: None,
        }
    }

    fn route(id: &str) -> Arc<Route> {
        let yaml = format!("spring.cloud.gateway.routes: [{{id: '{id}', uri: 'lb://x', predicates: [Path=/x]}}]");
        let sources = Sources { files: Files::one("application.yml", &yaml), ..Sources::default() };
        let config = RoutesConfig::from_properties(&Properties::layered(sources).unwrap().0).unwrap();
        let routes = Routes::new(&config, &EdgeConfig::default());
        Arc::clone(&routes.in_force().table.routes()[0])
    }

    #[test]
    fn fields_stand_in_their_order_and_queries_are_left_out() {
        let address = std::net::SocketAddr::from(([10, 0, 1, 3], 8080));
        let mut one = line();
        one.endpoint = Some(Arc::new(Endpoint::new("ORDERS", "10.0.1.3:orders 8080", address)));
        one.route = Some(route("orders, \u{e4}"));
        assert_eq!(
            one.to_string(),
            "1970-01-01T00:00:01.000Z 10.0.0.7 \"GET /orders/42\" http HTTP/1.1 200 0 1024 1873 ORDERS 10.0.1.3:orders\\x208080 \
             id-1 1 orders,\\x20\\xc3\\xa4"
        );
    }

    #[test]
    fn what_there_is_not_is_a_dash() {
        let unanswered = Line { status: None, tries: 0, service: Some("SHOP".to_owned()), ..line() };
        assert!(unanswered.to_string().ends_with(" HTTP/1.1 - 0 1024 1873 SHOP - id-1 0 -"));
        assert!(line().to_string().ends_with(" 200 0 1024 1873 - - id-1 1 -"));
    }
}
