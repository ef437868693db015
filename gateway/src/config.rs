//! What the gateway is told: validated, plain.

mod balancing;
mod edge;
mod error_details;
mod http2;
mod instances;
mod tls;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use eurus_client::{CopyAccess, FetchConfig, Timeouts, without_credentials};
use eurus_service::Faults;
use eurus_service::properties::Rereading;
use eurus_service::tls::{ClientTls, ServerTls};

use crate::access_log::AccessLogConfig;
use crate::down_service_cache::{DownServiceCacheConfig, MarkLife};
use crate::error::RunError;
use crate::routes::RoutesConfig;
use crate::sync_speed::SyncSpeedConfig;
use crate::tally::BookLimits;

pub use balancing::BalancingConfig;
pub use edge::EdgeConfig;
pub use error_details::ErrorDetails;
pub use http2::Http2Config;
pub use instances::{InstancesConfig, InstancesHttp2, Protocol, Secure};
pub use tls::TlsConfig;

/// Everything but the listeners.
#[derive(Clone)]
pub struct GatewayConfig {
    /// The group this gateway belongs to: its application name in the registry.
    pub group: String,
    /// The host name it registers; `None`: its address.
    pub hostname: Option<String>,
    /// The instance id it registers; `None`: `<host name>:<group>:<port>`.
    pub instance_id: Option<String>,
    /// The address it registers; `None`: the address of its listener. Needed to register with a listener on all.
    pub advertised_ip: Option<IpAddr>,
    /// Registries, as Spring's `defaultZone`, tried in this order.
    pub service_urls: Vec<String>,
    /// Whom `https://` registries are vouched for by.
    pub registry_tls: ClientTls,
    /// How the registry's list is followed.
    pub fetch: FetchConfig,
    /// Of calls to the registry.
    pub registry_timeouts: Timeouts,
    /// Whether this gateway registers itself.
    pub register: bool,
    /// Its lease: seconds between heartbeats.
    pub renewal_interval_s: i32,
    /// Its lease: seconds without a heartbeat until it is lost.
    pub lease_duration_s: i32,
    /// Further metadata to register.
    pub metadata: Vec<(String, String)>,
    /// Marks.
    pub down_service_cache: DownServiceCacheConfig,
    /// Whether a fetched copy is joined with the marks. Off only to show the defect that this mends.
    pub fetch_listener_enabled: bool,
    /// The request path.
    pub edge: EdgeConfig,
    /// How callers are spoken with over TLS; `None`: they are not.
    pub tls: Option<TlsConfig>,
    /// Which service a request is for.
    pub routes: RoutesConfig,
    /// Where all this came from, to follow changes of the routes; `None`: they are not followed.
    pub rereading: Option<Rereading>,
    /// Which instance a request goes to.
    pub balancing: BalancingConfig,
    /// One line for each request; `None`: there is no access log.
    pub access_log: Option<AccessLogConfig>,
    /// How many services and instances have metrics of their own.
    pub counted: BookLimits,
    /// The admin API.
    pub admin: AdminConfig,
    /// Where sync-speed is, for the live marks.
    pub sync_speed: SyncSpeedConfig,
    /// How long the gateway serves on once it is to stop, and health checks say so, milliseconds.
    pub shutdown_delay_ms: i64,
    /// How long requests under way may take to finish when the gateway stops, milliseconds.
    pub shutdown_grace_ms: u64,
    /// A harness's plan; no setting leads to it.
    pub faults: Faults,
    /// A harness's way to the fetched copy; no setting leads to it.
    pub copy_access: Option<CopyAccess>,
}

/// Without credentials: service URLs and metadata may hold some.
impl fmt::Debug for GatewayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service_urls: Vec<_> = self.service_urls.iter().map(|url| without_credentials(url)).collect();
        f.debug_struct("GatewayConfig")
            .field("group", &self.group)
            .field("service_urls", &service_urls)
            .field("edge", &self.edge)
            .field("tls", &self.tls)
            .field("routes", &self.routes)
            .field("balancing", &self.balancing)
            .field("access_log", &self.access_log)
            .field("counted", &self.counted)
            .field("admin", &self.admin)
            .field("sync_speed", &self.sync_speed)
            .finish_non_exhaustive()
    }
}

/// The admin API.
#[derive(Clone)]
pub struct AdminConfig {
    /// How it speaks TLS; `None`: plain HTTP.
    pub tls: Option<ServerTls>,
    /// When set, every call but the health check must carry `Authorization: Bearer <token>`.
    pub token: Option<String>,
    /// Its worker threads.
    pub workers: usize,
    /// Bytes of a body at most.
    pub body_max: usize,
    /// Until a call's head is there, and then its body, milliseconds.
    pub read_timeout_ms: u64,
    /// How long a downline waits until no request picked before can begin at the instance, milliseconds. Beyond: 503,
    /// and the caller asks again. Below the time after which the downline service gives a call up.
    pub quiet_timeout_ms: u64,
}

impl GatewayConfig {
    /// The defaults, on Netflix's intervals.
    pub fn stock() -> Self {
        Self {
            group: "EURUS-GATEWAY".to_owned(),
            hostname: None,
            instance_id: None,
            advertised_ip: None,
            service_urls: vec!["http://127.0.0.1:8761/eureka/".to_owned()],
            registry_tls: ClientTls::default(),
            fetch: FetchConfig::default(),
            registry_timeouts: Timeouts::default(),
            register: true,
            renewal_interval_s: 30,
            lease_duration_s: 90,
            metadata: Vec::new(),
            down_service_cache: DownServiceCacheConfig::default(),
            fetch_listener_enabled: true,
            edge: EdgeConfig::default(),
            tls: None,
            routes: RoutesConfig::default(),
            rereading: None,
            balancing: BalancingConfig::default(),
            access_log: None,
            counted: BookLimits::default(),
            admin: AdminConfig::default(),
            sync_speed: SyncSpeedConfig::default(),
            shutdown_delay_ms: 0,
            shutdown_grace_ms: 10_000,
            faults: Faults::default(),
            copy_access: None,
        }
    }

    /// The address to register for the listener of requests.
    pub(crate) fn ip_to_register(&self, bound: IpAddr) -> IpAddr {
        self.advertised_ip.unwrap_or_else(|| reachable(bound))
    }

    pub(crate) fn host_to_register(&self, ip: IpAddr) -> String {
        self.hostname.clone().unwrap_or_else(|| ip.to_string())
    }

    /// Under which id it registers with a listener of requests there.
    pub fn instance_id_at(&self, data: SocketAddr) -> String {
        let host = self.host_to_register(self.ip_to_register(data.ip()));
        let default_id = || format!("{host}:{}:{}", self.group.to_lowercase(), data.port());
        self.instance_id.clone().unwrap_or_else(default_id)
    }

    /// Whether there is somebody to report to, if it is to report.
    pub(crate) fn check_report_refused(&self) -> Result<(), RunError> {
        let SyncSpeedConfig { report_refused, urls, .. } = &self.sync_speed;
        if *report_refused && urls.is_empty() { Err(RunError::NobodyToReportTo) } else { Ok(()) }
    }

    /// Whether there is a certificate where TLS is listened for, and the other way round.
    pub(crate) fn check_tls(&self, listener: Option<SocketAddr>) -> Result<(), RunError> {
        match (&self.tls, listener) {
            (Some(_), None) => Err(RunError::TlsWithoutListener),
            (None, Some(_)) => Err(RunError::ListenerWithoutTls),
            _ => Ok(()),
        }
    }

    /// Whether there is an address to register for the listener of requests, if it is to be registered.
    pub(crate) fn check_registrable(&self, bound: SocketAddr) -> Result<(), RunError> {
        let is_unknown = bound.ip().is_unspecified() && self.advertised_ip.is_none();
        if self.register && is_unknown { Err(RunError::NoAdvertisedAddress(bound)) } else { Ok(()) }
    }
}

/// "All addresses" is none that somebody could call. Registered is this only where nobody registers.
fn reachable(bound: IpAddr) -> IpAddr {
    if bound.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { bound }
}

impl Default for DownServiceCacheConfig {
    fn default() -> Self {
        Self {
            window_ms: 30_000,
            life: MarkLife::UntilConfirmed,
            bound_ms: 300_000,
            marks_max: 100_000,
            numbers_max: 200_000,
            numbers_kept_ms: 86_400_000,
        }
    }
}

/// Without the token.
impl fmt::Debug for AdminConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminConfig")
            .field("has_token", &self.token.is_some())
            .field("tls", &self.tls)
            .field("workers", &self.workers)
            .field("body_max", &self.body_max)
            .field("read_timeout_ms", &self.read_timeout_ms)
            .field("quiet_timeout_ms", &self.quiet_timeout_ms)
            .finish()
    }
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { tls: None, token: None, workers: 1, body_max: 16 * 1024, read_timeout_ms: 5_000, quiet_timeout_ms: 800 }
    }
}
