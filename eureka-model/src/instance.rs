//! One instance of one application, as registered.

mod action;
mod data_center;
mod lease;
mod status;

pub use action::ActionType;
pub use data_center::DataCenterInfo;
pub use lease::LeaseInfo;
pub use status::{InstanceStatus, UnknownStatus};

/// A port and whether traffic may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// TCP port. Java holds an `int`; so do we, so that what was registered comes back unchanged.
    pub number: i32,
    /// `@enabled` in JSON, a string there; an attribute in XML.
    pub enabled: bool,
}

impl Port {
    /// Eureka's plain port where a client gave none.
    pub const DEFAULT: Self = Self { number: 7001, enabled: true };
    /// Eureka's TLS port where a client gave none.
    pub const SECURE_DEFAULT: Self = Self { number: 7002, enabled: false };
}

/// One instance of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceInfo {
    /// Unique within the application. The host name where a client sent none.
    pub instance_id: String,
    /// Host name that clients connect to.
    pub host_name: String,
    /// Application name, upper case once registered.
    pub app: String,
    /// IP address that clients connect to when they prefer addresses.
    pub ip_addr: String,
    /// Old clients' `sid`; kept as sent.
    pub sid: Option<String>,
    /// What balancers look at: the outcome of the override rules.
    pub status: InstanceStatus,
    /// The override in force, `UNKNOWN` when there is none.
    pub overridden_status: InstanceStatus,
    /// Plain port.
    pub port: Port,
    /// TLS port.
    pub secure_port: Port,
    /// Always 1 in practice.
    pub country_id: i32,
    /// Where it runs.
    pub data_center: DataCenterInfo,
    /// Its lease as shown.
    pub lease: LeaseInfo,
    /// The client's own key-value pairs, in the order sent.
    pub metadata: Vec<(String, String)>,
    /// Application group.
    pub app_group_name: Option<String>,
    /// Home page.
    pub home_page_url: Option<String>,
    /// Status page.
    pub status_page_url: Option<String>,
    /// Health check.
    pub health_check_url: Option<String>,
    /// Health check over TLS.
    pub secure_health_check_url: Option<String>,
    /// Virtual address, comma-separated.
    pub vip_address: Option<String>,
    /// Virtual address of the TLS port.
    pub secure_vip_address: Option<String>,
    /// Whether this instance is a Eureka server itself.
    pub is_coordinating_discovery_server: bool,
    /// When the registry last changed it, epoch milliseconds.
    pub last_updated_ms: i64,
    /// When the client last changed it, epoch milliseconds by the client's clock.
    pub last_dirty_ms: i64,
    /// What last happened.
    pub action: Option<ActionType>,
    /// Auto-scaling group.
    pub asg_name: Option<String>,
}

impl InstanceInfo {
    /// Where every client claims to be.
    pub const COUNTRY_ID_DEFAULT: i32 = 1;

    /// An instance with Eureka's defaults: port 7001, secure port 7002 off, UP, lease 30/90.
    pub fn new(app: &str, instance_id: &str, host_name: &str, ip_addr: &str) -> Self {
        Self {
            instance_id: instance_id.to_owned(),
            host_name: host_name.to_owned(),
            app: app.to_uppercase(),
            ip_addr: ip_addr.to_owned(),
            sid: None,
            status: InstanceStatus::Up,
            overridden_status: InstanceStatus::Unknown,
            port: Port::DEFAULT,
            secure_port: Port::SECURE_DEFAULT,
            country_id: Self::COUNTRY_ID_DEFAULT,
            data_center: DataCenterInfo::default(),
            lease: LeaseInfo::default(),
            metadata: Vec::new(),
            app_group_name: None,
            home_page_url: None,
            status_page_url: None,
            health_check_url: None,
            secure_health_check_url: None,
            vip_address: None,
            secure_vip_address: None,
            is_coordinating_discovery_server: false,
            last_updated_ms: 0,
            last_dirty_ms: 0,
            action: None,
            asg_name: None,
        }
    }

    /// Java says `na` or `unknown` where there is none, and shows neither.
    pub(crate) fn shown_sid(&self) -> Option<&str> {
        self.sid.as_deref().filter(|sid| !matches!(*sid, "na" | "unknown"))
    }

    /// Metadata key by which parts of eurus mark themselves: `true` means that a gateway sends no requests there, so that
    /// nobody reaches an internal API, which trusts its neighbours, through a gateway.
    pub const INTERNAL: &'static str = "eurus.internal";

    /// Whether it is a part of eurus itself and not a service.
    pub fn is_internal(&self) -> bool {
        self.metadata(Self::INTERNAL) == Some("true")
    }

    /// About how many bytes it takes in memory: its texts and what holds them.
    pub fn bytes_held(&self) -> u64 {
        let optional = [
            &self.sid,
            &self.app_group_name,
            &self.home_page_url,
            &self.status_page_url,
            &self.health_check_url,
            &self.secure_health_check_url,
            &self.vip_address,
            &self.secure_vip_address,
            &self.asg_name,
        ];
        let texts = [&self.instance_id, &self.host_name, &self.app, &self.ip_addr].map(String::len);
        let texts =
            texts.iter().sum::<usize>() + optional.iter().filter_map(|text| Some(text.as_ref()?.len())).sum::<usize>();
        let pair = |(key, value): (&String, &String)| key.len() + value.len() + 2 * size_of::<String>();
        let own: usize = self.metadata.iter().map(|(key, value)| pair((key, value))).sum();
        let amazon: usize = self.data_center.metadata.iter().map(pair).sum();
        (size_of::<Self>() + texts + own + amazon) as u64
    }

    /// The value of a metadata key.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}
