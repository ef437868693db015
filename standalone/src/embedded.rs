//! Registry, gateway and sync-speed in one process on embedded defaults: nothing to configure, loopback only.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use eurus_gateway::{GatewayConfig, GatewayListeners};
use eurus_registry::RegistryConfig;
use eurus_registry::access::{AccessConfig, Role, Roles, Token};
use eurus_service::process::{BoxError, Started};
use eurus_service::secret::Secret;
use eurus_service::{Clock, ConfigError, Properties, Shutdown, listen};
use eurus_sync_speed::SyncSpeedConfig;
use tokio::task::JoinSet;

/// How often the registry refreshes what it answers to clients, when intervals are short.
pub const SHORT_CACHE_MS: i64 = 500;
/// How often gateways and sync-speed fetch, when intervals are short.
pub const SHORT_FETCH_S: i64 = 1;

/// Properties below all that the user says.
pub fn defaults(stock_intervals: bool) -> Vec<(String, String)> {
    let mut defaults = vec![("eurus.sync-speed.apps".to_owned(), "*".to_owned())];
    if !stock_intervals {
        let short = [
            ("eureka.server.response-cache-update-interval-ms", SHORT_CACHE_MS),
            ("eureka.client.registry-fetch-interval-seconds", SHORT_FETCH_S),
        ];
        defaults.extend(short.map(|(key, value)| (key.to_owned(), value.to_string())));
    }
    defaults
}

/// Where each service listens.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The registry.
    pub registry: SocketAddr,
    /// `http`, or `https`: how the registry is spoken with.
    pub scheme: &'static str,
    /// The path before the registry's paths, as a rule empty.
    pub context_path: String,
    /// The gateway's data plane.
    pub gateway: SocketAddr,
    /// The gateway's admin API.
    pub gateway_admin: SocketAddr,
    /// sync-speed.
    pub sync_speed: SocketAddr,
}

impl Addresses {
    /// The registry's service URL, as clients are given it.
    pub fn service_url(&self) -> String {
        format!("{}://{}{}/eureka/", self.scheme, self.registry, self.context_path)
    }
}

/// How soon a change is seen, as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// Of the registry's read-only cache; `None`: it has none.
    pub cache_ms: Option<i64>,
    /// Of the gateway's fetch.
    pub fetch_ms: i64,
}

impl Intervals {
    fn in_words(self, stock_intervals: bool) -> String {
        let cache = match self.cache_ms {
            Some(cache_ms) => format!("the registry's read-only cache every {}", duration(cache_ms)),
            None => "no read-only cache in the registry".to_owned(),
        };
        let hint =
            if stock_intervals { "a downline through sync-speed at once" } else { "--stock-intervals: Netflix's" };
        format!("intervals    {cache}, the gateway fetches every {}; {hint}", duration(self.fetch_ms))
    }
}

/// `500 ms`, `30 s`.
fn duration(duration_ms: i64) -> String {
    if duration_ms % 1_000 == 0 { format!("{} s", duration_ms / 1_000) } else { format!("{duration_ms} ms") }
}

/// All ports bound and all configurations read: nothing can go wrong any more that a person must mend.
pub struct Embedded {
    /// Where each listens.
    pub addresses: Addresses,
    /// How soon a change is seen.
    pub intervals: Intervals,
    /// Whether the registry asks for credentials.
    is_locked: bool,
    registry: (RegistryConfig, TcpListener),
    gateway: (GatewayConfig, GatewayListeners),
    sync_speed: (SyncSpeedConfig, TcpListener),
}

impl Embedded {
    /// Reads the configurations and binds the ports.
    ///
    /// # Errors
    /// A wrong value or a port in use, in one line.
    pub fn prepare(properties: &Properties, data_dir: &Path) -> Result<Self, BoxError> {
        Self::with_registry(RegistryConfig::from_properties(properties)?, properties, data_dir)
    }

    /// The same for a demonstration on loopback, whose producers know no password: the registry is open.
    ///
    /// # Errors
    /// See [`prepare`](Self::prepare).
    pub fn prepare_unprotected(properties: &Properties, data_dir: &Path) -> Result<Self, BoxError> {
        let registry =
            RegistryConfig { access: AccessConfig::open(), tls: None, ..RegistryConfig::from_properties(properties)? };
        Self::with_registry(registry, properties, data_dir)
    }

    fn with_registry(
        mut registry_config: RegistryConfig,
        properties: &Properties,
        data_dir: &Path,
    ) -> Result<Self, BoxError> {
        let mut gateway_config = GatewayConfig::from_properties(properties)?;
        let mut sync_speed_config = SyncSpeedConfig::from_properties(properties, data_dir.to_owned())?;
        let (registry_port, sync_speed_port) = (eurus_registry::PORT, eurus_sync_speed::PORT);
        let registry = listen::bind(registry_port, registry_port.endpoint(properties)?)?;
        let gateway = GatewayListeners::bind(eurus_gateway::PORT.endpoint(properties)?, properties)?;
        let sync_speed = listen::bind(sync_speed_port, sync_speed_port.endpoint(properties)?)?;
        let addresses = Addresses {
            registry: registry.local_addr()?,
            scheme: if registry_config.tls.is_some() { "https" } else { "http" },
            context_path: registry_config.paths.context.clone(),
            gateway: local_address(&gateway)?,
            gateway_admin: gateway.admin.local_addr()?,
            sync_speed: sync_speed.local_addr()?,
        };
        // A user's file for a Eureka server often says where ITS peers are and that it does not register: that is
        // about the registry. Within one process the others belong to this registry and must be known to it.
        let is_locked = !registry_config.access.is_open();
        let cache_ms = registry_config.response_cache_update_interval_ms;
        let intervals = Intervals {
            cache_ms: registry_config.use_read_only_response_cache.then_some(cache_ms),
            fetch_ms: gateway_config.fetch.interval_ms,
        };
        let credentials = own_credentials(&mut registry_config.access)?;
        let own_registry = vec![reachable(&addresses, &credentials)];
        if let Some(tls) = &registry_config.tls {
            gateway_config.registry_tls = tls.own_client();
            sync_speed_config.eureka.tls = tls.own_client();
        }
        gateway_config.service_urls.clone_from(&own_registry);
        gateway_config.register = true;
        if sync_speed_config.notify.token.is_none() {
            sync_speed_config.notify.token =
                gateway_config.admin.token.clone().and_then(eurus_sync_speed::access::Token::new);
        }
        // One id for several processes would be one instance to the registry.
        gateway_config.instance_id = None;
        if let Some(registration) = &mut sync_speed_config.eureka.registration {
            registration.instance_id = None;
        }
        sync_speed_config.eureka.service_urls = own_registry;
        if sync_speed_config.default_gateway_group.is_none() {
            sync_speed_config.default_gateway_group = Some(gateway_config.group.to_uppercase());
        }
        Ok(Self {
            addresses,
            intervals,
            is_locked,
            registry: (registry_config, registry),
            gateway: (gateway_config, gateway),
            sync_speed: (sync_speed_config, sync_speed),
        })
    }

    /// Runs all three until shutdown, or until one of them fails.
    ///
    /// # Errors
    /// What the first that failed says.
    pub async fn run(self, clock: &Clock, shutdown: &Shutdown) -> Result<(), BoxError> {
        // The registry stops last, so that the others can deregister.
        let registry_shutdown = Shutdown::new();
        let (config, listener) = self.registry;
        let registry = eurus_registry::run(config, listener, clock.clone(), registry_shutdown.clone());
        let mut registry_task = tokio::spawn(registry);
        let mut others: JoinSet<Result<(), BoxError>> = JoinSet::new();
        let (config, listeners) = self.gateway;
        let gateway = eurus_gateway::run(config, listeners, clock.clone(), shutdown.clone());
        others.spawn(async move { Ok(gateway.await?) });
        let (config, listener) = self.sync_speed;
        let sync_speed = eurus_sync_speed::run(config, listener, clock.clone(), shutdown.clone());
        others.spawn(async move { Ok(sync_speed.await?) });

        let mut ended = Ok(());
        let mut registry_ended = None;
        while !others.is_empty() {
            tokio::select! {
                Some(other) = others.join_next() => ended = ended.and(flatten(other)),
                registry = &mut registry_task, if registry_ended.is_none() => {
                    registry_ended = Some(flatten(registry.map(|result| result.map_err(Into::into))));
                }
            }
            // One is gone: the others must not go on as if nothing had happened.
            shutdown.trigger();
        }
        registry_shutdown.trigger();
        let registry_ended = match registry_ended {
            Some(result) => result,
            None => flatten(registry_task.await.map(|result| result.map_err(Into::into))),
        };
        ended.and(registry_ended)
    }
}

fn flatten(joined: Result<Result<(), BoxError>, tokio::task::JoinError>) -> Result<(), BoxError> {
    joined?
}

fn local_address(listeners: &GatewayListeners) -> Result<SocketAddr, BoxError> {
    let first = listeners.data.first().ok_or_else(|| ConfigError::other("the gateway has no listener"))?;
    Ok(first.local_addr()?)
}

/// A token of this process alone, made at each start, with which the gateway and sync-speed come to a registry that is
/// locked; as the part of a URL before the host.
fn own_credentials(access: &mut AccessConfig) -> Result<String, BoxError> {
    if access.is_open() {
        return Ok(String::new());
    }
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|error| format!("no random numbers from the system: {error}"))?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    // A part of it is the name, so that no other has it.
    let (name, secret) = text.split_at(8);
    let name = format!("eurus-{name}");
    let roles = Roles::of(&[Role::Read, Role::Register, Role::Operate]);
    let credentials = format!("{name}:{secret}@");
    access.tokens.push(Token { name, secret: Secret::new(secret), roles });
    Ok(credentials)
}

/// A listener on all addresses is reached over the loopback address.
fn reachable(addresses: &Addresses, credentials: &str) -> String {
    let Addresses { scheme, registry: mut address, context_path, .. } = addresses.clone();
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("{scheme}://{credentials}{address}{context_path}/eureka/")
}

/// `eurus`: starts, says where everything is, runs.
///
/// # Errors
/// See [`Embedded::prepare`] and [`Embedded::run`].
pub async fn serve(started: Started, stock_intervals: bool) -> Result<(), BoxError> {
    let embedded = Embedded::prepare(&started.properties, &started.data_dir)?;
    banner(&embedded, stock_intervals, &started.data_dir, &started.log_file);
    log::info!(
        "registry on {}, gateway on {}, its admin API on {}, sync-speed on {}",
        embedded.addresses.registry,
        embedded.addresses.gateway,
        embedded.addresses.gateway_admin,
        embedded.addresses.sync_speed
    );
    embedded.run(&started.clock, &started.shutdown).await?;
    log::info!("stopped");
    Ok(())
}

/// As the user called it, so that what is shown can be pasted.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "eurus".to_owned())
}

/// What `eurus producer` must be told to find this registry; nothing where it looks by itself.
fn registry_flag(addresses: &Addresses, is_locked: bool) -> String {
    let url = reachable(addresses, if is_locked { "USER:PASSWORD@" } else { "" });
    if url == crate::producer::DEFAULT_REGISTRY { String::new() } else { format!(" --registry {url}") }
}

#[allow(clippy::print_stdout)] // The process's own words at start.
fn banner(embedded: &Embedded, stock_intervals: bool, data_dir: &Path, log_file: &Path) {
    let addresses = &embedded.addresses;
    let Addresses { gateway, gateway_admin, sync_speed, .. } = addresses;
    println!(
        "eurus {version}

  registry     {registry}
  gateway      http://{gateway}   admin API http://{gateway_admin}
  sync-speed   http://{sync_speed}
  data         {data}   log {log}
  {intervals}

Try next, in another terminal:
  {program} producer --ip 127.0.0.2 --port 9001{at}
      a small service that registers itself; another one on 127.0.0.3, or start a Spring app with
      eureka.client.service-url.defaultZone={registry}
  curl http://{gateway}/demo-service/hello
  curl -X POST http://{sync_speed}/offline -H 'Content-Type: application/json' -d '{{\"ip\":\"127.0.0.2\"}}'
  curl http://{gateway_admin}/services
  {program} demo
      the whole story in 12 seconds

Ctrl-C stops it.",
        version = env!("CARGO_PKG_VERSION"),
        program = program(),
        intervals = embedded.intervals.in_words(stock_intervals),
        at = registry_flag(addresses, embedded.is_locked),
        registry = addresses.service_url(),
        data = data_dir.display(),
        log = log_file.display(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(registry: &str, context_path: &str) -> Addresses {
        let other = SocketAddr::from(([127, 0, 0, 1], 1));
        Addresses {
            registry: registry.parse().unwrap(),
            scheme: "http",
            context_path: context_path.to_owned(),
            gateway: other,
            gateway_admin: other,
            sync_speed: other,
        }
    }

    #[test]
    fn the_producer_of_the_banner_finds_the_registry() {
        for (registry, context_path, is_locked, expected) in [
            ("127.0.0.1:8761", "", false, ""),
            ("0.0.0.0:8761", "", false, ""),
            ("127.0.0.1:9000", "", false, " --registry http://127.0.0.1:9000/eureka/"),
            ("127.0.0.1:8761", "/r", false, " --registry http://127.0.0.1:8761/r/eureka/"),
            ("127.0.0.1:8761", "", true, " --registry http://USER:PASSWORD@127.0.0.1:8761/eureka/"),
        ] {
            assert_eq!(registry_flag(&addresses(registry, context_path), is_locked), expected);
        }
    }

    #[test]
    fn intervals_are_those_that_are_configured() {
        let words = |cache_ms, fetch_ms| Intervals { cache_ms, fetch_ms }.in_words(false);
        let short = words(Some(500), 1_000);
        assert!(short.contains("cache every 500 ms") && short.contains("fetches every 1 s"), "{short}");
        let other = words(None, 30_000);
        assert!(other.contains("no read-only cache") && other.contains("fetches every 30 s"), "{other}");
    }
}
