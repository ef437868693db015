//! Query parameters.

use std::collections::HashSet;

use actix_web::HttpRequest;
use actix_web::web::Query;
use eurus_model::InstanceStatus;

use super::complaints::named;
use super::refusal::Refusal;

/// What a status may be, for reasons.
pub(super) const STATUSES: &str = "UP, DOWN, STARTING, OUT_OF_SERVICE or UNKNOWN";

/// The parameters of a request in their order; of a repeated name the first counts.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string());
        // Any text is a query string: a part that is odd is still a name.
        let mut pairs = pairs.map(Query::into_inner).unwrap_or_default();
        let mut seen = HashSet::with_capacity(pairs.len());
        let first: Vec<bool> = pairs.iter().map(|(name, _)| seen.insert(name.as_str())).collect();
        let mut first = first.into_iter();
        pairs.retain(|_| first.next().unwrap_or(true));
        Self(pairs)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
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
        self.0
    }
}

/// The status that a parameter names.
pub(super) fn status(name: &str, text: &str) -> Result<InstanceStatus, Refusal> {
    text.parse().map_err(|_| Refusal::BadValue(format!("{name} must be {STATUSES}, but is {}", named(text))))
}
