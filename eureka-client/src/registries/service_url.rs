//! One entry of Spring's `defaultZone`.

use std::fmt;

use reqwest::Url;

/// Where a registry answers: `http://[user:password@]host:port/eureka/`.
pub(super) struct ServiceUrl {
    /// With credentials, which the HTTP client turns into Basic authentication, and with a trailing slash.
    base: String,
    /// Without credentials: for logs and errors.
    shown: String,
}

impl ServiceUrl {
    /// # Errors
    /// What is wrong with it and what is allowed; never shows credentials.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let mut url = Url::parse(text).map_err(|error| {
            format!("'{}' is not a URL ({error}); expected http://host:8761/eureka/", without_credentials(text))
        })?;
        let mut shown = url.clone();
        // These fail only for URLs without a host, which are refused below.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        if url.scheme() == "https" {
            return Err(format!(
                "'{shown}': https is not supported in this build; use http:// within a trusted network, or a local \
                 proxy that adds TLS"
            ));
        }
        if url.scheme() != "http" || url.host_str().is_none() {
            // Without a host, or with `user` read as the scheme: only the text is safe to cut.
            let shown = without_credentials(text);
            return Err(format!("'{shown}' is not a registry's address; expected http://host:8761/eureka/"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("'{shown}': a service URL has no '?' and no '#'; expected http://host:8761/eureka/"));
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        shown.set_path(&path);
        Ok(Self { base: url.to_string(), shown: shown.to_string() })
    }

    /// The address of a resource; `path` is encoded already and has no leading slash.
    pub(super) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
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
            ("http://u:p%40@h:1/eureka", "http://u:p%40@h:1/eureka/apps", "http://h:1/eureka/"),
            ("http://[::1]:8761/eureka", "http://[::1]:8761/eureka/apps", "http://[::1]:8761/eureka/"),
        ] {
            let url = ServiceUrl::parse(text).unwrap();
            assert_eq!((url.join("apps").as_str(), url.to_string().as_str()), (joined, shown));
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_reason_and_without_the_password() {
        for (text, reason) in [
            ("https://u:secret@h/eureka", "https is not supported in this build"),
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
