//! An instance that refuses connections, by a gateway's word: sync-speed looks itself, and takes it offline where that is
//! wanted. A dead process does not deregister; its lease would keep it in every list for a minute and a half, or for good.
//!
//! The gateway's word alone moves nothing: the registry must show the instance UP, in the same registration, at that
//! address, and a connection of our own must be refused there too. Then it is a request as any other, guards included.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use eurus_model::{InstanceInfo, InstanceStatus, Port};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::downline::Downline;
use crate::error::Refusal;
use crate::registration::Registration;
use crate::request::{Kind, Request, Target};
use crate::selection::address_of;

/// Looks under way at one time.
const LOOKS_MAX: usize = 64;
/// Real time for our own connection.
const CONNECT_WITHIN: Duration = Duration::from_millis(1_000);

/// What a gateway says.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// Its instance id.
    pub(crate) node: String,
    /// Upper case.
    pub(crate) app: String,
    pub(crate) instance_id: String,
    /// The life of the instance that refused it.
    pub(crate) registration: Registration,
    /// Where.
    pub(crate) address: SocketAddr,
    /// How often in a row.
    pub(crate) refusals: u64,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(crate) enum Found {
    /// The registry does not show it, or not UP, or in another registration, or elsewhere: there is nothing to do.
    NotConcerned {
        /// What it shows.
        message: String,
    },
    /// It accepted our connection.
    Alive,
    /// Our connection was neither accepted nor refused.
    NotKnown {
        /// What happened.
        message: String,
    },
    /// It refuses us too, and `eurus.sync-speed.offline-refused` is off.
    Dead,
    /// It was taken offline.
    Offline {
        /// The entry.
        id: String,
        /// How far it is.
        state: &'static str,
    },
    /// It refuses us too, and the request was refused: the last instance that is UP, say.
    Refused {
        /// Why.
        message: String,
    },
    /// Another gateway's report about it is being looked at, or too many are.
    Busy,
}

/// Which instances are being looked at.
#[derive(Default)]
pub(crate) struct Looks(
    // A plain mutex: held for a few operations on a small set, never across an await.
    Mutex<BTreeSet<(String, String)>>,
);

/// One of them.
struct Look<'a> {
    looks: &'a Looks,
    key: (String, String),
}

impl Looks {
    fn begin(&self, app: &str, instance_id: &str) -> Option<Look<'_>> {
        let key = (app.to_owned(), instance_id.to_owned());
        let mut under_way = self.0.lock();
        let is_begun = under_way.len() < LOOKS_MAX && under_way.insert(key.clone());
        drop(under_way);
        is_begun.then(|| Look { looks: self, key })
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.looks.0.lock().remove(&self.key);
    }
}

impl Downline {
    /// Looks at what a gateway reports.
    pub(crate) async fn look_at(&self, report: &Report, looks: &Looks, takes_offline: bool) -> Found {
        let Report { node, app, instance_id, address, refusals, .. } = report;
        let Some(_look) = looks.begin(app, instance_id) else { return Found::Busy };
        let read = self.client.registries().instance(app, instance_id);
        let live = match self.registry_time().bound(read).await {
            Ok(live) => live,
            Err(error) => return Found::NotKnown { message: error.to_string() },
        };
        if let Err(message) = is_concerned(report, live.as_ref()) {
            return Found::NotConcerned { message };
        }
        match timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
            Ok(Ok(_)) => {
                log::warn!(
                    "gateway {node} says that {app}/{instance_id} at {address} refuses connections; it accepts ours. \
                     Is something between the two?"
                );
                return Found::Alive;
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Ok(Err(error)) => return Found::NotKnown { message: error.to_string() },
            Err(_) => return Found::NotKnown { message: "no connection in time".to_owned() },
        }
        let reason = format!("{address} refuses connections, {refusals} of gateway {node} in a row and one of ours");
        if !takes_offline {
            log::warn!("{app}/{instance_id} is UP and dead: {reason}. eurus.sync-speed.offline-refused is off");
            return Found::Dead;
        }
        log::warn!("{app}/{instance_id} is UP and dead, and taken offline: {reason}");
        self.take_offline(report, &reason).await
    }

    async fn take_offline(&self, report: &Report, reason: &str) -> Found {
        let target = Target {
            ips: BTreeSet::from([report.address.ip().to_canonical()]),
            app: Some(report.app.clone()),
            port: Some(report.address.port()),
            instance_ids: BTreeSet::from([report.instance_id.clone()]),
            // Not whoever registers under its id meanwhile.
            registered_before_ms: Some(report.registration.service_up_ms.saturating_add(1)),
        };
        let request = Request::own(Kind::Offline, target, &format!("gateway {}", report.node), reason);
        match self.carry_out_own(&request).await {
            Ok(entry) => Found::Offline { state: entry.state_in_words(), id: entry.id },
            Err(refusal @ (Refusal::Store(_) | Refusal::Registry { .. })) => {
                Found::NotKnown { message: refusal.to_string() }
            }
            Err(refusal) => {
                log::warn!("{}/{} stays in service although it is dead: {refusal}", report.app, report.instance_id);
                Found::Refused { message: refusal.to_string() }
            }
        }
    }
}

/// Whether the registry shows what the gateway means.
fn is_concerned(report: &Report, live: Option<&InstanceInfo>) -> Result<(), String> {
    let Some(live) = live else { return Err("the registry does not show it any more".to_owned()) };
    if live.status != InstanceStatus::Up {
        return Err(format!("the registry shows it {}", live.status));
    }
    if Registration::of(live) != report.registration {
        return Err("the registry shows another registration of it".to_owned());
    }
    // Only where an instance is registered do we connect: a report is no way to have us connect anywhere.
    let is_at =
        |port: &Port| port.enabled && u16::try_from(port.number).is_ok_and(|port| port == report.address.port());
    match address_of(live) {
        Some(ip) if ip == report.address.ip() && (is_at(&live.port) || is_at(&live.secure_port)) => Ok(()),
        _ => Err(format!("the registry shows it elsewhere than at {}", report.address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            node: "g".to_owned(),
            app: "A".to_owned(),
            instance_id: "a".to_owned(),
            registration: Registration { ip: "10.0.0.1".to_owned(), service_up_ms: 5 },
            address: "10.0.0.1:80".parse().unwrap(),
            refusals: 1,
        }
    }

    #[test]
    fn whom_a_report_is_about() {
        use InstanceStatus::{Down, OutOfService, Up};
        for (status, ip, port, service_up_ms, enabled, expected) in [
            (Up, "10.0.0.1", 80, 5, true, true),
            (Up, "10.0.0.1", 80, 6, true, false),
            (Up, "10.0.0.1", 81, 5, true, false),
            (Up, "10.0.0.2", 80, 5, true, false),
            (Up, "10.0.0.1", 80, 5, false, false),
            (Down, "10.0.0.1", 80, 5, true, false),
            (OutOfService, "10.0.0.1", 80, 5, true, false),
        ] {
            let mut live = InstanceInfo::new("A", "a", "h", ip);
            live.status = status;
            live.port = Port { number: port, enabled };
            live.lease.service_up_ms = service_up_ms;
            assert_eq!(is_concerned(&report(), Some(&live)).is_ok(), expected, "{status} {ip}:{port} {service_up_ms}");
        }
        assert!(is_concerned(&report(), None).is_err());
        let mut under_tls = InstanceInfo::new("A", "a", "h", "10.0.0.1");
        under_tls.status = Up;
        under_tls.lease.service_up_ms = 5;
        under_tls.port = Port { number: 81, enabled: false };
        for (number, enabled, expected) in [(80, true, true), (80, false, false), (443, true, false)] {
            under_tls.secure_port = Port { number, enabled };
            assert_eq!(is_concerned(&report(), Some(&under_tls)).is_ok(), expected, "{number} {enabled}");
        }
    }

    #[test]
    fn one_look_at_a_time_for_one_instance() {
        let looks = Looks::default();
        let first = looks.begin("A", "a");
        assert!(first.is_some() && looks.begin("A", "a").is_none() && looks.begin("A", "b").is_some());
        drop(first);
        assert!(looks.begin("A", "a").is_some());
        let many: Vec<_> = (0..LOOKS_MAX).filter_map(|n| looks.begin("B", &n.to_string())).collect();
        assert_eq!(many.len(), LOOKS_MAX);
        assert!(looks.begin("A", "a").is_none());
    }
}
