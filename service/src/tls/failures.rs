//! What of a failed call is about TLS: it hides within errors of the system.

use std::error::Error;
use std::io;

/// An error and what it was caused by, the innermost cause last.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// What the innermost cause says: "connection refused" says more than "client error (Connect)".
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The error of TLS that an error is or was caused by.
pub fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    causes(error).find_map(within)
}

/// An I/O error holds it, perhaps within another one, rather than having it for a source.
fn within<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    match cause.downcast_ref() {
        Some(error) => Some(error),
        None => within(cause.downcast_ref::<io::Error>()?.get_ref()?),
    }
}
