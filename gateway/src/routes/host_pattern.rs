//! Patterns of hosts: labels between dots, of which `*` and `{name}` stand for one, and `**` for any number. Case makes no
//! difference. A pattern without a port is for every port.

use std::borrow::Cow;

use super::segment::Segment;
use crate::headers::host::port_of;

/// One pattern.
#[derive(Clone, Debug)]
pub(crate) struct HostPattern {
    /// As it was written.
    pub(super) text: String,
    pub(super) labels: Vec<Label>,
    pub(super) port: Option<u16>,
}

#[derive(Clone, Debug)]
pub(super) enum Label {
    One(Segment),
    /// `**`: any number, none too.
    Many,
}

/// The host of a request as patterns see it: lower case, without the port and a dot at its end.
pub(crate) struct Host<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) port: Option<u16>,
}

impl<'a> Host<'a> {
    /// Of a `Host` header or a target's authority.
    pub(crate) fn of(text: &'a str) -> Self {
        let port = port_of(text);
        let name = match port {
            Some(_) => text.rsplit_once(':').map_or(text, |(name, _)| name),
            None => text.strip_suffix(':').unwrap_or(text),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let name = if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) };
        Self { name, port: port.and_then(|port| port.parse().ok()) }
    }
}

impl HostPattern {
    /// Reads one; what is wrong with it, if it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (name, port) = match text.rsplit_once(':') {
            // An IPv6 address has colons of its own, and so have braces.
            Some((name, port)) if !port.contains([']', '}']) => {
                let port = port.parse().map_err(|_| format!("'{port}' is no port"))?;
                (name, Some(port))
            }
            _ => (text, None),
        };
        let name = name.to_ascii_lowercase();
        if name.is_empty() || name.contains([' ', '/', ',']) {
            return Err("a pattern is a host such as **.example.com".to_owned());
        }
        let labels = if name.starts_with('[') {
            vec![Label::One(Segment::Literal(name.as_bytes().into()))]
        } else {
            name.split('.').map(label).collect::<Result<_, _>>()?
        };
        Ok(Self { text: text.to_owned(), labels, port })
    }

    /// Whether a host fits, looked at without any table.
    pub(super) fn fits(&self, host: &Host<'_>) -> bool {
        self.port.is_none_or(|port| host.port == Some(port)) && self.name_fits(&host.name)
    }

    /// The same, whatever the port is.
    pub(super) fn name_fits(&self, name: &str) -> bool {
        // An IPv6 address is one label.
        if name.starts_with('[') { fit(&self.labels, Some(name), true) } else { fit(&self.labels, Some(name), false) }
    }
}

fn label(text: &str) -> Result<Label, String> {
    match text {
        "**" => Ok(Label::Many),
        "" => Err("a label between dots is empty".to_owned()),
        _ => Segment::parse(text).map(Label::One),
    }
}

/// `left`: what is left of the name; `None`: nothing.
fn fit(labels: &[Label], left: Option<&str>, is_whole: bool) -> bool {
    let Some((first, others)) = labels.split_first() else { return left.is_none() };
    let split = |left: &'_ str| -> (usize, Option<usize>) {
        match left.find('.').filter(|_| !is_whole) {
            Some(dot) => (dot, Some(dot + 1)),
            None => (left.len(), None),
        }
    };
    match (first, left) {
        (Label::One(_), None) => false,
        (Label::One(segment), Some(left)) => {
            let (end, next) = split(left);
            segment.fits(&left.as_bytes()[..end]) && fit(others, next.map(|next| &left[next..]), is_whole)
        }
        (Label::Many, left) => {
            fit(others, left, is_whole)
                || left.is_some_and(|left| {
                    let (_, next) = split(left);
                    fit(labels, next.map(|next| &left[next..]), is_whole)
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let table: [(&str, &[&str], &[&str]); 8] = [
            ("shop.example", &["shop.example", "SHOP.example:8080", "shop.example."], &["x.shop.example", "shop"]),
            ("**.shop.example", &["shop.example", "a.shop.example", "a.b.shop.example:1"], &["ashop.example"]),
            ("*.shop.example", &["a.shop.example"], &["shop.example", "a.b.shop.example"]),
            ("{tenant}.Shop.example:8080", &["a.shop.example:8080"], &["a.shop.example", "a.shop.example:80"]),
            ("a.**.b", &["a.b", "a.x.b", "a.x.y.b"], &["a", "b", "x.a.b"]),
            ("api-*.example", &["api-1.example"], &["api.example"]),
            ("[::1]", &["[::1]", "[::1]:80"], &["::1"]),
            ("**", &["a", "a.b", "[::1]"], &[]),
        ];
        for (pattern, fits, others) in table {
            let pattern = HostPattern::parse(pattern).unwrap();
            for host in fits {
                assert!(pattern.fits(&Host::of(host)), "{} {host}", pattern.text);
            }
            for host in others {
                assert!(!pattern.fits(&Host::of(host)), "{} {host}", pattern.text);
            }
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for pattern in ["", "a..b", "a/b", "a:http", "a:99999", "{a.b", ".a"] {
            assert!(HostPattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
