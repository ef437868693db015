//! One entry of Spring's `defaultZone`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use url::Url;

/// Where a registry answers: `http[s]://[user:password@]host:port/eureka/`.
pub(super) struct ServiceUrl {
    /// Without credentials and with a trailing slash: what is asked, and what logs and errors show.
    shown: String,
    /// The credentials, as Basic authentication.
    authorization: Option<HeaderValue>,
}

impl ServiceUrl {
    /// # Errors
    /// What is wrong with it and what is allowed; never shows credentials.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|error| {
            format!("'{}' is not a URL ({error}); expected http://host:8761/eureka/", without_credentials(text))
        })?;
        let mut shown = url.clone();
        // These fail only for URLs without a host, which are refused below.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            // Without a host, or with `user` read as the scheme: only the text is safe to cut.
            let shown = without_credentials(text);
            return Err(format!("'{shown}' is not a registry's address; expected http://host:8761/eureka/"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("'{shown}': a service URL has no '?' and no '#'; expected http://host:8761/eureka/"));
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        shown.set_path(&path);
        Ok(Self { shown: shown.to_string(), authorization: basic(&url) })
    }

    pub(super) fn is_https(&self) -> bool {
        self.shown.starts_with("https:")
    }

    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// The address of a resource; `path` is encoded already and has no leading slash.
    pub(super) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.shown)
    }
}

/// Names and passwords are percent-encoded in a URL, and not in the header.
fn basic(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decoded(url.username());
    pair.push(b':');
    pair.extend(decoded(url.password().unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).ok()?;
    // It stays out of Debug output.
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A URL as it may be shown. For text that was not parsed: everything up to the last `@` may be a password.
pub fn without_credentials(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spring_s_forms_are_understood() {
        for (text, joined, shown) in [
            ("http://h:8761/eureka/", "http://h:8761/eureka/apps", "http://h:8761/eureka/"),
            (" http://h:8761/eureka", "http://h:8761/eureka/apps", "http://h:8761/eureka/"),
            ("http://h/eureka/v2//", "http://h/eureka/v2/apps", "http://h/eureka/v2/"),
            ("http://h:8761", "http://h:8761/apps", "http://h:8761/"),
            ("http://u:p%40@h:1/eureka", "http://h:1/eureka/apps", "http://h:1/eureka/"),
            ("https://h/eureka", "https://h/eureka/apps", "https://h/eureka/"),
            ("http://[::1]:8761/eureka", "http://[::1]:8761/eureka/apps", "http://[::1]:8761/eureka/"),
        ] {
            let url = ServiceUrl::parse(text).unwrap();
            assert_eq!((url.join("apps").as_str(), url.to_string().as_str()), (joined, shown));
        }
    }

    #[test]
    fn credentials_become_a_header_and_are_not_shown() {
        for (text, decoded) in [
            ("http://h/eureka", None),
            ("http://user:secret@h/eureka", Some("user:secret")),
            ("https://us%20er:s%40c%3Aret@h/eureka", Some("us er:s@c:ret")),
            ("http://user@h/eureka", Some("user:")),
        ] {
            let url = ServiceUrl::parse(text).unwrap();
            let expected = decoded.map(|pair| format!("Basic {}", STANDARD.encode(pair)));
            assert_eq!(url.authorization().map(|value| value.to_str().unwrap().to_owned()), expected, "{text}");
            assert!(!format!("{:?} {url}", url.authorization()).contains("Basic"), "{text}");
            assert!(!url.join("apps").contains('@'), "{text}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_reason_and_without_the_password() {
        for (text, reason) in [
            ("localhost:8761/eureka", "expected http://host:8761/eureka/"),
            ("u:secret@h:99999999/eureka", "expected http://host:8761/eureka/"),
            ("http://u:secret@h:99999999/eureka", "is not a URL"),
            ("ftp://u:secret@h/eureka", "is not a registry's address"),
            ("http://h/eureka?a=b", "no '?'"),
            ("", "is not a URL"),
        ] {
            let error = ServiceUrl::parse(text).err().unwrap();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
