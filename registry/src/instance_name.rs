//! How an instance is named in the log and on the pages.

use std::borrow::Cow;
use std::fmt;

/// Characters of a name that are shown: a client may choose one as long as a body.
const NAME_CHARS_MAX: usize = 200;

/// `APP/id` on one line, whatever the client put into it: a line break in an id must not forge a line of the log.
pub(crate) struct InstanceName<'a>(pub(crate) &'a str, pub(crate) &'a str);

impl fmt::Display for InstanceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", shortened(self.0).escape_debug(), shortened(self.1).escape_debug())
    }
}

/// The beginning of a long name; other names as they are.
pub(crate) fn shortened(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(InstanceName("APP", "host:app:8001").to_string(), "APP/host:app:8001");
        assert_eq!(InstanceName("A", "1\n2026 INFO forged").to_string(), "A/1\\n2026 INFO forged");
    }

    #[test]
    fn a_long_name_is_shown_by_its_beginning() {
        assert_eq!(shortened(&"ż".repeat(NAME_CHARS_MAX)).chars().count(), NAME_CHARS_MAX);
        assert_eq!(shortened(&"ż".repeat(100_000)).chars().count(), NAME_CHARS_MAX + 1);
    }
}
