//! All processes of a proof.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use eurus_service::Clock;

use super::database::Database;
use super::settings::Settings;
use crate::Failure;
use crate::harness::Programs;
use crate::harness::node::NodeKind;
use crate::process::node::Node;

/// Third byte of the nodes' loopback addresses, and of the instances'.
const NODES: u8 = 1;
/// Seconds and milliseconds instead of the stock half minute: a round is over in seconds.
const OFTEN: [(&str, &str); 2] = [
    ("eureka.client.registry-fetch-interval-seconds", "1"),
    ("eureka.instance.lease-renewal-interval-in-seconds", "1"),
];

pub(super) struct Cluster {
    pub(super) registry: Node,
    pub(super) gateways: Vec<Node>,
    pub(super) sync_speeds: Vec<Node>,
    pub(super) places: Arc<Places>,
    programs: Programs,
}

/// Where the nodes are asked, and how often each has died.
pub(super) struct Places {
    /// `http://ip:port/eureka/`.
    pub(super) registry: String,
    pub(super) registry_deaths: AtomicU32,
    /// Admin origins.
    pub(super) gateways: Vec<(String, AtomicU32)>,
    /// Where gateways serve.
    pub(super) data: Vec<String>,
    pub(super) sync_speeds: Vec<String>,
    /// Which of them stand still: nobody need wait for their answers.
    still: Vec<AtomicBool>,
}

impl Places {
    /// Those that answer, unless they are dead.
    pub(super) fn awake(&self) -> impl Iterator<Item = &String> {
        let awake = |(_, still): &(&String, &AtomicBool)| !still.load(Ordering::SeqCst);
        self.sync_speeds.iter().zip(&self.still).filter(awake).map(|(origin, _)| origin)
    }

    pub(super) fn registry_deaths(&self) -> u32 {
        self.registry_deaths.load(Ordering::SeqCst)
    }
}

/// A node's loopback address: 127.9.third.last.
pub(super) fn ip(third: u8, last: usize) -> Result<IpAddr, Failure> {
    let last = u8::try_from(last).map_err(|_| Failure::new(format!("{last} nodes of one kind are too many")))?;
    Ok(IpAddr::V4(Ipv4Addr::new(127, 9, third, last)))
}

impl Cluster {
    /// Nothing runs yet.
    pub(super) fn new(settings: &Settings, data: &Path, database: Option<&Database>) -> Result<Self, Failure> {
        let registry_node = Node::new(NodeKind::Registry, "registry".to_owned(), ip(NODES, 1)?, data.join("registry"))?;
        let mut registry = registry_node;
        registry.set("eureka.server.response-cache-update-interval-ms", 500);
        let service_url = format!("{}/eureka/", registry.origin());
        let mut sync_speeds = Vec::new();
        for number in 1..=settings.sync_speeds() {
            let name = format!("sync-speed-{number}");
            let folder = data.join(&name);
            let mut node = Node::new(NodeKind::SyncSpeed, name, ip(NODES, 10 + number)?, folder)?;
            node.registry = Some(service_url.clone());
            for (key, value) in database.map(Database::properties).into_iter().flatten() {
                node.set(&key, value);
            }
            sync_speeds.push(node);
        }
        let sync_speed_urls: Vec<String> = sync_speeds.iter().map(Node::origin).collect();
        let mut gateways = Vec::new();
        for number in 1..=settings.gateways {
            let name = format!("gateway-{number}");
            let folder = data.join(&name);
            let mut node = Node::new(NodeKind::Gateway, name, ip(NODES, 20 + number)?, folder)?;
            node.registry = Some(service_url.clone());
            node.set("eurus.gateway.sync-speed.url", sync_speed_urls.join(","));
            gateways.push(node);
        }
        for node in gateways.iter_mut().chain(&mut sync_speeds) {
            OFTEN.iter().for_each(|(key, value)| node.set(key, value));
        }
        for node in gateways.iter_mut().chain(&mut sync_speeds).chain([&mut registry]) {
            if let Some(logs) = &settings.logs {
                node.set("logging.file.name", logs.join(format!("{}.log", node.name)).display());
            }
        }
        let places = Places {
            registry: service_url,
            registry_deaths: AtomicU32::new(0),
            gateways: gateways.iter().map(|node| (node.origin(), AtomicU32::new(0))).collect(),
            data: gateways.iter().map(|node| format!("http://{}", node.at)).collect(),
            still: sync_speed_urls.iter().map(|_| AtomicBool::new(false)).collect(),
            sync_speeds: sync_speed_urls,
        };
        let programs = settings.programs.clone();
        Ok(Self { registry, gateways, sync_speeds, places: Arc::new(places), programs })
    }

    /// Starts whoever does not run.
    pub(super) fn start_all(&mut self) -> Result<(), Failure> {
        let programs = self.programs.clone();
        self.nodes().filter(|node| !node.is_up()).try_for_each(|node| node.start(&programs))
    }

    /// Returns when every node that runs, and does not stand still, is healthy.
    pub(super) async fn until_healthy(&mut self, http: &reqwest::Client, clock: &Clock) -> Result<(), Failure> {
        for node in self.nodes() {
            if node.is_up() && !node.stands_still() {
                node.until_healthy(http, clock).await?;
            }
        }
        Ok(())
    }

    fn nodes(&mut self) -> impl Iterator<Item = &mut Node> {
        [&mut self.registry].into_iter().chain(&mut self.sync_speeds).chain(&mut self.gateways)
    }

    pub(super) fn kill(&mut self, kind: NodeKind, place: usize) -> Result<(), Failure> {
        // Counted first: who sees the same number before and after a look has looked at one life.
        match kind {
            NodeKind::Registry => {
                self.places.registry_deaths.fetch_add(1, Ordering::SeqCst);
                self.registry.kill()
            }
            NodeKind::Gateway => {
                self.places.gateways[place].1.fetch_add(1, Ordering::SeqCst);
                self.gateways[place].kill()
            }
            NodeKind::SyncSpeed => self.sync_speeds[place].kill(),
        }
    }

    pub(super) fn start(&mut self, kind: NodeKind, place: usize) -> Result<(), Failure> {
        let programs = self.programs.clone();
        let node = match kind {
            NodeKind::Registry => &mut self.registry,
            NodeKind::Gateway => &mut self.gateways[place],
            NodeKind::SyncSpeed => &mut self.sync_speeds[place],
        };
        if node.is_up() { Ok(()) } else { node.start(&programs) }
    }

    /// A sync-speed.
    pub(super) fn stand_still(&mut self, place: usize, stands_still: bool) -> Result<(), Failure> {
        self.places.still[place].store(stands_still, Ordering::SeqCst);
        self.sync_speeds[place].stand_still(stands_still)
    }
}
