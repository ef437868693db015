//! Our own names: what all services share, the registry, and those that a user makes up.

use super::{Key, Map, Meaning, OfService, used};

pub(super) const KEYS: &[Key] = &[
    used("eurus.data-dir", "folder of databases and logs; default ./data; also --data-dir"),
    used(
        "eurus.client.keep-last-on-empty-ms",
        "how long the last list stays in use when a registry suddenly shows no service; 0: not at all; default 300000",
    ),
    used(
        "eurus.client.tls.trust-certificate",
        "who vouches for https:// registries, PEM; default the system's authorities",
    ),
    used("eurus.client.tls.certificate", "what is shown to registries that ask for a certificate, PEM"),
    used("eurus.client.tls.certificate-private-key", "its private key, PEM"),
    used("eurus.registry.workers", "worker threads of the registry; default 2"),
    used("eurus.registry.instances-max", "leases at a time; further registrations are answered 503; default 200000"),
    used(
        "eurus.registry.access.anonymous",
        "what a request without credentials may do once a user or token is known: none or read; default none",
    ),
    used(
        "eurus.registry.self-preservation",
        "netflix: all leases stay while too few renewals arrive; per-app: an application that loses most of its leases \
         keeps them for a bounded time; off; default netflix",
    ),
    used(
        "eurus.registry.self-preservation-max-ms",
        "per-app: how long after its end a lease is kept at most; default 900000",
    ),
    used(
        "eurus.registry.lease-duration",
        "netflix: a renewed lease lives twice its duration; exact: its duration; default netflix",
    ),
    used(
        "eurus.registry.bytes-max",
        "bytes of all registrations; further ones are answered 503; memory for lists comes on top; default 2147483648",
    ),
    used("eurus.registry.instance-bytes-max", "bytes of one registration; larger is answered 413; default 16777216"),
    used(
        "eurus.registry.metadata-entries-max",
        "entries in one registration's metadata; more is answered 413; default 10000",
    ),
];

/// Ribbon's, for who comes from Zuul.
pub(super) const OF_SERVICES: &[OfService] = &[OfService {
    suffix: "ribbon.NFLoadBalancerRuleClassName",
    meaning: Meaning::Used(
        "as eurus.gateway.balancing.rule-of.<service>, which goes before it: com.netflix.loadbalancer.RoundRobinRule, or \
         com.netflix.loadbalancer.BestAvailableRule for least-connections",
    ),
}];

pub(super) const MAPS: &[Map] = &[
    Map {
        prefix: "eurus.gateway.balancing.rule-of",
        meaning: Meaning::Used("<service>: as eurus.gateway.balancing.rule, for this service"),
    },
    Map {
        prefix: "eurus.gateway.instances.protocol-of",
        meaning: Meaning::Used("<service>: as eurus.gateway.instances.protocol, before what its instances say"),
    },
    Map {
        prefix: "eurus.gateway.instances.secure-of",
        meaning: Meaning::Used("<service>: as eurus.gateway.instances.secure"),
    },
    Map {
        prefix: "eurus.gateway.instances.tls.server-name-of",
        meaning: Meaning::Used("<service>: as eurus.gateway.instances.tls.server-name"),
    },
    Map {
        prefix: "eurus.registry.access.tokens",
        meaning: Meaning::Used(
            "<name>.token or <name>.token-file (16 to 1024 visible ASCII characters), and <name>.roles: some of read, \
             register, operate, replicate",
        ),
    },
    Map {
        prefix: "eurus.gateway.ssl.certificates",
        meaning: Meaning::Used(
            "further certificates, shown to callers that ask for a host they name (SNI): <name>.certificate and \
             .certificate-private-key (PEM), or .key-store, .key-store-password, .key-alias (PKCS12)",
        ),
    },
    Map {
        prefix: "eurus.sync-speed.callers",
        meaning: Meaning::Used(
            "<name>.token (16 to 1024 visible ASCII characters), or .certificate-names (CN=…, DNS:…, URI:…, IP:…, EMAIL:…, \
             with ssl.client-auth); <name>.apps (* or names); and optionally .networks (segments), .rate-per-minute (1 to \
             60000), .expires (2030-12-31T23:59:59Z), .rights (some of offline, gateway-groups, audit; default offline)",
        ),
    },
];
