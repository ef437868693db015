//! The three services in one process on free ports of the loopback address, entered by their `run` as in production,
//! on a clock of the caller's choice.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use eurus_gateway::{DataListeners, GatewayConfig, GatewayListeners};
use eurus_registry::RegistryConfig;
use eurus_service::{Clock, Shutdown};
use eurus_sync_speed::SyncSpeedConfig;
use tokio::task::JoinHandle;

use crate::Failure;

/// Real time: how long a service may take to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_secs(20);

/// What the health of a gateway says that waits for sync-speed: its timers exist, and time must go on.
const WAITS: &str = "waiting for the live marks";

/// Real time; the services keep an idle connection for 5 s and longer.
const CONNECTION_KEPT: Duration = Duration::from_secs(2);

/// Services that run until [`Stack::stop`].
pub struct Stack {
    /// The clock they all run on.
    pub clock: Clock,
    /// For calls of the caller's own.
    pub http: reqwest::Client,
    services: Vec<Service>,
}

/// One running service.
pub struct Service {
    shutdown: Shutdown,
    ended: JoinHandle<Result<(), String>>,
}

impl Service {
    pub(crate) fn start<E: Display + 'static>(
        what: &'static str,
        shutdown: Shutdown,
        run: impl FnOnce(Shutdown) -> Run<E>,
    ) -> Self {
        let run = run(shutdown.clone());
        let ended = tokio::spawn(async move { run.await.map_err(|error| format!("{what}: {error}")) });
        Self { shutdown, ended }
    }

    /// Stops it gracefully and waits for it.
    ///
    /// # Errors
    /// What it ended with.
    pub async fn stop(self) -> Result<(), Failure> {
        self.shutdown.trigger();
        self.ended.await.map_err(|error| Failure::new(error.to_string()))?.map_err(Failure::new)
    }
}

impl Service {
    /// Ends it where it is, as a kill would, and waits until nothing of it is left.
    ///
    /// # Errors
    /// When it panicked. That it could not finish is what was asked for.
    pub async fn kill(self) -> Result<(), Failure> {
        self.shutdown.abort();
        self.ended.await.map(drop).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Keeps no connection for so long that the other side may close it just as it is used again.
fn client() -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder().no_proxy().pool_idle_timeout(CONNECTION_KEPT).build()?)
}

pub(crate) type Run<E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;

/// A free port of the loopback address.
pub const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

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
        Ok(Self { clock, http: client()?, services: Vec::new() })
    }

    /// Starts a registry; gives its service URL, `http://ip:port/eureka/`.
    ///
    /// # Errors
    /// When no port can be bound, or it does not become healthy.
    pub async fn registry(&mut self, config: RegistryConfig) -> Result<String, Failure> {
        let (url, service) = self.registry_on(config, bind(ANY_PORT)?.0, &self.clock, Shutdown::new()).await?;
        self.services.push(service);
        Ok(url)
    }

    /// The same on a listener and a clock of choice, and to be stopped by the caller.
    ///
    /// # Errors
    /// When it does not become healthy.
    pub async fn registry_on(
        &self,
        config: RegistryConfig,
        listener: TcpListener,
        clock: &Clock,
        shutdown: Shutdown,
    ) -> Result<(String, Service), Failure> {
        let address = listener.local_addr()?;
        let start = |shutdown| Box::pin(eurus_registry::run(config, listener, clock.clone(), shutdown)) as _;
        let service = Service::start("registry", shutdown.clone(), start);
        self.until_healthy(&format!("http://{address}"), &shutdown).await?;
        Ok((format!("http://{address}/eureka/"), service))
    }

    /// Starts a gateway with two data-plane threads.
    ///
    /// # Errors
    /// When no port can be bound, or it does not become healthy.
    pub async fn gateway(&mut self, config: GatewayConfig) -> Result<GatewayAddress, Failure> {
        let (data, admin) = (bind(ANY_PORT)?.0, bind(ANY_PORT)?.0);
        let (address, service) = self.gateway_on(config, data, admin, &self.clock, Shutdown::new()).await?;
        self.services.push(service);
        Ok(address)
    }

    /// The same on listeners and on a clock of choice, and to be stopped by the caller.
    ///
    /// # Errors
    /// When it does not become healthy.
    pub async fn gateway_on(
        &self,
        config: GatewayConfig,
        data: TcpListener,
        admin: TcpListener,
        clock: &Clock,
        shutdown: Shutdown,
    ) -> Result<(GatewayAddress, Service), Failure> {
        let (address, admin_address) = (data.local_addr()?, admin.local_addr()?);
        let data = DataListeners::plain(vec![data.try_clone()?, data]);
        let listeners = GatewayListeners { data, admin };
        let start = |shutdown| Box::pin(eurus_gateway::run(config, listeners, clock.clone(), shutdown)) as _;
        let service = Service::start("gateway", shutdown.clone(), start);
        self.until_healthy(&format!("http://{admin_address}"), &shutdown).await?;
        let address = GatewayAddress { url: format!("http://{address}"), admin: format!("http://{admin_address}") };
        Ok((address, service))
    }

    /// Starts sync-speed; gives `http://ip:port`.
    ///
    /// # Errors
    /// When no port can be bound, or it does not become healthy.
    pub async fn sync_speed(&mut self, config: SyncSpeedConfig) -> Result<String, Failure> {
        let (url, service) = self.sync_speed_on(config, bind(ANY_PORT)?.0, &self.clock, Shutdown::new()).await?;
        self.services.push(service);
        Ok(url)
    }

    /// The same on a listener and a clock of choice, and to be stopped by the caller.
    ///
    /// # Errors
    /// When it does not become healthy.
    pub async fn sync_speed_on(
        &self,
        config: SyncSpeedConfig,
        listener: TcpListener,
        clock: &Clock,
        shutdown: Shutdown,
    ) -> Result<(String, Service), Failure> {
        let address = listener.local_addr()?;
        let start = |shutdown| Box::pin(eurus_sync_speed::run(config, listener, clock.clone(), shutdown)) as _;
        let service = Service::start("sync-speed", shutdown.clone(), start);
        self.until_healthy(&format!("http://{address}"), &shutdown).await?;
        Ok((format!("http://{address}"), service))
    }

    /// Asks until the health check says UP. On a manual clock a service must be up before time moves: only then do its
    /// timers exist. Each answer is awaited, so this asks as fast as the service answers and not faster.
    /// One that is killed while it starts need not become healthy.
    async fn until_healthy(&self, origin: &str, shutdown: &Shutdown) -> Result<(), Failure> {
        let url = format!("{origin}/actuator/health");
        let healthy = async {
            while !shutdown.is_aborted() {
                match self.http.get(&url).send().await {
                    Ok(answer) if answer.status() == 200 => return,
                    Ok(answer) => {
                        if answer.text().await.is_ok_and(|body| body.contains(WAITS)) {
                            return;
                        }
                    }
                    Err(_) => tokio::task::yield_now().await,
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
    pub async fn stop(self) -> Result<(), Failure> {
        // All at once: those that tell the others of their end need not wait for one another.
        self.services.iter().for_each(|service| service.shutdown.trigger());
        let mut first = Ok(());
        for service in self.services {
            first = first.and(service.stop().await);
        }
        first
    }
}

/// A listener for a service.
///
/// # Errors
/// When the address is taken.
pub fn bind(at: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(at)?;
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
    config.access.apps = eurus_sync_speed::selection::OptedIn::All;
    config.default_gateway_group = Some("EURUS-GATEWAY".to_owned());
    config
}
