use eurus_model::Port;

use super::*;

fn plain_address(instance: &InstanceInfo, own: &OwnAddresses) -> Result<SocketAddr, NoAddress> {
    destinations_of(instance, own, &InstancesConfig::default()).map(|found| {
        assert_eq!(found, Destinations::from(found.main.address));
        found.main.address
    })
}

#[test]
fn addresses() {
    let table = [
        ("127.0.0.2", 8080, true, Ok("127.0.0.2:8080")),
        ("::1", 80, true, Ok("[::1]:80")),
        ("localhost", 80, true, Err(NoAddress::NotAnIp("localhost".to_owned()))),
        ("127.0.0.2", 0, true, Err(NoAddress::BadPort(0))),
        ("127.0.0.2", 65_536, true, Err(NoAddress::BadPort(65_536))),
        ("127.0.0.2", 8080, false, Err(NoAddress::PlainPortDisabled)),
        ("0.0.0.0", 80, true, Err(NoAddress::Unspecified)),
        ("::", 80, true, Err(NoAddress::Unspecified)),
        ("169.254.169.254", 80, true, Err(NoAddress::LinkLocal("169.254.169.254".parse().unwrap()))),
        ("::ffff:169.254.169.254", 80, true, Err(NoAddress::LinkLocal("::ffff:169.254.169.254".parse().unwrap()))),
        ("fe80::1", 80, true, Err(NoAddress::LinkLocal("fe80::1".parse().unwrap()))),
        ("127.0.0.1", 8081, true, Err(NoAddress::Ourselves("127.0.0.1:8081".parse().unwrap()))),
    ];
    let own = OwnAddresses::new(vec!["127.0.0.1:8081".parse().unwrap()], None);
    for (ip, number, enabled, expected) in table {
        let mut instance = InstanceInfo::new("a", "1", "h", ip);
        instance.port = Port { number, enabled };
        let expected = expected.map(|address| address.parse::<SocketAddr>().unwrap());
        assert_eq!(plain_address(&instance, &own), expected);
    }
}

#[test]
fn parts_of_eurus_are_not_called() {
    let mut instance = InstanceInfo::new("EURUS-SYNC-SPEED", "1", "h", "127.0.0.1");
    assert!(plain_address(&instance, &OwnAddresses::default()).is_ok());
    instance.metadata.push((InstanceInfo::INTERNAL.to_owned(), "true".to_owned()));
    assert_eq!(plain_address(&instance, &OwnAddresses::default()), Err(NoAddress::Internal));
}

/// Its registration, its configuration, and what is called: address, protocol, name; and for gRPC.
#[test]
fn what_is_spoken_where() {
    type Pairs = &'static [(&'static str, &'static str)];
    let table: [(bool, bool, Pairs, Pairs, &str); 17] = [
        (true, false, &[], &[], "10.0.0.1:80 Http1"),
        (true, true, &[], &[], "10.0.0.1:443 Negotiated TLS of orders.example"),
        (false, true, &[], &[], "10.0.0.1:443 Negotiated TLS of orders.example"),
        (false, false, &[], &[], "its plain port is disabled"),
        (true, true, &[("eurus.gateway.instances.secure", "never")], &[], "10.0.0.1:80 Http1"),
        (true, false, &[("eurus.gateway.instances.secure", "always")], &[], "its secure port is disabled"),
        (true, true, &[("eurus.gateway.instances.secure-of.app", "never")], &[], "10.0.0.1:80 Http1"),
        (true, true, &[("eurus.gateway.instances.secure-of.other", "never")], &[], "10.0.0.1:443 Negotiated TLS"),
        (true, false, &[], &[("eurus.protocol", "http2")], "10.0.0.1:80 Http2"),
        (true, true, &[], &[("eurus.protocol", "http1")], "10.0.0.1:443 Http1 TLS"),
        (true, false, &[], &[("eurus.protocol", "spdy")], "http1 and http2 are allowed"),
        (true, false, &[("eurus.gateway.instances.protocol", "http2")], &[], "10.0.0.1:80 Http2"),
        (
            true,
            false,
            &[("eurus.gateway.instances.protocol-of.App", "http1")],
            &[("eurus.protocol", "http2")],
            "10.0.0.1:80 Http1",
        ),
        (
            false,
            true,
            &[("eurus.gateway.instances.tls.server-name-of.app", "10.9.9.9")],
            &[],
            "10.0.0.1:443 Negotiated TLS of 10.9.9.9",
        ),
        (true, false, &[], &[("gRPC_port", "9090")], "10.0.0.1:80 Http1; gRPC: 10.0.0.1:9090 Http2"),
        (true, true, &[], &[("grpc.port", "443")], "; gRPC: 10.0.0.1:443 Http2 TLS of orders.example"),
        (true, true, &[], &[("grpc.port", "x")], "names 'x' as the port of gRPC"),
    ];
    for (plain, secure, properties, metadata, expected) in table {
        let mut instance = InstanceInfo::new("APP", "1", "orders.example", "10.0.0.1");
        instance.port = Port { number: 80, enabled: plain };
        instance.secure_port = Port { number: 443, enabled: secure };
        instance.metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let config = InstancesConfig::from_flags(properties);
        let found = match destinations_of(&instance, &OwnAddresses::default(), &config) {
            Ok(Destinations { main, grpc: None }) => shown(&main),
            Ok(Destinations { main, grpc: Some(grpc) }) => format!("{}; gRPC: {}", shown(&main), shown(&grpc)),
            Err(why) => why.to_string(),
        };
        assert!(found.contains(expected), "{properties:?} {metadata:?}: {found}, not {expected}");
        assert!(secure || properties.is_empty() || !found.contains("TLS of"), "{found}");
    }
}

fn shown(destination: &Destination) -> String {
    let Destination { address, spoken, server_name, authority } = destination;
    let name = server_name.as_ref().map(|name| format!(" TLS of {}", name.to_str())).unwrap_or_default();
    let is_named = name.contains("example");
    assert_eq!(authority.starts_with(b"orders.example:443"), is_named, "{authority:?}");
    format!("{address} {spoken:?}{name}")
}
