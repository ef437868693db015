//! What the service is told, validated.

mod access;
mod callers;
mod database;
pub(crate) mod from_properties;
mod kubernetes;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use eurus_client::{FetchConfig, Timeouts};
use eurus_service::Faults;
use eurus_service::properties::Rereading;
use eurus_service::tls::{ClientTls, ServerTls};
use ipnetwork::IpNetwork;

use crate::access::{AccessRules, Token, loopback};
pub use database::{DatabaseConfig, DatabaseServer, ServerKind};
pub use kubernetes::KubernetesConfig;

/// The application name under which sync-speed registers.
pub const OWN_APP: &str = "EURUS-SYNC-SPEED";

/// Everything `run` needs to know, checked.
#[derive(Clone, Debug)]
pub struct SyncSpeedConfig {
    /// Folder of the embedded database.
    pub data_dir: PathBuf,
    /// Which database keeps the journal.
    pub database: DatabaseConfig,
    /// Threads of the HTTP server.
    pub workers: usize,
    /// How the port speaks TLS; `None`: plain HTTP.
    pub tls: Option<ServerTls>,
    /// Who may do what.
    pub access: AccessRules,
    /// The environment variable that the token for everything comes from, if it is one: the command line's clients read theirs
    /// from a variable of the same name.
    pub token_variable: Option<String>,
    /// Where that is read again when files change; `None`: it stays as it is.
    pub rereading: Option<Rereading>,
    /// Gateway group of applications without a stored one, upper case.
    pub default_gateway_group: Option<String>,
    /// How sync-speed takes part in Eureka.
    pub eureka: EurekaConfig,
    /// How gateways are told.
    pub notify: NotifyConfig,
    /// Pods that a Kubernetes cluster deletes are taken offline; `None`: nobody looks. Needs the cargo feature `kubernetes`.
    pub kubernetes: Option<KubernetesConfig>,
    /// How long one request may take at the registry, milliseconds of real time; as long again may be waited for the
    /// requests before it, and taken to undo.
    pub registry_within_ms: u64,
    /// When offlines end that say nothing about it, milliseconds; `None`: they do not.
    pub release_after_ms: Option<i64>,
    /// Whether an instance that refuses a gateway's connections, and ours, is taken offline.
    pub offline_refused: bool,
    /// A harness's plan; no setting leads to it.
    pub faults: Faults,
}

/// sync-speed is itself a Eureka client.
#[derive(Clone)]
pub struct EurekaConfig {
    /// Registry URLs, as Spring's `defaultZone`.
    pub service_urls: Vec<String>,
    /// Whom `https://` registries are vouched for by.
    pub tls: ClientTls,
    /// How the local copy is kept.
    pub fetch: FetchConfig,
    /// Of each call to the registry.
    pub timeouts: Timeouts,
    /// `None`: sync-speed does not register.
    pub registration: Option<OwnRegistration>,
}

/// Without the credentials of the service URLs.
impl fmt::Debug for EurekaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service_urls: Vec<_> = self.service_urls.iter().map(|url| eurus_client::without_credentials(url)).collect();
        f.debug_struct("EurekaConfig")
            .field("service_urls", &service_urls)
            .field("fetch", &self.fetch)
            .field("timeouts", &self.timeouts)
            .field("registration", &self.registration)
            .finish()
    }
}

/// How sync-speed registers itself.
#[derive(Clone, Debug, Default)]
pub struct OwnRegistration {
    /// Its address; `None`: the listener's.
    pub ip: Option<IpAddr>,
    /// Its host name; `None`: the address.
    pub host_name: Option<String>,
    /// Its id; `None`: `<host name>:eurus-sync-speed:<port>`.
    pub instance_id: Option<String>,
    /// Heartbeat interval, seconds; `None`: 30.
    pub renewal_interval_s: Option<i32>,
}

/// How gateways are told, and for how long.
#[derive(Clone, Debug)]
pub struct NotifyConfig {
    /// Segments in which a gateway's admin API is called.
    pub networks: Vec<IpNetwork>,
    /// Bearer token for the gateways.
    pub token: Option<Token>,
    /// How they are called over TLS, all of them; `None`: in plain HTTP.
    pub tls: Option<ClientTls>,
    /// How long an HTTP answer waits for gateways, milliseconds; then it says `partial`.
    pub answer_within_ms: i64,
    /// How long one call may take, milliseconds of real time.
    pub call_timeout_ms: u64,
    /// Calls under way at one time.
    pub concurrency: usize,
    /// First wait before a call is repeated, milliseconds; it doubles.
    pub retry_base_ms: i64,
    /// Longest wait before a call is repeated, milliseconds.
    pub retry_max_ms: i64,
    /// How long after the request calls are repeated, milliseconds.
    pub retry_for_ms: i64,
}

impl SyncSpeedConfig {
    /// Our defaults: loopback callers and gateways, no application opted in, no default group, Netflix's intervals.
    pub fn stock(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            database: DatabaseConfig::Embedded,
            workers: 2,
            tls: None,
            access: AccessRules::stock(),
            token_variable: None,
            rereading: None,
            default_gateway_group: None,
            eureka: EurekaConfig::stock(),
            notify: NotifyConfig::stock(),
            kubernetes: None,
            registry_within_ms: 5_000,
            release_after_ms: None,
            offline_refused: false,
            faults: Faults::default(),
        }
    }
}

impl SyncSpeedConfig {
    /// What works and is not safe, for a person.
    pub fn warnings(&self) -> Vec<String> {
        [self.gateways_without_a_token(), self.callers_without_a_token()].into_iter().flatten().collect()
    }

    /// What somebody may not have meant, for a person.
    pub fn notices(&self) -> Vec<String> {
        let of_variable = |name: &String| {
            format!(
                "the environment variable {name} sets eurus.sync-speed.token here: callers of this sync-speed must bring that \
                 token, and it gives all rights. (In the environment of eurus offline, online and watch it is the token that they \
                 send.)"
            )
        };
        self.token_variable.iter().map(of_variable).chain(self.token_in_the_clear()).collect()
    }

    fn token_in_the_clear(&self) -> Option<String> {
        let NotifyConfig { networks, token, tls, .. } = &self.notify;
        let far = networks.iter().find(is_far).filter(|_| token.is_some() && tls.is_none())?;
        Some(format!(
            "gateways in {far} are called in plain HTTP: who listens there can read eurus.sync-speed.gateway-token. Where others \
             have access to that network, let gateways speak TLS (eurus.gateway.admin.ssl.*) and set \
             eurus.sync-speed.gateways.tls.trust-certificate"
        ))
    }

    fn callers_without_a_token(&self) -> Option<String> {
        let access = &self.access;
        let far = access.segments.allow.iter().find(is_far)?;
        (access.token.is_none() && access.callers.is_empty()).then(|| {
            format!(
                "whoever calls from {far} may take instances out of service without a token: set eurus.sync-speed.token, or \
                 name callers with tokens or certificates of their own (eurus.sync-speed.callers)"
            )
        })
    }

    fn gateways_without_a_token(&self) -> Option<String> {
        let far = self.notify.networks.iter().find(is_far).filter(|_| self.notify.token.is_none())?;
        Some(format!(
            "gateways in {far} are called and listened to without a token: who takes one of those addresses is taken for a \
             gateway, and a gateway that others can reach refuses orders without one. Set eurus.sync-speed.gateway-token here \
             and eurus.gateway.admin.token there to the same secret"
        ))
    }
}

fn is_far(segment: &&IpNetwork) -> bool {
    !segment.ip().to_canonical().is_loopback()
}

impl EurekaConfig {
    /// The registry on this machine, Netflix's intervals, registering.
    pub fn stock() -> Self {
        Self {
            service_urls: vec!["http://127.0.0.1:8761/eureka/".to_owned()],
            tls: ClientTls::default(),
            fetch: FetchConfig::default(),
            timeouts: Timeouts::default(),
            registration: Some(OwnRegistration::default()),
        }
    }
}

impl NotifyConfig {
    /// Loopback gateways; answers within 2 s; repeated for 5 minutes, which is as long as a gateway keeps a mark.
    pub fn stock() -> Self {
        Self {
            networks: loopback(),
            token: None,
            tls: None,
            answer_within_ms: 2_000,
            call_timeout_ms: 1_000,
            concurrency: 64,
            retry_base_ms: 200,
            retry_max_ms: 5_000,
            retry_for_ms: 300_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateways_on_other_machines_without_a_token_are_warned_of() {
        let mut config = SyncSpeedConfig::stock(PathBuf::from("data"));
        assert!(config.warnings().is_empty());
        for (segment, is_warned_of) in
            [("127.0.0.1/32", false), ("::ffff:127.0.0.0/104", false), ("10.0.0.0/8", true), ("::/0", true)]
        {
            config.notify.networks = vec!["127.0.0.0/8".parse().unwrap(), segment.parse().unwrap()];
            assert_eq!(config.warnings().len(), usize::from(is_warned_of), "{segment}");
        }
        config.notify.token = Token::new("secret".to_owned());
        assert!(config.warnings().is_empty());
    }

    #[test]
    fn callers_on_other_machines_without_a_token_are_warned_of() {
        let mut config = SyncSpeedConfig::stock(PathBuf::from("data"));
        config.access.segments.allow.push("10.0.0.0/8".parse().unwrap());
        let warnings = config.warnings();
        assert!(warnings.len() == 1 && warnings[0].contains("10.0.0.0/8"), "{warnings:?}");
        config.access.token = Token::new("secret".to_owned());
        assert!(config.warnings().is_empty());
    }
}
