//! Lines on standard output, which may be closed: `eurus harness run x.yaml | head -1`.

use std::io::{self, ErrorKind, Write as _};

use eurus_service::process::BoxError;

/// Writes a line.
///
/// # Errors
/// As [`io::Write`]; see [`is_unwanted`].
pub(super) fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush())
}

/// Whether it failed because nobody reads the output any more: then there is nothing to be said about it either.
pub(crate) fn is_unwanted(error: &BoxError) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
