//! Peers that a user's file names: this version does not replicate, which must not go unnoticed.

use eurus_service::Properties;

const MAP: &str = "eureka.client.service-url";

/// Logs the peers that are configured and will not be told anything: two registries that both take registrations and
/// do not know each other are a split that nobody sees.
pub fn warn_of_peers(properties: &Properties, own_port: u16) {
    let peers = peers(properties.map(MAP).into_values(), own_port);
    if !peers.is_empty() {
        log::warn!(
            "{MAP} names other registries ({}): this version does not replicate to peers and ignores them; let all \
             clients use one registry",
            peers.join(", ")
        );
    }
}

/// What is not this registry itself: a URL on the own port of this machine is.
fn peers(urls: impl Iterator<Item = String>, own_port: u16) -> Vec<String> {
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{own_port}"));
    urls.flat_map(|list| list.split(',').map(|url| url.trim().to_owned()).collect::<Vec<_>>())
        .filter(|url| !url.is_empty())
        .map(|url| {
            // Credentials do not belong in a log.
            let after_scheme = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            let authority = after_scheme.split('/').next().unwrap_or_default();
            authority.rsplit('@').next().unwrap_or_default().to_owned()
        })
        .filter(|authority| !own.contains(authority))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_peers_and_credentials_stay_out() {
        let found = |urls: &str| peers([urls.to_owned()].into_iter(), 8761);
        assert!(found("http://localhost:8761/eureka/,http://127.0.0.1:8761/eureka").is_empty());
        assert_eq!(
            found("http://me:secret@peer2:8761/eureka/, http://localhost:8762/eureka/"),
            ["peer2:8761", "localhost:8762"]
        );
    }
}
