//! Asking sync-speed, as a platform does: one keep-alive connection, a request, its answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;

use super::arrivals::{self, Arrivals};
use crate::failure::Failure;
use crate::load::Answer;
use crate::load::response::Response;

/// An answer takes at most this long: sync-speed itself answers within 2 s, and may wait as long for the registry.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
const READ_BYTES: usize = 64 * 1024;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Offline,
    Online,
}

/// An answer, and when.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) sent_us: i64,
    /// When its last byte reached us.
    pub(crate) arrived_us: i64,
    /// When we had it in hand.
    pub(crate) answered_us: i64,
    pub(crate) entry: Entry,
}

/// What is looked at in an answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) state: String,
    pub(crate) gateways: Vec<Gateway>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Gateway {
    pub(crate) outcome: String,
    /// From the first call to its acknowledgement.
    pub(crate) latency_ms: Option<f64>,
}

impl Entry {
    /// Done, with the acknowledgement of so many gateways.
    pub(crate) fn is_done_by(&self, gateways: usize) -> bool {
        let applied = self.gateways.iter().filter(|gateway| gateway.outcome == "applied").count();
        self.state == "done" && applied == gateways && self.gateways.len() == gateways
    }

    /// The call that took longest, in µs.
    pub(crate) fn slowest_call_us(&self) -> Option<i64> {
        let calls = self.gateways.iter().filter_map(|gateway| gateway.latency_ms);
        calls.max_by(f64::total_cmp).map(|ms| (ms * 1_000.0).round() as i64)
    }
}

/// A connection to sync-speed.
pub(crate) struct SyncSpeed(Arrivals);

impl SyncSpeed {
    /// # Errors
    /// When it is not there.
    pub(crate) async fn at(address: SocketAddr) -> Result<Self, Failure> {
        Ok(Self(Arrivals::connect(address).await?))
    }

    /// One request.
    ///
    /// # Errors
    /// When it is not answered, or not with 200.
    pub(crate) async fn ask(&mut self, order: Order, ip: IpAddr) -> Result<Answered, Failure> {
        let path = match order {
            Order::Offline => "offline",
            Order::Online => "online",
        };
        let asked = format!(r#"{{"ip":"{ip}"}}"#);
        let request = format!(
            "POST /{path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{asked}",
            asked.len()
        );
        let mut body = Vec::new();
        let what = format!("POST /{path} {asked}");
        let sent_us = arrivals::now_us();
        let exchange = self.exchange(request.as_bytes(), &mut body);
        let (answer, arrived_us) = tokio::time::timeout(ANSWERED_WITHIN, exchange)
            .await
            .map_err(|_| Failure::new(format!("{what} is not answered")))?
            .map_err(|failure| failure.during(&what))?;
        let answered_us = arrivals::now_us();
        if answer.status != 200 {
            let said = String::from_utf8_lossy(&body);
            return Err(Failure::new(format!("{what} is answered {}: {said}", answer.status)));
        }
        let entry = serde_json::from_slice(&body).map_err(|error| Failure::from(error).during(&what))?;
        Ok(Answered { sent_us, arrived_us, answered_us, entry })
    }

    async fn exchange(&mut self, request: &[u8], body: &mut Vec<u8>) -> Result<(Answer, i64), Failure> {
        self.0.write_all(request).await?;
        let mut buffer = vec![0; READ_BYTES];
        let mut response = Response::new();
        loop {
            let (read, arrived_us) = self.0.read(&mut buffer).await?;
            if read == 0 {
                return Err(Failure::new("the connection was closed"));
            }
            let answer = response.feed(&buffer[..read], &mut |part| body.extend_from_slice(part));
            if let Some(answer) = answer.map_err(|broken| Failure::new(broken.to_string()))? {
                return Ok((answer, arrived_us));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_is_done_by_every_gateway() {
        let answer = |state: &str, gateways: &[&str]| -> Entry {
            let gateways: Vec<String> = gateways
                .iter()
                .map(|outcome| format!(r#"{{"node":"n","outcome":"{outcome}","attempts":1,"latency_ms":0.25}}"#))
                .collect();
            let text = format!(r#"{{"id":"x","state":"{state}","gateways":[{}]}}"#, gateways.join(","));
            serde_json::from_str(&text).unwrap()
        };
        assert!(answer("done", &["applied", "applied"]).is_done_by(2));
        assert_eq!(answer("done", &["applied"]).slowest_call_us(), Some(250));
        assert!(!answer("done", &["applied"]).is_done_by(2), "one is not named");
        assert!(!answer("done", &["applied", "gone"]).is_done_by(2));
        assert!(!answer("partial", &["applied", "applied"]).is_done_by(2));
    }
}
