//! The other registries that a user's configuration names, found as Netflix's servers find them.

mod url;

use eurus_service::properties::{ConfigError, Properties, without_credentials};

pub(crate) use url::PeerUrl;

const SERVICE_URL: &str = "eureka.client.service-url";
const ZONES: &str = "eureka.client.availability-zones";
const REGION: &str = "eureka.client.region";
const DEFAULT_REGION: &str = "us-east-1";
const DEFAULT_ZONE: &str = "defaultzone";
const PREFER_SAME_ZONE: &str = "eureka.client.prefer-same-zone-eureka";
const METADATA: &str = "eureka.instance.metadata-map";
const HOST_NAME: &str = "eureka.instance.hostname";
const PREFER_IP: &str = "eureka.instance.prefer-ip-address";
const IP_ADDRESS: &str = "eureka.instance.ip-address";
const MY_URL: &str = "eureka.server.my-url";
const URLS_ALLOWED: &str = "comma-separated URLs such as http://peer1:8761/eureka/";
/// Registries that may be named.
const PEERS_MAX: usize = 100;

/// All registries that are named, this one included, and how it is told from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerSettings {
    named: Vec<PeerUrl>,
    own_host: Option<String>,
    own_url: Option<PeerUrl>,
    /// Zones of `service-url` that no availability zone names.
    unused_zones: Vec<String>,
}

impl PeerSettings {
    /// As the properties name them: the zones of the region in their order, each zone's URLs in theirs.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no URL.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let urls_by_zone = properties.map(SERVICE_URL);
        let zones = ordered_zones(properties)?;
        let entry = |zone: &str| urls_by_zone.iter().find(|(name, _)| is_same_zone(name, zone));
        let mut named: Vec<PeerUrl> = Vec::new();
        for zone in &zones {
            // A zone without URLs of its own has those of defaultZone.
            let Some((name, list)) = entry(zone).or_else(|| entry(DEFAULT_ZONE)) else { continue };
            for url in list.split(',').map(str::trim).filter(|url| !url.is_empty()) {
                let key = format!("{SERVICE_URL}.{name}");
                let peer = PeerUrl::parse(url).ok_or_else(|| properties.invalid_part(&key, url, URLS_ALLOWED))?;
                if !named.contains(&peer) {
                    named.push(peer);
                }
            }
        }
        if named.len() > PEERS_MAX {
            return Err(ConfigError::other(format!("{SERVICE_URL}: {} registries, at most {PEERS_MAX}", named.len())));
        }
        let own_url = properties.string(MY_URL).map(|url| {
            PeerUrl::parse(&url).ok_or_else(|| properties.invalid(MY_URL, "a URL such as http://peer1:8761/eureka/"))
        });
        let own_host = if properties.bool(PREFER_IP, false)? { IP_ADDRESS } else { HOST_NAME };
        let is_unused =
            |name: &String| !is_same_zone(name, DEFAULT_ZONE) && !zones.iter().any(|zone| is_same_zone(name, zone));
        Ok(Self {
            named,
            own_host: properties.string(own_host).map(|host| host.to_ascii_lowercase()),
            own_url: own_url.transpose()?,
            unused_zones: urls_by_zone.into_keys().filter(is_unused).collect(),
        })
    }

    /// The others: what is not this registry itself, which listens on this port.
    pub(crate) fn others(&self, own_port: u16) -> Peers {
        let mut peers = Peers { unused_zones: self.unused_zones.clone(), ..Peers::default() };
        for url in &self.named {
            if !self.is_own(url, own_port) {
                peers.urls.push(url.to_string());
            } else if self.own_url.is_none() && ![0, own_port].contains(&url.port()) {
                peers.own_elsewhere.push(url.to_string());
            }
        }
        peers
    }

    /// The first host that other machines would call: the own name, else one of a URL.
    pub(crate) fn host_elsewhere<'a>(&'a self, own_host: Option<&'a str>) -> Option<&'a str> {
        let mut hosts = own_host.into_iter().chain(self.named.iter().map(PeerUrl::host));
        hosts.find(|host| !url::is_loopback(host))
    }

    /// By its whole URL when that is set, or by the host name alone, as Netflix does; and the loopback address on the
    /// own port.
    fn is_own(&self, url: &PeerUrl, own_port: u16) -> bool {
        match &self.own_url {
            Some(own) => own == url,
            // Port 0 is "any that is free", as in `http://localhost:${server.port}/eureka/`: nobody else's.
            None if url.port() == 0 => true,
            None => self.own_host.as_deref() == Some(url.host()) || (url.is_loopback() && url.port() == own_port),
        }
    }
}

/// The other registries, without credentials: for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peers {
    pub(crate) urls: Vec<String>,
    /// On another port, and yet taken for this registry.
    own_elsewhere: Vec<String>,
    unused_zones: Vec<String>,
}

impl Peers {
    /// Says what must not go unnoticed: two registries that both take registrations and do not know each other are a
    /// split that nobody sees.
    pub(crate) fn announce(&self) {
        if !self.urls.is_empty() {
            log::warn!(
                "{SERVICE_URL} names other registries ({}): this version does not replicate to peers yet, and what \
                 registers here is not seen there. Until then all clients must use one and the same registry: name that \
                 one alone in their service-url, as a client registers only at the first that answers",
                self.urls.join(", ")
            );
        }
        if !self.own_elsewhere.is_empty() {
            log::warn!(
                "{} has the host of {HOST_NAME} and is taken for this registry itself, as a Java server does; if it is \
                 another one, set {MY_URL} to this registry's URL",
                self.own_elsewhere.join(", ")
            );
        }
        if !self.unused_zones.is_empty() {
            log::warn!(
                "{SERVICE_URL} has URLs for {}, which {ZONES} does not name: they are not used",
                self.unused_zones.join(", ")
            );
        }
    }
}

/// Variables cannot keep the capital in `defaultZone`, and many write `default-zone`.
fn is_same_zone(name: &str, zone: &str) -> bool {
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    name == zone || plain(name) == plain(zone)
}

/// The zones of the region, beginning with the own one, then in a circle.
fn ordered_zones(properties: &Properties) -> Result<Vec<String>, ConfigError> {
    let region = properties.string(REGION).unwrap_or_else(|| DEFAULT_REGION.to_owned());
    let by_region = properties.map(ZONES);
    let listed = by_region.iter().find(|(name, _)| is_same_zone(name, &region)).map_or("", |(_, zones)| zones);
    let mut zones: Vec<String> =
        listed.split(',').map(str::trim).filter(|zone| !zone.is_empty()).map(str::to_owned).collect();
    if zones.is_empty() {
        zones.push(DEFAULT_ZONE.to_owned());
    }
    let prefer_same = properties.bool(PREFER_SAME_ZONE, true)?;
    let own_zone = properties.map(METADATA).remove("zone");
    let first =
        own_zone.and_then(|own| zones.iter().position(|zone| zone.eq_ignore_ascii_case(own.trim()) == prefer_same));
    zones.rotate_left(first.unwrap_or(0));
    Ok(zones)
}

impl std::fmt::Display for PeerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&without_credentials(self.as_str()))
    }
}

#[cfg(test)]
mod tests;
