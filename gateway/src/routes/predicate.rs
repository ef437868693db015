//! What a request must be like to take a route: all of these.

use std::fmt;

use http::header::HeaderName;
use http::{HeaderMap, Method};
use regex::bytes::Regex;

use super::host_pattern::{Host, HostPattern};
use super::path;
use super::path_pattern::PathPattern;

/// One condition; of its patterns or methods one must fit.
#[derive(Clone, Debug)]
pub(crate) enum Predicate {
    Path(Vec<PathPattern>),
    Host(Vec<HostPattern>),
    Method(Vec<Method>),
    /// There, and one of its values as the whole of the expression.
    Header(HeaderName, Option<Regex>),
}

/// What of a request decides its route.
pub(crate) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) host: Option<Host<'a>>,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Asked<'a> {
    /// Of a request; `host`: as its header or its target says.
    pub(crate) fn new(method: &'a Method, path: &'a str, host: Option<&'a str>, headers: &'a HeaderMap) -> Self {
        Self { method, path, host: host.map(Host::of), headers }
    }
}

impl Predicate {
    /// Whether a request is like that.
    pub(super) fn fits(&self, asked: &Asked<'_>) -> bool {
        match self {
            Self::Path(patterns) => {
                !path::has_dots(asked.path) && patterns.iter().any(|pattern| pattern.fits(asked.path))
            }
            Self::Host(patterns) => {
                asked.host.as_ref().is_some_and(|host| patterns.iter().any(|pattern| pattern.fits(host)))
            }
            Self::Method(methods) => methods.contains(asked.method),
            Self::Header(name, None) => asked.headers.contains_key(name),
            Self::Header(name, Some(regex)) => {
                asked.headers.get_all(name).iter().any(|value| regex.is_match(value.as_bytes()))
            }
        }
    }
}

/// As it would be written.
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(patterns) => {
                let texts: Vec<_> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
                write!(f, "Path={}", texts.join(","))
            }
            Self::Host(patterns) => {
                let texts: Vec<_> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
                write!(f, "Host={}", texts.join(","))
            }
            Self::Method(methods) => {
                let texts: Vec<_> = methods.iter().map(Method::as_str).collect();
                write!(f, "Method={}", texts.join(","))
            }
            Self::Header(name, None) => write!(f, "Header={name}"),
            Self::Header(name, Some(regex)) => {
                let text = regex.as_str().trim_start_matches("^(?:").trim_end_matches(")$");
                write!(f, "Header={name}, {text}")
            }
        }
    }
}
