//! A request that can be sent to both servers, again and again under fresh names.

use std::fmt::Write as _;

/// Stands for a sequence's own name in lower case; in upper case it is `~T~`.
pub const NAME: &str = "~t~";
/// See [`NAME`].
pub const UPPER_NAME: &str = "~T~";

/// One HTTP request. Path, headers and body may hold [`NAME`] and [`UPPER_NAME`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// GET, PUT, …
    pub method: &'static str,
    /// With query, percent-encoded.
    pub path: String,
    /// In the order in which they are sent; `Host` and `Content-Length` come by themselves.
    pub headers: Vec<(&'static str, String)>,
    /// Empty: none.
    pub body: String,
}

impl Request {
    /// Without headers and body.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body of this media type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<String>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// The path without the query.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// Whether a header has this value.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.headers.iter().any(|(known, said)| *known == name && said == value)
    }

    /// The same under a sequence's name.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let fill = |text: &str| filled(text, name);
        Self {
            method: self.method,
            path: fill(&self.path),
            headers: self.headers.iter().map(|(header, value)| (*header, fill(value))).collect(),
            body: fill(&self.body),
        }
    }

    /// As a command for a shell; `$SERVER` is `http://host:port`.
    pub fn curl(&self) -> String {
        let mut line = match self.method {
            "GET" => "curl -sSi".to_owned(),
            "HEAD" => "curl -sSI".to_owned(),
            method => format!("curl -sSi -X {method}"),
        };
        let _ = write!(line, " \"$SERVER\"{}", quoted(&self.path));
        // curl adds headers that were not sent.
        if !self.headers.iter().any(|(name, _)| *name == "accept") {
            line.push_str(" -H Accept:");
        }
        if !self.body.is_empty() && !self.headers.iter().any(|(name, _)| *name == "content-type") {
            line.push_str(" -H Content-Type:");
        }
        for (name, value) in &self.headers {
            let _ = write!(line, " -H {}", quoted(&format!("{name}: {value}")));
        }
        if !self.body.is_empty() {
            let _ = write!(line, " --data-binary {}", quoted(&self.body));
        }
        line
    }
}

/// A text under a sequence's name.
pub fn filled(text: &str, name: &str) -> String {
    text.replace(NAME, &name.to_lowercase()).replace(UPPER_NAME, &name.to_uppercase())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A segment of a path or a part of a query: everything but letters, digits and `-._~` percent-encoded, as the
/// names' own placeholders stay readable.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_named_and_printed_for_a_shell() {
        let request = Request::new("PUT", "/eureka/apps/~T~-A/~t~%3A1").header("accept", "*/*").body("x/y", "it's");
        let expected = r#"curl -sSi -X PUT "$SERVER"'/eureka/apps/Q7-A/q7%3A1' -H 'accept: */*' -H 'content-type: x/y' --data-binary 'it'\''s'"#;
        assert_eq!(request.named("q7").curl(), expected);
        assert_eq!(Request::new("GET", "/").curl(), r#"curl -sSi "$SERVER"'/' -H Accept:"#);
    }

    #[test]
    fn segments_are_encoded_but_for_the_placeholder() {
        assert_eq!(encoded("~t~ a+ü:%/"), "~t~%20a%2B%C3%BC%3A%25%2F");
    }
}
