//! Who may call the admin API.

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use std::future::{Ready, ready};

use super::{Admin, Failure};

/// A request with one of these did not come from the downline service. A gateway's data plane always sets the first, so
/// that nobody reaches an admin API through a gateway; a browser sets the last when a page calls another origin.
const FOREIGN: [(&str, &str); 3] = [
    ("x-forwarded-for", "the admin API takes no call that a proxy or gateway passed on"),
    ("forwarded", "the admin API takes no call that a proxy or gateway passed on"),
    ("origin", "the admin API takes no call of a web page"),
];

/// A resource that takes this is closed to calls that were passed on, and to callers without the configured token. Take
/// it first: a caller without it is told nothing else.
pub(super) struct Authorized;

impl FromRequest for Authorized {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some((name, why)) = FOREIGN.iter().find(|(name, _)| request.headers().contains_key(*name)) {
            return ready(Err(Failure::new(StatusCode::FORBIDDEN, format!("{name}: {why}"))));
        }
        let expected = request.app_data::<Data<Admin>>().map(|admin| admin.config.token.as_deref());
        let given = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
            .unwrap_or_default();
        ready(match expected {
            Some(None) => Ok(Self),
            Some(Some(token)) if is_same(token.as_bytes(), given) => Ok(Self),
            Some(Some(_)) => Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "Authorization: Bearer <eurus.gateway.admin.token> is missing or wrong",
            )),
            None => Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the admin API has lost its configuration")),
        })
    }
}

/// Takes the same time wherever the two differ.
fn is_same(expected: &[u8], given: &[u8]) -> bool {
    let differences = expected.iter().zip(given).fold(0, |found, (a, b)| found | (a ^ b));
    expected.len() == given.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn tokens() {
        for (expected, given, same) in [
            ("abc", "abc", true),
            ("abc", "abd", false),
            ("abc", "ab", false),
            ("abc", "abcd", false),
            ("", "a", false),
        ] {
            assert_eq!(is_same(expected.as_bytes(), given.as_bytes()), same, "{expected} {given}");
        }
    }
}
