//! `POST /downline` and `POST /upline`: orders of the downline service.
//!
//! A downline is acknowledged only when no request picked before it can still begin at the instance.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use eurus_service::faults::{Point, Way};

use super::auth::Authorized;
use super::in_time::InTime;
use super::{Admin, Failure};
use crate::directive::{Directive, DirectiveKind};
use crate::directory::Directed;
use crate::down_service_cache::Recorded;
use crate::endpoint::{Endpoint, Quiet};
use crate::points;
use crate::registration::Registration;

/// What the downline service sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    entry: String,
    number: i64,
    application: String,
    instance_id: String,
    registration: OrderRegistration,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderRegistration {
    ip: String,
    #[serde(default)]
    service_up_timestamp: i64,
}

/// What it is answered.
#[derive(Serialize)]
pub(super) struct Acknowledgement {
    outcome: Outcome,
    node: String,
    /// With `other-registration`: the one that the gateway's copy shows.
    #[serde(rename = "serviceUpTimestamp", skip_serializing_if = "Option::is_none")]
    service_up_timestamp: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// What was ordered is so.
    Applied,
    /// A later order for this instance came first; this one changes nothing.
    Superseded,
    /// The gateway's copy shows a later life of the instance, which the order does not mean; nothing changes.
    OtherRegistration,
}

pub(super) async fn downline(
    _: Authorized,
    admin: Data<Admin>,
    InTime(order): InTime<Json<Order>>,
) -> Result<Json<Acknowledgement>, Failure> {
    direct(&admin, order.into_inner().into_directive(DirectiveKind::Downline)?).await
}

pub(super) async fn upline(
    _: Authorized,
    admin: Data<Admin>,
    InTime(order): InTime<Json<Order>>,
) -> Result<Json<Acknowledgement>, Failure> {
    direct(&admin, order.into_inner().into_directive(DirectiveKind::Upline)?).await
}

async fn direct(admin: &Admin, directive: Directive) -> Result<Json<Acknowledgement>, Failure> {
    pass(admin, &points::ORDER, &directive).await?;
    let directed = admin.directory.direct(&directive, admin.clock.now_ms()).map_err(|full| {
        log::error!("{directive}: {full}. Raise eurus.gateway.down-service-cache.marks-max");
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, full.to_string())
    })?;
    let Directed { recorded, closed } = directed;
    let (outcome, service_up_timestamp) = match recorded {
        Recorded::Superseded { .. } => (Outcome::Superseded, None),
        Recorded::OtherRegistration { service_up_ms } => (Outcome::OtherRegistration, Some(service_up_ms)),
        // A downline that came too late waits like the one in force: its caller, too, takes the answer for the barrier.
        Recorded::Applied | Recorded::DownAlready { .. } => (barrier(admin, &directive, &closed).await?, None),
    };
    pass(admin, &points::ACKNOWLEDGE, &directive).await?;
    Ok(Json(Acknowledgement { outcome, node: admin.node.clone(), service_up_timestamp }))
}

async fn pass(admin: &Admin, point: &'static Point, directive: &Directive) -> Result<(), Failure> {
    match admin.faults.pass(point, &directive.instance_id).await {
        Way::On | Way::Skips => Ok(()),
        Way::Fails => {
            let message = format!("{directive}: made to fail by a fault plan");
            Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, message))
        }
    }
}

/// Waits until no request picked before can begin at the closed endpoints. When it takes too long the caller is told
/// so and asks again: the same order waits anew.
async fn barrier(admin: &Admin, directive: &Directive, closed: &[Arc<Endpoint>]) -> Result<Outcome, Failure> {
    if admin.faults.pass(&points::ORDER_PUBLISHED, &directive.instance_id).await == Way::Skips {
        return Ok(Outcome::Applied);
    }
    let all_quiet = async {
        for endpoint in closed {
            if endpoint.quiet().await == Quiet::Reopened {
                return Outcome::Superseded;
            }
        }
        Outcome::Applied
    };
    timeout(Duration::from_millis(admin.config.quiet_timeout_ms), all_quiet).await.map_err(|_| {
        let left: usize = closed.iter().map(|endpoint| endpoint.starting()).sum();
        let message = format!(
            "{directive}: out of rotation, but {left} requests picked before may still begin there after {} ms; ask again",
            admin.config.quiet_timeout_ms
        );
        log::warn!("{message}");
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, message)
    })
}

impl Order {
    fn into_directive(self, kind: DirectiveKind) -> Result<Directive, Failure> {
        let named = [
            ("entry", &self.entry),
            ("application", &self.application),
            ("instanceId", &self.instance_id),
            ("registration.ip", &self.registration.ip),
        ];
        if let Some((field, _)) = named.iter().find(|(_, value)| value.is_empty()) {
            return Err(Failure::new(StatusCode::BAD_REQUEST, format!("{field} must not be empty")));
        }
        Ok(Directive {
            kind,
            entry: self.entry,
            number: self.number,
            application: self.application.to_uppercase(),
            instance_id: self.instance_id,
            registration: Registration {
                ip: self.registration.ip,
                service_up_ms: self.registration.service_up_timestamp,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use eurus_client::{Fetch, FetchKind, FetchListener as _};
    use eurus_model::{Applications, InstanceInfo};
    use eurus_service::{Clock, Faults};

    use super::*;
    use crate::config::EdgeConfig;
    use crate::config::{AdminConfig, GatewayConfig};
    use crate::directory::Directory;
    use crate::leaving::Leaving;
    use crate::routes::{Routes, RoutesConfig};
    use crate::sync_speed::{Standing, State};
    use crate::upstream::tls::InstanceTls;

    /// An admin API over one instance, and its endpoint.
    fn admin() -> (Admin, Arc<Endpoint>) {
        let (clock, _) = Clock::manual(1_000_000);
        let directory = Arc::new(Directory::new(
            GatewayConfig::stock().down_service_cache,
            true,
            Default::default(),
            crate::tally::BookLimits::default(),
        ));
        let mut registry = Applications::default();
        registry.insert(Arc::new(InstanceInfo::new("app", "1", "h", "127.0.0.2")));
        let registry = Arc::new(registry);
        directory.fetched(&Fetch {
            kind: FetchKind::Full,
            started_ms: 0,
            received_ms: 0,
            registry,
            changed: Vec::new(),
        });
        let endpoint = Arc::clone(&directory.snapshot().service("app").unwrap().rotation[0]);
        let config = AdminConfig { quiet_timeout_ms: 10, ..AdminConfig::default() };
        let sync_speed = Arc::new(Standing::new(State::NotAsked));
        let node = "node".to_owned();
        (
            Admin {
                directory,
                routes: Arc::new(Routes::new(&RoutesConfig::default(), &EdgeConfig::default())),
                tally: Arc::default(),
                access_log: None,
                tls: None,
                instance_tls: Arc::new(InstanceTls::new(None).unwrap()),
                leaving: Leaving::default(),
                clock,
                config,
                node,
                joins: true,
                sync_speed,
                faults: Faults::default(),
            },
            endpoint,
        )
    }

    fn order(kind: DirectiveKind, number: i64) -> Directive {
        let registration = Registration { ip: "127.0.0.2".to_owned(), service_up_ms: 0 };
        let (application, instance_id) = ("APP".to_owned(), "1".to_owned());
        Directive { kind, entry: "e".to_owned(), number, application, instance_id, registration }
    }

    #[tokio::test]
    async fn a_request_before_its_first_byte_holds_the_acknowledgement_up() {
        let (admin, endpoint) = admin();
        assert_eq!(endpoint.address(), SocketAddr::from(([127, 0, 0, 2], 7001)));
        let ticket = endpoint.start().unwrap();
        let refused = direct(&admin, order(DirectiveKind::Downline, 1)).await.err().unwrap().to_string();
        assert!(refused.contains("1 requests picked before may still begin there after 10 ms; ask again"), "{refused}");
        // It is out of rotation all the same; the repeated order waits anew.
        assert!(endpoint.start().is_none());
        assert!(direct(&admin, order(DirectiveKind::Downline, 1)).await.is_err());
        drop(ticket);
        let acknowledged = direct(&admin, order(DirectiveKind::Downline, 1)).await.ok().unwrap();
        assert!(matches!(acknowledged.outcome, Outcome::Applied));
    }

    /// Else its caller would report the instance as down while a request may still begin there.
    #[tokio::test]
    async fn a_downline_behind_a_newer_one_waits_for_the_barrier_too() {
        let (admin, endpoint) = admin();
        let ticket = endpoint.start().unwrap();
        assert!(direct(&admin, order(DirectiveKind::Downline, 2)).await.is_err());
        assert!(direct(&admin, order(DirectiveKind::Downline, 1)).await.is_err());
        drop(ticket);
        let acknowledged = direct(&admin, order(DirectiveKind::Downline, 1)).await.ok().unwrap();
        assert!(matches!(acknowledged.outcome, Outcome::Applied));
        direct(&admin, order(DirectiveKind::Upline, 3)).await.ok().unwrap();
        let late = direct(&admin, order(DirectiveKind::Downline, 2)).await.ok().unwrap();
        assert!(matches!(late.outcome, Outcome::Superseded));
    }

    #[tokio::test]
    async fn an_upline_that_comes_while_a_downline_waits_supersedes_it() {
        let (mut admin, endpoint) = admin();
        admin.config.quiet_timeout_ms = 10_000;
        let ticket = endpoint.start().unwrap();
        let (downline, upline) = tokio::join!(
            direct(&admin, order(DirectiveKind::Downline, 1)),
            direct(&admin, order(DirectiveKind::Upline, 2))
        );
        assert!(matches!(downline.ok().unwrap().outcome, Outcome::Superseded));
        assert!(matches!(upline.ok().unwrap().outcome, Outcome::Applied));
        drop(ticket);
    }
}
