//! `eurus producer`: a small service that registers itself, so that there is something to route to, to take offline
//! and to bring back. Unlike the services it is no server for production.

mod standing;

use std::net::{IpAddr, SocketAddr, TcpListener};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use eurus_client::{ClientConfig, EurekaClient};
use eurus_model::instance::Port;
use eurus_model::{InstanceInfo, InstanceStatus};
use eurus_service::process::BoxError;
use eurus_service::{Clock, Shutdown};
use serde_json::json;

/// Where a registry is when nobody said anything.
pub const DEFAULT_REGISTRY: &str = "http://127.0.0.1:8761/eureka/";

/// What to serve and where to register.
#[derive(clap::Args, Clone, Debug)]
pub struct ProducerArgs {
    /// Application name
    #[arg(long, default_value = "demo-service", value_name = "NAME")]
    pub name: String,
    /// Address to listen on and to register with
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    pub ip: IpAddr,
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Registry to register at
    #[arg(long, default_value = DEFAULT_REGISTRY, value_name = "URL")]
    pub registry: String,
}

/// Serves until told to stop; then deregisters.
///
/// # Errors
/// When the port cannot be bound or the registry's URL is wrong.
#[allow(clippy::print_stdout)] // A command's own words.
pub async fn run(args: ProducerArgs, clock: Clock, shutdown: Shutdown) -> Result<(), BoxError> {
    let listener = TcpListener::bind(SocketAddr::new(args.ip, args.port))
        .map_err(|error| format!("the producer cannot listen on {}:{}: {error}", args.ip, args.port))?;
    let address = listener.local_addr()?;
    let registration = registration(&args, address, clock.now_ms());
    let instance_id = registration.instance_id.clone();
    let config = ClientConfig {
        fetch: None,
        registration: Some(registration),
        ..ClientConfig::stock(args.registry.split(',').map(|url| url.trim().to_owned()).collect())
    };
    let client = EurekaClient::new(config, clock.clone(), Vec::new())?;
    // The URL may hold a password: the client shows it without.
    println!("{instance_id} listens on http://{address} and registers at {}", client.registries().current_url());
    let name = web::Data::new(instance_id);
    let server = HttpServer::new(move || App::new().app_data(name.clone()).default_service(web::to(answer)))
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    let serving = tokio::spawn(server);
    // Deregistered first, so that nobody is sent here any more when the port closes.
    tokio::join!(std::sync::Arc::clone(&client).run(shutdown.clone()), standing::tell(&client, &clock, &shutdown));
    handle.stop(true).await;
    Ok(serving.await??)
}

fn registration(args: &ProducerArgs, address: SocketAddr, now_ms: i64) -> InstanceInfo {
    let ip = address.ip().to_string();
    let instance_id = format!("{ip}:{}:{}", args.name.to_lowercase(), address.port());
    let mut instance = InstanceInfo::new(&args.name, &instance_id, &ip, &ip);
    instance.status = InstanceStatus::Up;
    instance.port = Port { number: i32::from(address.port()), enabled: true };
    instance.vip_address = Some(args.name.to_lowercase());
    instance.secure_vip_address = Some(args.name.to_lowercase());
    instance.home_page_url = Some(format!("http://{address}/"));
    instance.status_page_url = Some(format!("http://{address}/actuator/info"));
    instance.health_check_url = Some(format!("http://{address}/actuator/health"));
    instance.metadata = vec![("management.port".to_owned(), address.port().to_string())];
    instance.last_dirty_ms = now_ms;
    instance
}

async fn answer(request: HttpRequest, name: web::Data<String>) -> HttpResponse {
    match request.path() {
        "/actuator/health" => HttpResponse::Ok().json(json!({"status": "UP"})),
        path => HttpResponse::Ok().json(json!({"instanceId": **name, "path": path})),
    }
}
