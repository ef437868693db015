//! Who waits for an answer that a link holds back.

use actix_web::HttpRequest;

/// Whose timers are awake while the answer is waited for: a Eureka client's loops, or what sync-speed does.
pub(super) fn behind(request: &HttpRequest) -> &'static [&'static str] {
    let path = request.path().trim_end_matches('/');
    match request.method().as_str() {
        "GET" if path.ends_with("/apps") || path.ends_with("/apps/delta") => &["fetch loop"],
        "POST" if path.ends_with("/downline") || path.ends_with("/upline") => &["call to a gateway"],
        "POST" | "PUT" | "DELETE" if path.contains("/apps/") && !path.ends_with("/status") => &["registration loop"],
        "GET" | "PUT" | "DELETE" if path.contains("/apps/") => &["request", "recovery"],
        _ => &[],
    }
}
