//! The three services in one process on free ports of the loopback address, entered by their `run` as in production,
//! on a clock of the caller's choice.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use eurus_gateway::{GatewayConfig, GatewayListeners};
use eurus_registry::RegistryConfig;
use eurus_service::{Clock, Shutdown};
use eurus_sync_speed::SyncSpeedConfig;
use tokio::task::JoinSet;

use crate::Failure;

/// Real time: how long a service may take to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_secs(20);

/// Services that run until [`Stack::stop`].
pub struct Stack {
    /// The clock they all run on.
    pub clock: Clock,
    /// For calls of the caller's own.
    pub http: reqwest::Client,
    shutdown: Shutdown,
    services: JoinSet<Result<(), String>>,
}

/// Where a gateway answers.
#[derive(Clone, Debug)]
pub struct GatewayAddress {
    /// `http://ip:port` of the data plane.
    pub url: String,
    /// `http://ip:port` of the admin API.
    pub admin: String,
}

impl Stack {
    /// Nothing runs yet.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(clock: Clock) -> Result<Self, Failure> {
        Ok(Self {
            clock,
            http: reqwest::Client::builder().no_proxy().build()?,
            shutdown: Shutdown::new(),
            services: JoinSet::new(),
        })
    }

    /// Starts a registry; gives its service URL, `http://ip:port/eureka/`.
    ///
    /// # Errors
    /// When no port can be bound, or it does not become healthy.
    pub async fn registry(&mut self, config: RegistryConfig) -> Result<String, Failure> {
        let (listener, address) = bind()?;
        let run = eurus_registry::run(config, listener, self.clock.clone(), self.shutdown.clone());
        self.services.spawn(async move { run.await.map_err(|error| format!("registry: {error}")) });
        self.until_healthy(&format!("http://{address}")).await?;
        Ok(format!("http://{address}/eureka/"))
    }

    /// Starts a gateway with two data-plane threads.
    ///
    /// # Errors
    /// When no port can be bound, or it does not become healthy.
    pub async fn gateway(&mut self, config: GatewayConfig) -> Result<GatewayAddress, Failure> {
        let (data, address) = bind()?;
        let (admin, admin_address) = bind()?;
        let listeners = GatewayListeners { data: vec![data.try_clone()?, data], admin };
        let run = eurus_gateway::run(config, listeners, self.clock.clone(), self.shutdown.clone());
        self.services.spawn(async move { run.await.map_err(|error| format!("gateway: {error}")) });
        self.until_healthy(&format!("http://{admin_address}")).await?;
        Ok(GatewayAddress { url: format!("http://{address}"), admin: format!("http://{admin_address}") })
    }

    /// Starts sync-speed; gives `http://ip:port`.
    ///
    /// # Errors
    /// When no port can be bound, or it does not become healthy.
    pub async fn sync_speed(&mut self, config: SyncSpeedConfig) -> Result<String, Failure> {
        let (listener, address) = bind()?;
        let run = eurus_sync_speed::run(config, listener, self.clock.clone(), self.shutdown.clone());
        self.services.spawn(async move { run.await.map_err(|error| format!("sync-speed: {error}")) });
        self.until_healthy(&format!("http://{address}")).await?;
        Ok(format!("http://{address}"))
    }

    /// Asks until the health check says UP. On a manual clock a service must be up before time moves: only then do its
    /// timers exist. Each answer is awaited, so this asks as fast as the service answers and not faster.
    async fn until_healthy(&self, origin: &str) -> Result<(), Failure> {
        let url = format!("{origin}/actuator/health");
        let healthy = async {
            loop {
                match self.http.get(&url).send().await {
                    Ok(answer) if answer.status() == 200 => return,
                    Ok(_) | Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(HEALTHY_WITHIN, healthy)
            .await
            .map_err(|_| Failure::new(format!("{url} was not UP within {} s", HEALTHY_WITHIN.as_secs())))
    }

    /// Stops all services gracefully and waits for them.
    ///
    /// # Errors
    /// What a service ended with.
    pub async fn stop(mut self) -> Result<(), Failure> {
        self.shutdown.trigger();
        while let Some(ended) = self.services.join_next().await {
            ended.map_err(|error| Failure::new(error.to_string()))?.map_err(Failure::new)?;
        }
        Ok(())
    }
}

fn bind() -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A gateway's configuration at a registry, else stock.
pub fn gateway_config(registry: &str) -> GatewayConfig {
    GatewayConfig { service_urls: vec![registry.to_owned()], ..GatewayConfig::stock() }
}

/// A sync-speed's configuration at a registry: all applications, the default group; else stock.
pub fn sync_speed_config(registry: &str, data_dir: &Path) -> SyncSpeedConfig {
    let mut config = SyncSpeedConfig::stock(data_dir.to_owned());
    config.eureka.service_urls = vec![registry.to_owned()];
    config.apps = eurus_sync_speed::selection::OptedIn::All;
    config.default_gateway_group = Some("EURUS-GATEWAY".to_owned());
    config
}
