//! Names of headers that the http library has no constants for.

use http::header::HeaderName;

pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(super) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub(super) const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(super) const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
pub(super) const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Names that mean another one to whoever takes `_` for `-`, as CGI, WSGI and what comes from them do: nobody sends them in good faith
/// who does not know what they are taken for.
pub(super) fn is_in_disguise(name: &str) -> bool {
    name.contains('_') && {
        let meant = name.replace('_', "-");
        is_of_the_way(&meant) || matches!(&*meant, "content-length" | "host" | "transfer-encoding" | "x-request-id")
    }
}

/// What says where a request came from and how: believed of trusted proxies only.
pub(crate) fn is_of_the_way(name: &str) -> bool {
    matches!(
        name,
        "forwarded"
            | "x-forwarded-for"
            | "x-forwarded-host"
            | "x-forwarded-port"
            | "x-forwarded-prefix"
            | "x-forwarded-proto"
            | "x-forwarded-ssl"
            | "x-real-ip"
    )
}
