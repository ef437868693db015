//! Names that Eureka's users already have in their files: the properties of Spring's `EurekaServerConfigBean`,
//! `EurekaClientConfigBean` and `EurekaInstanceConfigBean`, and a few of Spring Boot's own.

use super::{Key, List, Map, Meaning, of_replication, used};

pub(super) const KEYS: &[Key] = &[
    used(
        "ribbon.NFLoadBalancerRuleClassName",
        "as eurus.gateway.balancing.rule, which goes before it: com.netflix.loadbalancer.RoundRobinRule, or \
         com.netflix.loadbalancer.BestAvailableRule for least-connections",
    ),
    used(
        "spring.cloud.gateway.discovery.locator.enabled",
        "whether the gateway also has a route /SERVICE-ID/** to each service; default true, unlike Spring's",
    ),
    used("server.port", "port of the process; in `eurus` the registry's; default that of the service"),
    used("server.address", "address the main port binds to; default 127.0.0.1"),
    used("server.servlet.context-path", "path before every path of the registry, such as /registry; default none"),
    used("server.shutdown", "graceful: requests under way are finished first; immediate; default graceful"),
    used("spring.lifecycle.timeout-per-shutdown-phase", "how long they may take, such as 30s; default 10s"),
    used(
        "management.server.port",
        "port of its own for the registry's health and metrics; -1: nowhere; default the main port",
    ),
    used("management.server.address", "address that port binds to; default server.address"),
    used("management.server.base-path", "path before every path on that port; default none"),
    used("management.server.ssl.enabled", "false: plain HTTP there although the main port speaks TLS; default true"),
    used("management.endpoints.web.base-path", "path before the registry's health and prometheus; default /actuator"),
    used("spring.application.name", "name that placeholders may refer to; default none"),
    used("spring.application.json", "more properties as JSON; as a rule the variable SPRING_APPLICATION_JSON"),
    used("spring.config.name", "name of configuration files without their ending; default application"),
    used("spring.config.location", "files and folders/ to read instead of the standard ones; flag or variable only"),
    used("spring.config.additional-location", "files and folders/ to read above those; flag or variable only"),
    used("spring.config.import", "files that a file draws in; optional: ones that are not files are ignored"),
    used("spring.config.activate.on-profile", "profiles for which a document counts; default all"),
    used("spring.config.activate.on-cloud-platform", "kubernetes: the document counts there only"),
    used("spring.profiles", "older name of spring.config.activate.on-profile"),
    used("spring.profiles.active", "profiles whose documents and application-<profile> files count; default none"),
    used("spring.profiles.include", "profiles that are active besides; default none"),
    used("spring.profiles.default", "profiles that are active when no other is; default `default`"),
    used("spring.security.user.name", "user of the registry's Basic authentication; default user"),
    used(
        "spring.security.user.password",
        "its password, {noop}plain or {bcrypt}hash; once set, all but the health check needs it; default none: open",
    ),
    used(
        "server.ssl.enabled",
        "serve the registry, or the one service of a process, over TLS; default true once a certificate or key store is set",
    ),
    used("server.ssl.certificate", "certificate and those that vouch for it, PEM: a file, file:… or the text itself"),
    used("server.ssl.certificate-private-key", "its private key, PEM"),
    used("server.ssl.trust-certificate", "who vouches for clients, PEM; with client-auth"),
    used("server.ssl.client-auth", "whether clients show a certificate: none, want or need; default none"),
    used("server.ssl.key-store", "certificate and key in a PKCS12 file; classpath: is beside the configuration file"),
    used("server.ssl.key-store-password", "its password"),
    used("server.ssl.key-store-type", "PKCS12; convert JKS with keytool -importkeystore"),
    used("server.ssl.key-alias", "which key of the store; default the first"),
    used("server.ssl.key-password", "the same as the store's, or nothing"),
    used("server.ssl.trust-store", "who vouches for clients, PKCS12; with client-auth"),
    used("server.ssl.trust-store-password", "its password"),
    used("server.ssl.trust-store-type", "PKCS12"),
    used("server.ssl.enabled-protocols", "TLSv1.2, TLSv1.3; default both"),
    refused("server.ssl.bundle", NO_BUNDLE),
    refused("server.ssl.server-name-bundles", NO_BUNDLE),
    refused("server.ssl.ciphers", "all suites that are offered are strong ones; server.ssl.enabled-protocols chooses"),
    refused("server.ssl.key-store-provider", "there are no security providers here: a PKCS12 file needs none"),
    refused("server.ssl.trust-store-provider", "there are no security providers here: a PKCS12 file needs none"),
    used("eureka.client.tls.enabled", "honour the stores below for https:// registries; default false"),
    used("eureka.client.tls.trust-store", "who vouches for registries, PKCS12; default the system's authorities"),
    used("eureka.client.tls.trust-store-password", "its password"),
    used("eureka.client.tls.trust-store-type", "PKCS12"),
    used("eureka.client.tls.key-store", "what is shown to registries that ask for a certificate, PKCS12"),
    used("eureka.client.tls.key-store-password", "its password"),
    used("eureka.client.tls.key-store-type", "PKCS12"),
    used("eureka.client.tls.key-password", "the same as the store's, or nothing"),
    used("logging.level.root", "off, error, warn, info, debug or trace; default info"),
    used("logging.file.name", "log file, rolled at 10 MiB, 5 older ones kept; default <data-dir>/logs/eurus.log"),
    used("logging.file.path", "folder of the log file, if logging.file.name is not set; default <data-dir>/logs"),
    used("eureka.dashboard.enabled", "show the registry's pages for people; default true"),
    used("eureka.dashboard.path", "where they are; default /"),
    used(
        "eureka.server.enable-self-preservation",
        "keep leases when too few renewals arrive; false: eurus.registry.self-preservation=off; default true",
    ),
    used(
        "eureka.server.renewal-percent-threshold",
        "share of expected renewals below which nothing is evicted; default 0.85",
    ),
    used(
        "eureka.server.expected-client-renewal-interval-seconds",
        "how often clients are expected to renew; default 30",
    ),
    used("eureka.server.renewal-threshold-update-interval-ms", "how often the threshold is recomputed; default 900000"),
    used("eureka.server.eviction-interval-timer-in-ms", "how often expired leases are evicted; default 60000"),
    used("eureka.server.use-read-only-response-cache", "answer from the read-only cache; default true"),
    used(
        "eureka.server.response-cache-update-interval-ms",
        "how often the read-only cache is refreshed; default 30000, in `eurus` 500",
    ),
    used("eureka.server.response-cache-auto-expiration-in-seconds", "life of a read-write cache entry; default 180"),
    used("eureka.server.retention-time-in-m-s-in-delta-queue", "how long a change stays in the delta; default 180000"),
    used("eureka.server.delta-retention-timer-interval-in-ms", "how often the delta queue is purged; default 30000"),
    used("eureka.server.disable-delta", "answer 403 to delta requests; default false"),
    used(
        "eureka.server.rate-limiter-enabled",
        "answer 503 to fetches over the limits; false: only count them; default false",
    ),
    used("eureka.server.rate-limiter-burst-size", "fetches that may come at once; 0: no limit; default 10"),
    used(
        "eureka.server.rate-limiter-registry-fetch-average-rate",
        "fetches a second, of any kind; 0: no limit; default 500",
    ),
    used("eureka.server.rate-limiter-full-fetch-average-rate", "full fetches a second; 0: no limit; default 100"),
    used(
        "eureka.server.rate-limiter-privileged-clients",
        "clients (DiscoveryIdentity-Name) without limits, besides DefaultClient and DefaultServer; default none",
    ),
    used(
        "eureka.server.rate-limiter-throttle-standard-clients",
        "limit everybody, also standard and privileged clients; default false",
    ),
    used("eureka.environment", "what the registry's pages call the environment; default test"),
    used("eureka.datacenter", "what the registry's pages call the data center; default default"),
    used("eureka.server.my-url", "the registry's own URL among its peers; default: told by its host name"),
    of_replication("eureka.server.registry-sync-retries", "how often a starting registry asks its peers; default 0"),
    of_replication("eureka.server.registry-sync-retry-wait-ms", "pause before it asks again; default 30000"),
    of_replication("eureka.server.wait-time-in-ms-when-sync-empty", "until it serves without a peer; default 300000"),
    of_replication("eureka.server.peer-eureka-nodes-update-interval-ms", "how often peers are looked up"),
    of_replication("eureka.server.peer-eureka-status-refresh-time-interval-ms", "how often their state is shown"),
    of_replication("eureka.server.number-of-replication-retries", "how often a change is sent again"),
    of_replication("eureka.server.peer-node-connect-timeout-ms", "connecting to a peer"),
    of_replication("eureka.server.peer-node-read-timeout-ms", "waiting for a peer's answer"),
    of_replication("eureka.server.peer-node-total-connections", "connections to peers"),
    of_replication("eureka.server.peer-node-total-connections-per-host", "connections to one peer"),
    of_replication("eureka.server.peer-node-connection-idle-timeout-seconds", "how long idle ones are kept"),
    of_replication("eureka.server.max-time-for-replication", "how old a change may be when it is sent"),
    of_replication("eureka.server.max-elements-in-peer-replication-pool", "changes that wait for a peer"),
    of_replication("eureka.server.max-threads-for-peer-replication", "batches under way to a peer"),
    of_replication("eureka.server.min-threads-for-peer-replication", "threads kept for it"),
    of_replication("eureka.server.max-idle-thread-age-in-minutes-for-peer-replication", "how long idle ones are kept"),
    of_replication("eureka.server.max-elements-in-status-replication-pool", "changes of status that wait for a peer"),
    of_replication("eureka.server.max-threads-for-status-replication", "batches of them under way"),
    of_replication("eureka.server.min-threads-for-status-replication", "threads kept for it"),
    of_replication(
        "eureka.server.max-idle-thread-in-minutes-age-for-status-replication",
        "how long idle ones are kept",
    ),
    of_replication("eureka.server.min-available-instances-for-peer-replication", "peers needed to be healthy"),
    of_replication("eureka.server.sync-when-timestamp-differs", "settle differences by asking the peer"),
    of_replication("eureka.server.batch-replication", "send changes in batches"),
    of_replication("eureka.server.enable-replicated-request-compression", "compress them"),
    of_replication("eureka.client.fetch-registry", "take over the peers' instances at start"),
    used("eureka.client.region", "region whose availability zones count; default us-east-1"),
    used(
        "eureka.client.prefer-same-zone-eureka",
        "with eureka.instance.metadata-map.zone: which zone's registries come first; default true",
    ),
    used(
        "eureka.client.register-with-eureka",
        "gateway and sync-speed register at the registry; a registry never registers itself; default true",
    ),
    used(
        "eureka.client.registry-fetch-interval-seconds",
        "how often the registry is fetched; default 30, in `eurus` 1",
    ),
    used("eureka.client.disable-delta", "always fetch the full list; default false"),
    used("eureka.client.eureka-server-connect-timeout-seconds", "connecting to a registry; default 5"),
    used("eureka.client.eureka-server-read-timeout-seconds", "waiting for a registry's answer; default 8"),
    used(
        "eureka.instance.hostname",
        "host name under which this process registers; a peer's URL with it is the registry's own",
    ),
    used("eureka.instance.ip-address", "address under which this process registers; default the listener's"),
    used(
        "eureka.instance.prefer-ip-address",
        "the registry's own URL among its peers has its address, not its host name; default false",
    ),
    used("eureka.instance.instance-id", "id under which this process registers; default made of host, name and port"),
    used("eureka.instance.lease-renewal-interval-in-seconds", "heartbeat interval; default 30"),
    used("eureka.instance.lease-expiration-duration-in-seconds", "lease duration; default 90"),
];

const NO_OTHER_SECURITY: &str = "only a user with a password (spring.security.user.*) and bearer tokens (eurus.registry.access.tokens.*) can be checked";

const NO_OTHER_TLS: &str = "of server.ssl.* only enabled, certificate, certificate-private-key, trust-certificate, key-store, trust-store, their \
     -type and -password, key-alias, key-password, client-auth and enabled-protocols are known";

const NO_BUNDLE: &str = "name the files themselves: server.ssl.key-store, or .certificate and .certificate-private-key";

const fn refused(name: &'static str, why: &'static str) -> Key {
    Key { name, meaning: Meaning::Refused(why) }
}

const ROUTES: Meaning = Meaning::Used(
    "the gateway's routes: [n].id, .uri (lb://SERVICE), .predicates, .filters, .order, .enabled, .metadata; see docs/gateway.md",
);
const DEFAULT_FILTERS: Meaning = Meaning::Used("filters of all routes, each before a route's own at its place");

pub(super) const LISTS: &[List] = &[
    List { name: "spring.cloud.gateway.routes", meaning: ROUTES },
    List { name: "spring.cloud.gateway.default-filters", meaning: DEFAULT_FILTERS },
    List { name: "spring.cloud.gateway.server.webflux.routes", meaning: ROUTES },
    List { name: "spring.cloud.gateway.server.webflux.default-filters", meaning: DEFAULT_FILTERS },
];

pub(super) const MAPS: &[Map] = &[
    Map {
        prefix: "eureka.client.service-url",
        meaning: Meaning::Used(
            "registry URLs by zone, comma-separated, such as `defaultZone`: where gateway and sync-speed register; the registry's peers",
        ),
    },
    Map { prefix: "eureka.instance.metadata-map", meaning: Meaning::Used("metadata this process registers with") },
    Map {
        prefix: "eureka.client.availability-zones",
        meaning: Meaning::Used("by region, comma-separated: the zones of service-url whose registries are peers"),
    },
    Map { prefix: "spring.profiles.group", meaning: Meaning::Used("profiles that are active with the one named last") },
    Map { prefix: "logging.level", meaning: Meaning::Ignored },
    Map { prefix: "eureka.client.timeout", meaning: Meaning::Ignored },
    Map { prefix: "eureka.client.rest-template-timeout", meaning: Meaning::Ignored },
    Map { prefix: "eureka.instance.registry", meaning: Meaning::Ignored },
    Map { prefix: "eureka.client.transport", meaning: Meaning::Ignored },
    Map { prefix: "eureka.server.remote-region-urls-with-name", meaning: Meaning::Ignored },
    Map { prefix: "eureka.server.remote-region-app-whitelist", meaning: Meaning::Ignored },
    Map { prefix: "eureka.instance.data-center-info", meaning: Meaning::Ignored },
    Map { prefix: "eureka.instance.host-info", meaning: Meaning::Ignored },
    Map { prefix: "spring.security.oauth2", meaning: Meaning::Refused(NO_OTHER_SECURITY) },
    Map { prefix: "spring.security.saml2", meaning: Meaning::Refused(NO_OTHER_SECURITY) },
    Map { prefix: "server.ssl", meaning: Meaning::Refused(NO_OTHER_TLS) },
];

macro_rules! ignored {
    ($($name:literal)*) => { &[$(Key { name: $name, meaning: Meaning::Ignored }),*] };
}

/// Known to Spring, without meaning here.
pub(super) fn ignored() -> &'static [Key] {
    ignored![
        "spring.security.user.roles" "spring.security.filter.order" "spring.security.filter.dispatcher-types"
        "eureka.server.a-w-s-access-id" "eureka.server.a-w-s-secret-key" "eureka.server.e-i-p-bind-rebind-retries"
        "eureka.server.e-i-p-binding-retry-interval-ms" "eureka.server.e-i-p-binding-retry-interval-ms-when-unbound"
        "eureka.server.a-s-g-query-timeout-ms"
        "eureka.server.a-s-g-update-interval-ms" "eureka.server.a-s-g-cache-expiry-timeout-ms"
        "eureka.server.prime-aws-replica-connections"
        "eureka.server.disable-delta-for-remote-regions" "eureka.server.remote-region-connect-timeout-ms"
        "eureka.server.remote-region-read-timeout-ms" "eureka.server.remote-region-total-connections"
        "eureka.server.remote-region-total-connections-per-host"
        "eureka.server.remote-region-connection-idle-timeout-seconds"
        "eureka.server.g-zip-content-from-remote-region" "eureka.server.remote-region-urls"
        "eureka.server.remote-region-registry-fetch-interval" "eureka.server.remote-region-fetch-thread-pool-size"
        "eureka.server.remote-region-trust-store" "eureka.server.remote-region-trust-store-password"
        "eureka.server.disable-transparent-fallback-to-other-region"
        "eureka.server.log-identity-headers" "eureka.server.list-auto-scaling-groups-role-name"
        "eureka.server.json-codec-name"
        "eureka.server.xml-codec-name" "eureka.server.route53-bind-rebind-retries"
        "eureka.server.route53-binding-retry-interval-ms" "eureka.server.route53-domain-t-t-l"
        "eureka.server.binding-strategy"
        "eureka.server.initial-capacity-of-response-cache" "eureka.server.use-aws-asg-api"
        "eureka.server.default-open-for-traffic-count" "eureka.server.metrics.enabled"
        "eureka.server.expected-number-of-renews-per-min" "eureka.client.jersey.enabled"
        "eureka.client.enabled" "eureka.client.instance-info-replication-interval-seconds"
        "eureka.client.initial-instance-info-replication-interval-seconds"
        "eureka.client.eureka-service-url-poll-interval-seconds" "eureka.client.proxy-port" "eureka.client.proxy-host"
        "eureka.client.proxy-user-name" "eureka.client.proxy-password" "eureka.client.backup-registry-impl"
        "eureka.client.eureka-server-total-connections" "eureka.client.eureka-server-total-connections-per-host"
        "eureka.client.eureka-server-u-r-l-context" "eureka.client.eureka-server-port"
        "eureka.client.eureka-server-d-n-s-name"
        "eureka.client.eureka-connection-idle-timeout-seconds" "eureka.client.registry-refresh-single-vip-address"
        "eureka.client.heartbeat-executor-thread-pool-size"
        "eureka.client.heartbeat-executor-exponential-back-off-bound"
        "eureka.client.cache-refresh-executor-thread-pool-size"
        "eureka.client.cache-refresh-executor-exponential-back-off-bound" "eureka.client.g-zip-content"
        "eureka.client.use-dns-for-fetching-service-urls"
        "eureka.client.log-delta-diff" "eureka.client.fetch-remote-regions-registry"
        "eureka.client.filter-only-up-instances" "eureka.client.dollar-replacement"
        "eureka.client.escape-char-replacement" "eureka.client.allow-redirects"
        "eureka.client.on-demand-update-status-change" "eureka.client.encoder-name" "eureka.client.decoder-name"
        "eureka.client.should-unregister-on-shutdown" "eureka.client.should-enforce-registration-at-init"
        "eureka.client.order" "eureka.client.client-data-accept" "eureka.client.healthcheck.enabled"
        "eureka.client.refresh.enable" "eureka.client.webclient.enabled" "eureka.client.restclient.enabled"
        "server.ssl.protocol" "eureka.client.use-secure-port-filter"
        "eureka.instance.actuator-prefix" "eureka.instance.appname" "eureka.instance.app-group-name"
        "eureka.instance.instance-enabled-onit" "eureka.instance.non-secure-port" "eureka.instance.secure-port"
        "eureka.instance.non-secure-port-enabled" "eureka.instance.secure-port-enabled"
        "eureka.instance.virtual-host-name" "eureka.instance.secure-virtual-host-name" "eureka.instance.a-s-g-name"
        "eureka.instance.status-page-url-path" "eureka.instance.status-page-url" "eureka.instance.home-page-url-path"
        "eureka.instance.home-page-url" "eureka.instance.health-check-url-path" "eureka.instance.health-check-url"
        "eureka.instance.secure-health-check-url" "eureka.instance.namespace"
        "eureka.instance.async-client-initialization" "eureka.instance.initial-status"
        "eureka.instance.default-address-resolution-order" "eureka.instance.environment"
    ]
}
