//! One bad request and its right answer.

use std::borrow::Cow;

use crate::rig::Rig;

/// What is sent, and what must come back.
pub(crate) struct Row {
    pub(crate) name: String,
    /// Sent one after the other.
    parts: Vec<Cow<'static, [u8]>>,
    /// Whether the sending side is closed after the last byte: the request is never finished.
    breaks_off: bool,
    status: u16,
    /// Must stand in head or body.
    says: Cow<'static, str>,
}

impl Row {
    pub(crate) fn new(name: &str, request: impl Into<Vec<u8>>, status: u16, says: &str) -> Self {
        Self {
            name: name.to_owned(),
            parts: vec![Cow::Owned(request.into())],
            breaks_off: false,
            status,
            says: Cow::Owned(says.to_owned()),
        }
    }

    pub(crate) fn breaking_off(self) -> Self {
        Self { breaks_off: true, ..self }
    }

    /// What is wrong with the answer; nothing when it is right.
    pub(crate) async fn check(&self, rig: &Rig) -> Option<String> {
        let parts: Vec<&[u8]> = self.parts.iter().map(|part| &**part).collect();
        let answer =
            if self.breaks_off { rig.exchange_and_break_off(&parts).await } else { rig.exchange_parts(&parts).await };
        let Some(answer) = answer else {
            return Some(format!("'{}': no answer, expected {}", self.name, self.status));
        };
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let heads: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let is_right = answer.status == self.status
            && if self.says.is_empty() {
                body.is_empty()
            } else {
                body.contains(&*self.says) || heads.contains(&*self.says)
            };
        (!is_right).then(|| {
            let body: String = body.chars().take(300).collect();
            format!("'{}': expected {} {:?}, is {} {body:?}", self.name, self.status, self.says, answer.status)
        })
    }
}

/// A request with `Connection: close` and a body of known length.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut raw = format!("{method} {path} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n");
    for (name, value) in headers {
        raw.push_str(&format!("{name}: {value}\r\n"));
    }
    raw.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    [raw.as_bytes(), body].concat()
}

pub(crate) const JSON: [(&str, &str); 2] = [("Accept", "application/json"), ("Content-Type", "application/json")];

/// Registers at `apps/A`.
pub(crate) fn post(body: impl AsRef<[u8]>) -> Vec<u8> {
    request("POST", "/eureka/apps/A", &JSON, body.as_ref())
}

pub(crate) fn post_xml(body: impl AsRef<[u8]>) -> Vec<u8> {
    let headers = [("Accept", "application/json"), ("Content-Type", "application/xml")];
    request("POST", "/eureka/apps/A", &headers, body.as_ref())
}

/// A request without a body that takes JSON.
pub(crate) fn plain(method: &str, path: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\nAccept: application/json\r\n\r\n")
        .into()
}
