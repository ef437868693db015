//! How an instance is named in the log.

use std::fmt;

/// `APP/id` on one line, whatever the client put into it: a line break in an id must not forge a line of the log.
pub(crate) struct InstanceName<'a>(pub(crate) &'a str, pub(crate) &'a str);

impl fmt::Display for InstanceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.escape_debug(), self.1.escape_debug())
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
}
