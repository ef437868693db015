//! What a client is told: validated by [`EurekaClient::new`](crate::EurekaClient::new).

use std::fmt;

use eurus_model::InstanceInfo;
use eurus_service::Faults;
use eurus_service::tls::ClientTls;

use crate::copy_access::CopyAccess;
use crate::error::ClientError;
use crate::registries::{check_names, without_credentials};

/// Bounds of one socket operation, real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To open a connection, milliseconds. Spring's default: 5 s.
    pub connect_ms: u64,
    /// Without a byte of the answer, milliseconds. Spring's default: 8 s.
    pub read_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_ms: 5_000, read_ms: 8_000 }
    }
}

/// How the list is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchConfig {
    /// Between the end of a fetch and the next, milliseconds. Netflix's default: 30 s.
    pub interval_ms: i64,
    /// Always the full list.
    pub disable_delta: bool,
    /// How long the copy is kept when the registry suddenly shows no service at all, as one does that has restarted
    /// without a memory; milliseconds, 0: not at all.
    pub keep_last_on_empty_ms: i64,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self { interval_ms: 30_000, disable_delta: false, keep_last_on_empty_ms: 300_000 }
    }
}

/// What a client does, and with which registries.
#[derive(Clone)]
pub struct ClientConfig {
    /// As Spring's `defaultZone`: `http[s]://[user:password@]host:8761/eureka/`, tried in this order.
    pub service_urls: Vec<String>,
    /// `None`: the list is not followed ([`EurekaClient::refresh`](crate::EurekaClient::refresh) still works).
    pub fetch: Option<FetchConfig>,
    /// What to register, with `lease.renewal_interval_s`; `None`: nothing.
    pub registration: Option<InstanceInfo>,
    /// Whom `https://` registries are vouched for by.
    pub tls: ClientTls,
    /// Of each call.
    pub timeouts: Timeouts,
    /// After time-outs in a row the wait between two tries doubles, up to this many intervals. Netflix's default: 10.
    pub backoff_bound: u32,
    /// A harness's plan; no setting leads to it.
    pub faults: Faults,
    /// A harness's; no setting leads to it.
    pub copy_access: Option<CopyAccess>,
}

/// Without the credentials of the service URLs.
impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service_urls: Vec<_> = self.service_urls.iter().map(|url| without_credentials(url)).collect();
        f.debug_struct("ClientConfig")
            .field("service_urls", &service_urls)
            .field("fetch", &self.fetch)
            .field("registration", &self.registration)
            .field("tls", &self.tls)
            .field("timeouts", &self.timeouts)
            .field("backoff_bound", &self.backoff_bound)
            .finish()
    }
}

impl ClientConfig {
    /// Netflix's defaults: fetch every 30 s with deltas, nothing to register.
    pub fn stock(service_urls: Vec<String>) -> Self {
        Self {
            service_urls,
            fetch: Some(FetchConfig::default()),
            registration: None,
            tls: ClientTls::default(),
            timeouts: Timeouts::default(),
            backoff_bound: 10,
            faults: Faults::default(),
            copy_access: None,
        }
    }
}

impl ClientConfig {
    /// What can be said before anything is sent; service URLs are checked where they are parsed.
    pub(crate) fn validate(&self) -> Result<(), ClientError> {
        let positive = |name: &str, value: i64| {
            if value > 0 {
                Ok(())
            } else {
                Err(ClientError::config(name, format!("{value} given; expected 1 or more")))
            }
        };
        positive("back-off bound", i64::from(self.backoff_bound))?;
        positive("connect time-out", i64::try_from(self.timeouts.connect_ms).unwrap_or(i64::MAX))?;
        positive("read time-out", i64::try_from(self.timeouts.read_ms).unwrap_or(i64::MAX))?;
        if let Some(fetch) = &self.fetch {
            // 0 is allowed, and means: not at all.
            positive("eurus.client.keep-last-on-empty-ms", fetch.keep_last_on_empty_ms.saturating_add(1))?;
            positive("fetch interval (eureka.client.registry-fetch-interval-seconds)", fetch.interval_ms)?;
        }
        if let Some(instance) = &self.registration {
            positive(
                "renewal interval (eureka.instance.lease-renewal-interval-in-seconds)",
                i64::from(instance.lease.renewal_interval_s),
            )?;
            check_names(&instance.app, &instance.instance_id)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_named() {
        type Change = fn(&mut ClientConfig);
        let table: [(Change, &str); 6] = [
            (|config| config.backoff_bound = 0, "back-off bound"),
            (|config| config.timeouts.connect_ms = 0, "connect time-out"),
            (|config| config.timeouts.read_ms = 0, "read time-out"),
            (|config| config.fetch = Some(FetchConfig { interval_ms: 0, ..FetchConfig::default() }), "fetch interval"),
            (
                |config| {
                    let mut instance = InstanceInfo::new("A", "h:1", "h", "127.0.0.1");
                    instance.lease.renewal_interval_s = -1;
                    config.registration = Some(instance);
                },
                "renewal interval",
            ),
            (|config| config.registration = Some(InstanceInfo::new("A", "..", "h", "127.0.0.1")), "instance id"),
        ];
        for (change, named) in table {
            let mut config = ClientConfig::stock(vec!["http://h/eureka/".to_owned()]);
            assert!(config.validate().is_ok());
            change(&mut config);
            let text = config.validate().unwrap_err().to_string();
            assert!(text.starts_with(named), "{text}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let config = ClientConfig::stock(vec!["http://user:secret@h:8761/eureka/".to_owned()]);
        let shown = format!("{config:?}");
        assert!(shown.contains("h:8761/eureka/") && !shown.contains("secret"), "{shown}");
    }
}
