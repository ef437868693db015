//! A running client and its own copy of the registry.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitStatus;

use eurus_service::Clock;
use serde_json::Value;

use crate::Failure;
use crate::clients::kind::Kind;
use crate::java::free_port;
use crate::process::PeerProcess;

/// A client that registers itself and follows the registry.
pub struct Client {
    /// Which.
    pub kind: Kind,
    /// Where it shows its copy; also what it registers.
    pub address: SocketAddr,
    /// What it registers under.
    pub instance_id: String,
    process: PeerProcess,
    http: reqwest::Client,
}

/// What a client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The hash that the client computes of its copy, where it tells.
    pub hash: Option<String>,
    /// Status by instance id.
    pub statuses: BTreeMap<String, String>,
}

impl Client {
    /// Starts one that registers at a registry (`http://host:port/eureka/`). It does not answer yet.
    ///
    /// # Errors
    /// As [`Kind::start`].
    pub fn start(kind: Kind, ip: IpAddr, registry: &str, http: reqwest::Client) -> Result<Self, Failure> {
        let port = free_port(&[ip])?;
        let instance_id = format!("{ip}:{}:{port}", kind.app().to_lowercase());
        let (address, port_text) = (ip.to_string(), port.to_string());
        let environment = [
            ("APP", kind.app()),
            ("ADDRESS", address.as_str()),
            ("PORT", port_text.as_str()),
            ("INSTANCE_ID", instance_id.as_str()),
            ("EUREKA_URL", registry),
        ];
        let process = kind.start(&instance_id, &environment)?;
        Ok(Self { kind, address: SocketAddr::new(ip, port), instance_id, process, http })
    }

    /// Returns when it shows its copy.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn until_answers(&mut self, clock: &Clock) -> Result<(), Failure> {
        self.process.until_answers(&self.url(), &self.http, clock).await
    }

    /// What it holds now.
    ///
    /// # Errors
    /// When it does not answer so.
    pub async fn copy(&self) -> Result<Copy, Failure> {
        let copy: Value = self.http.get(self.url()).send().await?.json().await?;
        let instances = copy["instances"].as_object().into_iter().flatten();
        let statuses = instances.map(|(id, status)| (id.clone(), status.as_str().unwrap_or_default().to_owned()));
        Ok(Copy { hash: copy["hash"].as_str().map(ToOwned::to_owned), statuses: statuses.collect() })
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// When it goes on regardless.
    pub async fn terminate(self, clock: &Clock) -> Result<ExitStatus, Failure> {
        self.process.terminate(clock).await
    }

    fn url(&self) -> String {
        format!("http://{}/copy", self.address)
    }
}
