//! Which service a request is for. The default product: `/{service-id}/**` goes to the instances of that service,
//! with the prefix stripped, as Zuul does.

use http::Method;
use http::uri::PathAndQuery;

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// What is stripped: `/{service-id}`, in any case.
    pub(crate) prefix: String,
    /// What the instance sees.
    pub(crate) target: PathAndQuery,
}

/// The gateway's own health check on the traffic port. It shadows this one path of a service called `actuator`.
pub(crate) fn is_health_check(method: &Method, path: &str) -> bool {
    path == "/actuator/health" && matches!(*method, Method::GET | Method::HEAD)
}

/// The route of a path; `None` when it names no service.
pub(crate) fn route(path_and_query: &PathAndQuery) -> Option<Route> {
    let service = path_and_query.path().strip_prefix('/')?.split('/').next().filter(|service| !service.is_empty())?;
    let (prefix, rest) = path_and_query.as_str().split_at_checked(1 + service.len())?;
    // The rest of what was a path and query is one too, but for the slash that it may lack in front.
    let target = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    Some(Route { prefix: prefix.to_owned(), target: target.ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_names_the_service_and_is_stripped() {
        let table = [
            ("/java-service/hello?x=1", Some(("java-service", "/hello?x=1"))),
            ("/Java-Service/hello", Some(("Java-Service", "/hello"))),
            ("/java-service", Some(("java-service", "/"))),
            ("/java-service/", Some(("java-service", "/"))),
            ("/java-service?x=1", Some(("java-service", "/?x=1"))),
            ("/java-service//a/%2F?", Some(("java-service", "//a/%2F?"))),
            ("/a/a/a", Some(("a", "/a/a"))),
            ("/", None),
            ("//a", None),
            ("/?x=/a", None),
            ("*", None),
        ];
        for (given, expected) in table {
            let route = route(&given.parse().unwrap());
            let found = route.as_ref().map(|route| (route.prefix.trim_start_matches('/'), route.target.as_str()));
            assert_eq!(found, expected, "{given}");
        }
    }
}
