//! Registry, gateway and sync-speed in one process on embedded defaults: nothing to configure, loopback only.

mod addresses;
mod banner;
mod credentials;
mod intervals;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use eurus_gateway::{GatewayConfig, GatewayListeners};
use eurus_registry::access::AccessConfig;
use eurus_registry::{Listeners, RegistryConfig};
use eurus_service::process::{BoxError, Started};
use eurus_service::tls::ServerTls;
use eurus_service::{Clock, Properties, Shutdown, listen};
use eurus_sync_speed::SyncSpeedConfig;
use tokio::task::JoinSet;

pub use addresses::Addresses;
use credentials::own_credentials;
pub use intervals::{Intervals, SHORT_CACHE_MS, SHORT_FETCH_S};

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

/// All ports bound and all configurations read: nothing can go wrong any more that a person must mend.
pub struct Embedded {
    /// Where each listens.
    pub addresses: Addresses,
    /// How soon a change is seen.
    pub intervals: Intervals,
    /// Whether the registry asks for credentials.
    is_locked: bool,
    registry: (RegistryConfig, Listeners),
    gateway: (GatewayConfig, GatewayListeners),
    sync_speed: (SyncSpeedConfig, TcpListener),
}

impl Embedded {
    /// Reads the configurations and binds the ports.
    ///
    /// # Errors
    /// A wrong value or a port in use, in one line.
    pub fn prepare(properties: &Properties, data_dir: &Path) -> Result<Self, BoxError> {
        let configs = (RegistryConfig::from_properties(properties)?, GatewayConfig::from_properties(properties)?);
        Self::with(configs, properties, data_dir)
    }

    /// The same for a demonstration on loopback, whose producers know no password and no certificate: the registry is
    /// open, and it and the gateway speak plain HTTP.
    ///
    /// # Errors
    /// See [`prepare`](Self::prepare).
    pub fn prepare_unprotected(properties: &Properties, data_dir: &Path) -> Result<Self, BoxError> {
        let registry =
            RegistryConfig { access: AccessConfig::open(), tls: None, ..RegistryConfig::from_properties(properties)? };
        let gateway = GatewayConfig { tls: None, ..GatewayConfig::from_properties(properties)? };
        Self::with((registry, gateway), properties, data_dir)
    }

    fn with(
        (mut registry_config, mut gateway_config): (RegistryConfig, GatewayConfig),
        properties: &Properties,
        data_dir: &Path,
    ) -> Result<Self, BoxError> {
        let mut sync_speed_config = SyncSpeedConfig::from_properties(properties, data_dir.to_owned())?;
        let (registry_port, sync_speed_port) = (eurus_registry::PORT, eurus_sync_speed::PORT);
        let registry = Listeners::bind(&registry_config, registry_port.endpoint(properties)?)?;
        let gateway = GatewayListeners::bind(eurus_gateway::PORT.endpoint(properties)?, &gateway_config, properties)?;
        let (gateway_at, gateway_scheme) = gateway.callers()?;
        let sync_speed = listen::bind(sync_speed_port, sync_speed_port.endpoint(properties)?)?;
        let addresses = Addresses {
            registry: registry.main.local_addr()?,
            management: registry.management_address()?.map(|own| registry_config.management_urls(own)),
            scheme: if registry_config.tls.is_some() { "https" } else { "http" },
            context_path: registry_config.paths.context.clone(),
            gateway: gateway_at,
            gateway_scheme,
            gateway_admin: gateway.admin.local_addr()?,
            gateway_admin_scheme: if gateway_config.admin.tls.is_some() { "https" } else { "http" },
            sync_speed: sync_speed.local_addr()?,
            sync_speed_scheme: if sync_speed_config.tls.is_some() { "https" } else { "http" },
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
        let own_registry = vec![addresses.reachable(&credentials)];
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
        if sync_speed_config.notify.tls.is_none() {
            sync_speed_config.notify.tls = gateway_config.admin.tls.as_ref().map(ServerTls::own_client);
        }
        announce_to(&mut gateway_config, &sync_speed_config, addresses.reachable_sync_speed());
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
        let (config, listeners) = self.registry;
        let registry = eurus_registry::run(config, listeners, clock.clone(), registry_shutdown.clone());
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

/// The gateway asks the sync-speed beside it, unless it was told of another one, or would be refused there.
fn announce_to(gateway: &mut GatewayConfig, sync_speed: &SyncSpeedConfig, at: SocketAddr) {
    let notify = &sync_speed.notify;
    let is_reachable = eurus_sync_speed::access::is_inside(&notify.networks, at.ip());
    if gateway.sync_speed.urls.is_empty() && is_reachable {
        let scheme = if sync_speed.tls.is_some() { "https" } else { "http" };
        if let Some(tls) = &sync_speed.tls {
            gateway.sync_speed.tls = tls.own_client();
        }
        gateway.sync_speed.urls = vec![format!("{scheme}://{at}")];
        gateway.sync_speed.token = notify.token.as_ref().map(|token| token.expose().to_owned());
    }
}

fn flatten(joined: Result<Result<(), BoxError>, tokio::task::JoinError>) -> Result<(), BoxError> {
    joined?
}

/// `eurus`: starts, says where everything is, runs.
///
/// # Errors
/// See [`Embedded::prepare`] and [`Embedded::run`].
pub async fn serve(started: Started, stock_intervals: bool) -> Result<(), BoxError> {
    let mut embedded = Embedded::prepare(&started.properties, &started.data_dir)?;
    embedded.gateway.0.rereading = Some(started.rereading.clone());
    embedded.sync_speed.0.rereading = Some(started.rereading.clone());
    banner::banner(&embedded, stock_intervals, &started.data_dir, &started.log_file);
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
