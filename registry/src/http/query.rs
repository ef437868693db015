//! Query parameters.

use std::borrow::Cow;
use std::collections::HashSet;

use actix_web::HttpRequest;
use eurus_model::InstanceStatus;

use super::complaints::named;
use super::refusal::Refusal;

/// What a status may be, for reasons.
pub(super) const STATUSES: &str = "UP, DOWN, STARTING, OUT_OF_SERVICE or UNKNOWN";

/// The parameters of a request in their order; of a repeated name the first counts.
pub(crate) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    /// Any text is a query string: a part that is odd is still a name.
    pub(crate) fn of(request: &'a HttpRequest) -> Self {
        Self(form_urlencoded::parse(request.query_string().as_bytes()).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// `lastDirtyTimestamp`, where it is given.
    pub(crate) fn dirty_ms(&self) -> Result<Option<i64>, Refusal> {
        let parse = |text: &str| {
            text.parse().map_err(|_| {
                let allowed = "milliseconds since 1970, a whole number";
                Refusal::BadValue(format!("lastDirtyTimestamp must be {allowed}, but is {}", named(text)))
            })
        };
        self.get("lastDirtyTimestamp").map(parse).transpose()
    }

    /// A status, where it is given.
    pub(crate) fn status(&self, name: &str) -> Result<Option<InstanceStatus>, Refusal> {
        self.get(name).map(|text| status(name, text)).transpose()
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        let mut seen = HashSet::with_capacity(self.0.len());
        let first = self.0.into_iter().filter(|(name, _)| seen.insert(name.clone()));
        first.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }
}

/// The status that a parameter names.
pub(super) fn status(name: &str, text: &str) -> Result<InstanceStatus, Refusal> {
    text.parse().map_err(|_| Refusal::BadValue(format!("{name} must be {STATUSES}, but is {}", named(text))))
}
