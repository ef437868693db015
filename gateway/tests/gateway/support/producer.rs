//! A producer: a real HTTP server that counts the requests it sees.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use super::{Body, serve, text};

pub(crate) const APP: &str = "JAVA-SERVICE";

#[derive(Clone)]
pub(crate) struct Producer {
    pub(crate) id: String,
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicU64>,
    /// Keeps the port of one that is absent.
    #[allow(dead_code)] // Held, not read.
    reserved: Option<Arc<Socket>>,
}

impl Producer {
    /// On 127.0.0.`host`, with the id `p<host>`.
    pub(crate) async fn start(host: u8) -> Self {
        let (id, requests) = (format!("p{host}"), Arc::new(AtomicU64::new(0)));
        let (name, seen) = (id.clone(), Arc::clone(&requests));
        let address = serve([127, 0, 0, host], move |request| {
            seen.fetch_add(1, Ordering::SeqCst);
            answer(name.clone(), request)
        })
        .await;
        Self { id, address, requests, reserved: None }
    }

    /// Registered as if it were there; nobody listens.
    pub(crate) fn absent(host: u8) -> Self {
        // Bound, so that no other test is given the port, and not listening: connections are refused.
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, host], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Self { reserved: Some(Arc::new(socket)), ..Self::at(host, address) }
    }

    /// Something else listens there.
    pub(crate) fn at(host: u8, address: SocketAddr) -> Self {
        Self { id: format!("p{host}"), address, requests: Arc::default(), reserved: None }
    }

    /// Requests it has seen.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// What the registry says of it.
    pub(crate) fn instance(&self, status: &str, service_up_ms: i64) -> Value {
        json!({
            "instanceId": self.id, "hostName": self.address.ip().to_string(), "app": APP,
            "ipAddr": self.address.ip().to_string(), "status": status, "overriddenStatus": "UNKNOWN",
            "port": {"$": self.address.port(), "@enabled": "true"}, "securePort": {"$": 443, "@enabled": "false"},
            "countryId": 1,
            "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
            "leaseInfo": {"renewalIntervalInSecs": 30, "durationInSecs": 90, "registrationTimestamp": service_up_ms,
                "lastRenewalTimestamp": service_up_ms, "evictionTimestamp": 0, "serviceUpTimestamp": service_up_ms},
            "metadata": {"@class": "java.util.Collections$EmptyMap"}, "vipAddress": "java-service",
            "isCoordinatingDiscoveryServer": "false", "lastUpdatedTimestamp": service_up_ms.to_string(),
            "lastDirtyTimestamp": service_up_ms.to_string(), "actionType": "ADDED"
        })
    }
}

pub(crate) async fn answer(id: String, request: Request<Incoming>) -> Response<Body> {
    match request.uri().path() {
        "/hello" => Response::new(text(id)),
        "/seen" => Response::new(text(seen(&request).to_string())),
        "/echo" => Response::new(request.into_body().boxed()),
        // As it came, with the trailer that it announces.
        "/trailers" => Response::builder().header("trailer", "x-sum").body(request.into_body().boxed()).unwrap(),
        "/count" => {
            let length = request.into_body().collect().await.unwrap().to_bytes().len();
            Response::new(text(length.to_string()))
        }
        "/big" => Response::new(text(Bytes::from(vec![b'x'; 20_000_000]))),
        "/hop" => Response::builder()
            .header("connection", "x-mine")
            .header("x-mine", "1")
            .header("keep-alive", "timeout=5")
            .header("x-other", "2")
            .body(text("hop"))
            .unwrap(),
        "/none" => {
            Response::builder().status(204).body(Full::default().map_err(|never| match never {}).boxed()).unwrap()
        }
        "/hang" => std::future::pending().await,
        _ => Response::builder().status(418).body(text("?")).unwrap(),
    }
}

fn seen(request: &Request<Incoming>) -> Value {
    let pairs = |headers: &HeaderMap| -> Value {
        headers.iter().map(|(name, value)| (name.to_string(), Value::from(value.to_str().unwrap()))).collect()
    };
    json!({"version": format!("{:?}", request.version()), "method": request.method().as_str(), "target": request.uri().to_string(), "headers": pairs(request.headers())})
}
