//! Gateways that announced themselves, beside those that the registry's copy shows.

use std::net::SocketAddr;

use eurus_model::Applications;
use ipnetwork::IpNetwork;

use super::{Node, find, of_group};
use crate::access;

/// A gateway by its own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its instance id.
    pub id: String,
    /// Its group, upper case.
    pub group: String,
    /// Its admin API.
    pub admin: SocketAddr,
}

/// Every node of a group: those of the copy, and announced ones that it does not show, or shows without an address that
/// may be called.
pub fn known_of_group(copy: &Applications, announced: &[Announced], group: &str, networks: &[IpNetwork]) -> Vec<Node> {
    let mut nodes = of_group(copy, group, networks);
    for one in announced.iter().filter(|one| one.group.eq_ignore_ascii_case(group)) {
        let node = Node { id: one.id.clone(), group: one.group.clone(), admin: admin_address(one, networks) };
        match nodes.iter_mut().find(|known| known.id == node.id) {
            Some(known) if known.admin.is_err() && node.admin.is_ok() => *known = node,
            Some(_) => {}
            None => nodes.push(node),
        }
    }
    nodes
}

/// Whether a node is still known, and with which admin address.
pub fn find_known(
    copy: &Applications,
    announced: &[Announced],
    (group, id): (&str, &str),
    networks: &[IpNetwork],
) -> Option<Result<SocketAddr, String>> {
    let own_word = || announced.iter().find(|one| one.id == id && one.group.eq_ignore_ascii_case(group));
    match find(copy, group, id, networks) {
        Some(Ok(address)) => Some(Ok(address)),
        shown => own_word().map(|one| admin_address(one, networks)).or(shown),
    }
}

fn admin_address(announced: &Announced, networks: &[IpNetwork]) -> Result<SocketAddr, String> {
    let address = announced.admin;
    if access::is_inside(networks, address.ip()) {
        return Ok(address);
    }
    Err(format!("the admin address {address} that it announced is not in eurus.sync-speed.gateway-networks"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use eurus_model::InstanceInfo;

    use super::*;

    #[test]
    fn the_copy_counts_where_it_shows_an_address() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let mut copy = Applications::default();
        let mut shown = InstanceInfo::new("GW", "shown", "h", "127.0.0.1");
        shown.metadata = vec![("management.port".to_owned(), "1".to_owned())];
        copy.insert(Arc::new(shown));
        copy.insert(Arc::new(InstanceInfo::new("GW", "bare", "h", "127.0.0.1")));
        let announced = ["shown", "bare", "new", "far", "other"].map(|id| Announced {
            id: id.to_owned(),
            group: if id == "other" { "OTHER" } else { "GW" }.to_owned(),
            admin: address(if id == "far" { "10.0.0.1:9" } else { "127.0.0.1:9" }),
        });
        let networks = access::loopback();
        let nodes = known_of_group(&copy, &announced, "gw", &networks);
        let mut nodes: Vec<_> =
            nodes.iter().map(|node| (node.id.as_str(), node.admin.as_ref().ok().copied())).collect();
        nodes.sort_unstable();
        let (old, new) = (Some(address("127.0.0.1:1")), Some(address("127.0.0.1:9")));
        assert_eq!(nodes, [("bare", new), ("far", None), ("new", new), ("shown", old)]);
        for (id, expected) in
            [("shown", Some(old)), ("bare", Some(new)), ("new", Some(new)), ("far", Some(None)), ("gone", None)]
        {
            let found = find_known(&copy, &announced, ("GW", id), &networks);
            assert_eq!(found.map(Result::ok), expected, "{id}");
        }
    }
}
