//! A small service as its users would have it: answers requests, registers by plain HTTP, heartbeats. It notes when
//! each request began, which is what every proof about a downline comes down to.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use eurus_service::Clock;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::Failure;

/// The most begun requests that are remembered; later ones are only counted by the load.
const BEGUN_MAX: usize = 1_000_000;
/// Requests to it are not noted.
const FENCE: &str = "/__fence";

/// A running producer.
pub struct Producer {
    /// Application name, upper case.
    pub app: String,
    /// Instance id.
    pub instance_id: String,
    /// Where it listens.
    pub address: SocketAddr,
    begun: Arc<Begun>,
    server: ServerHandle,
}

struct Begun {
    clock: Clock,
    instance_id: String,
    /// Microseconds since 1970, one a request, in the order of arrival.
    at_us: Mutex<Vec<i64>>,
}

impl Begun {
    fn note(&self) {
        let mut at_us = self.at_us.lock();
        if at_us.len() < BEGUN_MAX {
            at_us.push(self.clock.now_us());
        }
    }
}

impl Producer {
    /// Listens on a free port of `ip`. It does not register yet.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start(app: &str, ip: IpAddr, clock: Clock) -> Result<Self, Failure> {
        Self::start_at(app, SocketAddr::new(ip, 0), clock)
    }

    /// Listens on an address of choice.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start_at(app: &str, at: SocketAddr, clock: Clock) -> Result<Self, Failure> {
        let listener = TcpListener::bind(at)?;
        let (ip, address) = (at.ip(), listener.local_addr()?);
        let instance_id = format!("{ip}:{}:{}", app.to_lowercase(), address.port());
        let begun = Arc::new(Begun { clock, instance_id: instance_id.clone(), at_us: Mutex::new(Vec::new()) });
        let data = web::Data::from(Arc::clone(&begun));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .listen(listener)?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { app: app.to_uppercase(), instance_id, address, begun, server: handle })
    }

    /// When each request began, microseconds since 1970.
    pub fn begun_us(&self) -> Vec<i64> {
        self.begun.at_us.lock().clone()
    }

    /// How many requests began.
    pub fn requests(&self) -> usize {
        self.begun.at_us.lock().len()
    }

    /// What it registers with.
    pub fn registration(&self) -> Value {
        registration(&self.app, &self.instance_id, self.address, self.begun.clock.now_ms())
    }

    /// Registers at a registry (`http://host:port/eureka/`).
    ///
    /// # Errors
    /// When the registry does not answer 204.
    pub async fn register(&self, http: &reqwest::Client, registry: &str) -> Result<(), Failure> {
        let url = format!("{registry}apps/{}", self.app);
        let answer = http.post(&url).json(&self.registration()).send().await?;
        Failure::unless(answer.status() == 204, || format!("POST {url} answered {}", answer.status()))
    }

    /// Returns when everything that had reached this producer's sockets before the call has been noted: two requests
    /// of its own, each handled after what was readable before it.
    ///
    /// # Errors
    /// When the producer does not answer.
    pub async fn fence(&self, http: &reqwest::Client) -> Result<(), Failure> {
        for _ in 0..2 {
            // A connection of its own: a pooled one may be closed by the producer in the same moment.
            let request = http.get(format!("http://{}{FENCE}", self.address)).header("connection", "close");
            let answer = request.send().await?;
            Failure::unless(answer.status() == 200, || format!("the fence answered {}", answer.status()))?;
        }
        Ok(())
    }

    /// One heartbeat, as a Java client sends it.
    ///
    /// # Errors
    /// When the registry does not answer 200.
    pub async fn heartbeat(&self, http: &reqwest::Client, registry: &str) -> Result<(), Failure> {
        let url = format!("{registry}apps/{}/{}?status=UP", self.app, self.instance_id);
        let answer = http.put(&url).send().await?;
        Failure::unless(answer.status() == 200, || format!("PUT {url} answered {}", answer.status()))
    }

    /// Stops at once.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

/// What an instance at this address registers with, as a Java client writes it.
pub(crate) fn registration(app: &str, instance_id: &str, address: SocketAddr, now_ms: i64) -> Value {
    json!({"instance": {
        "instanceId": instance_id,
        "hostName": address.ip().to_string(),
        "app": app,
        "ipAddr": address.ip().to_string(),
        "status": "UP",
        "overriddenStatus": "UNKNOWN",
        "port": {"$": address.port(), "@enabled": "true"},
        "securePort": {"$": 443, "@enabled": "false"},
        "countryId": 1,
        "dataCenterInfo": {
            "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"
        },
        "leaseInfo": {"renewalIntervalInSecs": 30, "durationInSecs": 90},
        "metadata": {"management.port": address.port().to_string()},
        "vipAddress": app.to_lowercase(),
        "secureVipAddress": app.to_lowercase(),
        "isCoordinatingDiscoveryServer": "false",
        "lastUpdatedTimestamp": now_ms.to_string(),
        "lastDirtyTimestamp": now_ms.to_string(),
    }})
}

async fn answer(request: HttpRequest, begun: web::Data<Begun>) -> HttpResponse {
    if request.path() != FENCE {
        begun.note();
    }
    HttpResponse::Ok().json(json!({"instanceId": begun.instance_id, "path": request.path()}))
}
