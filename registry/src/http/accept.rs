//! What the client wants to get: JSON or XML, and which encoding.

use std::borrow::Cow;

use actix_web::http::header::HeaderValue;

use crate::form::Format;

const JSON: &str = "application/json";
const XML: &str = "application/xml";

/// The format that was agreed on, and how the answer is labelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    pub(crate) format: Format,
    pub(crate) content_type: Cow<'static, str>,
}

impl Negotiated {
    /// As a header. What most clients ask for is not copied.
    pub(crate) fn label(&self) -> HeaderValue {
        match &self.content_type {
            Cow::Borrowed(text) => HeaderValue::from_static(text),
            // It comes from a header, so it is one.
            Cow::Owned(text) => HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(JSON)),
        }
    }

    /// Without parameters.
    pub(crate) fn bare_label(&self) -> HeaderValue {
        HeaderValue::from_static(match self.format {
            Format::Json => JSON,
            Format::Xml => XML,
        })
    }
}

/// One entry of an `Accept` header.
pub(super) struct MediaRange<'a> {
    /// Lower case: `application/json`, `*/*`.
    pub(super) kind: Cow<'a, str>,
    /// Parameters but `q`, as written, each with its semicolon.
    pub(super) parameters: Vec<&'a str>,
    pub(super) quality: f32,
}

impl MediaRange<'_> {
    fn label(&self) -> Cow<'static, str> {
        if self.parameters.is_empty() && self.kind == JSON {
            return JSON.into();
        }
        let kind = self.kind.clone().into_owned();
        self.parameters.iter().fold(kind, |label, parameter| format!("{label};{parameter}")).into()
    }
}

pub(super) fn media_ranges(accept: &str) -> impl Iterator<Item = MediaRange<'_>> {
    accept.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let kind = lower(parts.next().unwrap_or_default());
        let (mut parameters, mut quality) = (Vec::new(), 1.0);
        for parameter in parts {
            match parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")) {
                Some(value) => quality = value.parse().unwrap_or(1.0),
                None => parameters.push(parameter),
            }
        }
        MediaRange { kind, parameters, quality }
    })
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// Chooses the format of an answer. JSON must be asked for by name; anything that only allows both gets XML, as does
/// a client that says nothing. `None`: neither is acceptable.
pub(crate) fn negotiate(accept: Option<&str>) -> Option<Negotiated> {
    let xml = || Negotiated { format: Format::Xml, content_type: XML.into() };
    let accept = accept.unwrap_or_default();
    if accept.trim().is_empty() {
        return Some(xml());
    }
    let mut best: Option<(f32, bool, Negotiated)> = None;
    for range in media_ranges(accept) {
        let (is_named, offered) = match range.kind.as_ref() {
            JSON => (true, Negotiated { format: Format::Json, content_type: range.label() }),
            "application/xml" => (true, Negotiated { format: Format::Xml, content_type: range.label() }),
            "*/*" | "application/*" => (false, xml()),
            _ => continue,
        };
        // The higher quality wins, then a name over a wildcard, then what was written first.
        let is_better = best.as_ref().is_none_or(|(quality, was_named, _)| {
            range.quality > *quality || (range.quality >= *quality && is_named && !was_named)
        });
        if range.quality > 0.0 && is_better {
            best = Some((range.quality, is_named, offered));
        }
    }
    best.map(|(_, _, offered)| offered)
}

/// How an error is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    Json {
        content_type: String,
    },
    Xml,
    Html,
    /// The client takes nothing that an error could be written in.
    Empty,
}

/// Chooses how to show an error, for which more formats are at hand than for lists.
pub(crate) fn error_form(accept: Option<&str>) -> ErrorForm {
    let json = || ErrorForm::Json { content_type: "application/json".to_owned() };
    let accept = accept.unwrap_or_default();
    if accept.trim().is_empty() {
        return json();
    }
    let mut best: Option<(f32, ErrorForm)> = None;
    for range in media_ranges(accept) {
        let form = match range.kind.as_ref() {
            "*/*" | "application/*" | "application/*+json" => json(),
            "text/html" | "text/*" => ErrorForm::Html,
            "application/xml" | "text/xml" => ErrorForm::Xml,
            JSON => ErrorForm::Json { content_type: range.label().into_owned() },
            kind if kind.starts_with("application/") && kind.ends_with("+json") => {
                ErrorForm::Json { content_type: range.label().into_owned() }
            }
            kind if kind.starts_with("application/") && kind.ends_with("+xml") => ErrorForm::Xml,
            _ => continue,
        };
        if range.quality > best.as_ref().map_or(0.0, |(quality, _)| *quality) {
            best = Some((range.quality, form));
        }
    }
    best.map_or(ErrorForm::Empty, |(_, form)| form)
}

/// Whether the client takes gzip.
pub(crate) fn takes_gzip(accept_encoding: Option<&str>) -> bool {
    // The grammar is that of media ranges.
    media_ranges(accept_encoding.unwrap_or_default())
        .any(|coding| matches!(coding.kind.as_ref(), "gzip" | "x-gzip") && coding.quality > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_must_be_asked_for_by_name() {
        let json = |label| Some((Format::Json, label));
        let xml = Some((Format::Xml, "application/xml"));
        let table = [
            (None, xml),
            (Some(""), xml),
            (Some("*/*"), xml),
            (Some("application/*"), xml),
            (Some("application/xml"), xml),
            (Some("application/json"), json("application/json")),
            (Some("Application/JSON"), json("application/json")),
            (Some("application/json;charset=utf-8"), json("application/json;charset=utf-8")),
            (Some("application/json, application/*+json"), json("application/json")),
            (Some("*/*, application/json"), json("application/json")),
            (Some("application/json, */*"), json("application/json")),
            (Some("application/xml, application/json;q=0.5"), xml),
            (Some("application/xml;q=0.5, application/json;q=0.9"), json("application/json")),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), xml),
            (Some("text/json"), None),
            (Some("text/html"), None),
            (Some("image/png"), None),
            (Some("application/hal+json"), None),
            (Some("application/json;q=0"), None),
        ];
        for (accept, expected) in table {
            let negotiated = negotiate(accept);
            let negotiated = negotiated.as_ref().map(|one| (one.format, one.content_type.as_ref()));
            assert_eq!(negotiated, expected, "{accept:?}");
        }
    }

    #[test]
    fn errors_come_in_more_formats() {
        let json = |label: &str| ErrorForm::Json { content_type: label.to_owned() };
        let table = [
            (None, json("application/json")),
            (Some("*/*"), json("application/json")),
            (Some("application/json"), json("application/json")),
            (Some("application/hal+json"), json("application/hal+json")),
            (Some("application/xml"), ErrorForm::Xml),
            (Some("text/html"), ErrorForm::Html),
            (Some("text/html, application/json"), ErrorForm::Html),
            (Some("text/html;q=0.5, application/xml"), ErrorForm::Xml),
            (Some("text/json"), ErrorForm::Empty),
            (Some("image/png"), ErrorForm::Empty),
        ];
        for (accept, expected) in table {
            assert_eq!(error_form(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn gzip_must_be_asked_for_and_not_forbidden() {
        let table = [
            (None, false),
            (Some("identity"), false),
            (Some("gzip"), true),
            (Some("x-gzip"), true),
            (Some("deflate, GZIP;q=0.1"), true),
            (Some("gzip, deflate, br"), true),
            (Some("gzip;q=0"), false),
            (Some("br"), false),
        ];
        for (accept_encoding, expected) in table {
            assert_eq!(takes_gzip(accept_encoding), expected, "{accept_encoding:?}");
        }
    }
}
