//! Our own names: the gateway.

use super::{Key, used};

pub(super) const KEYS: &[Key] = &[
    used("eurus.gateway.port", "port of the gateway; default 8080"),
    used("eurus.gateway.address", "address the gateway binds to; default 127.0.0.1"),
    used("eurus.gateway.admin.port", "port of the gateway's admin API; default 8081"),
    used("eurus.gateway.admin.address", "address the admin API binds to; default 127.0.0.1"),
    used("eurus.gateway.group", "group of the gateway: its application name in the registry; default EURUS-GATEWAY"),
    used("eurus.gateway.ssl.enabled", "serve callers over TLS; default true once a certificate or key store is set"),
    used(
        "eurus.gateway.ssl.port",
        "port for TLS, beside eurus.gateway.port for plain HTTP; default none: eurus.gateway.port itself speaks TLS",
    ),
    used(
        "eurus.gateway.ssl.certificate",
        "certificate and those that vouch for it, PEM: a file, file:… or the text itself; in a process of its own also server.ssl.*",
    ),
    used("eurus.gateway.ssl.certificate-private-key", "its private key, PEM"),
    used("eurus.gateway.ssl.trust-certificate", "who vouches for callers' certificates, PEM; with client-auth"),
    used("eurus.gateway.ssl.client-auth", "whether callers show a certificate: none, want or need; default none"),
    used("eurus.gateway.ssl.key-store", "certificate and key in a PKCS12 file"),
    used("eurus.gateway.ssl.key-store-password", "its password"),
    used("eurus.gateway.ssl.key-store-type", "PKCS12"),
    used("eurus.gateway.ssl.key-alias", "which key of the store; default the first"),
    used("eurus.gateway.ssl.key-password", "the same as the store's, or nothing"),
    used("eurus.gateway.ssl.trust-store", "who vouches for callers' certificates, PKCS12; with client-auth"),
    used("eurus.gateway.ssl.trust-store-password", "its password"),
    used("eurus.gateway.ssl.trust-store-type", "PKCS12"),
    used("eurus.gateway.ssl.enabled-protocols", "TLSv1.2, TLSv1.3; default both"),
    used(
        "eurus.gateway.ssl.handshake-timeout-ms",
        "how long a caller may take from connecting to the end of the handshake; closed then; default 10000",
    ),
    used("eurus.gateway.ssl.handshakes-max", "handshakes under way on each thread; further ones wait; default 1000"),
    used("eurus.gateway.connections-max", "callers' connections of each data-plane thread; default 10000"),
    used(
        "eurus.gateway.connections-per-ip-max",
        "connections from one address (of IPv6: one /64), all threads; trusted proxies excepted; default 0, none",
    ),
    used("eurus.gateway.uri-bytes-max", "bytes of a request's target; beyond, 414; default 16384"),
    used("eurus.gateway.header-bytes-max", "bytes of a message's head, both ways; beyond, 431 or 502; default 65536"),
    used("eurus.gateway.headers-max", "headers of a message, both ways; beyond, 431 or 502; default 100"),
    used("eurus.gateway.body-bytes-max", "bytes of a request's body; beyond, 413; default 0, none"),
    used(
        "eurus.gateway.body-read-timeout-ms",
        "how long a caller may pause in a request's body; beyond, 408; default 30000",
    ),
    used(
        "eurus.gateway.body-rate-min",
        "bytes per second that a request's body must come at, after the first body-read-timeout-ms; below, 408; 0: none; \
         default 240",
    ),
    used(
        "eurus.gateway.requests-per-instance-max",
        "requests under way at one instance; beyond, another one or 503; 0: none; default 10000",
    ),
    used(
        "eurus.gateway.replay-bytes-max",
        "of a request's body: what is kept until its answer begins, to send it to another instance; default 65536",
    ),
    used(
        "eurus.gateway.trusted-proxies",
        "networks of proxies in front whose Forwarded and X-Forwarded-* are continued; default none",
    ),
    used(
        "eurus.gateway.head-read-timeout-ms",
        "until a caller has sent a request's head, from its first byte on; default 60000",
    ),
    used(
        "eurus.gateway.keep-alive-timeout-ms",
        "how long a caller's connection may be without a request, and the longest that a head may take; longer than a load balancer in \
         front keeps its idle ones; default 75000",
    ),
    used("eurus.gateway.connect-timeout-ms", "to open a connection to an instance; default 1000"),
    used("eurus.gateway.response-timeout-ms", "from the end of a request to the head of its answer; default 30000"),
    used(
        "eurus.gateway.tries-max",
        "how many times one request is tried at most, if it may be repeated or was never sent; a refused connection and the first kept one that had ended do not count; default 3",
    ),
    used(
        "eurus.gateway.error-details",
        "what callers are told of failures that are not theirs: none, the kind of failure and the request's id, under which the \
         log has the rest; or full, with the instances that were tried and their addresses; default none",
    ),
    used(
        "eurus.gateway.refused-pause-ms",
        "how long an instance that refused a connection is passed over; default 2000",
    ),
    used(
        "eurus.gateway.failures-in-a-row-max",
        "requests in a row that an instance does not answer, or by nonsense, before it is passed over while there are others; 0: any \
         number; default 3",
    ),
    used(
        "eurus.gateway.failing-pause-ms",
        "how long such an instance is passed over; then one request finds out whether it answers; default 10000",
    ),
    used(
        "eurus.gateway.idle-per-address-max",
        "idle connections each data-plane thread keeps to one address; default 64",
    ),
    used("eurus.gateway.idle-max", "idle connections each data-plane thread keeps in all; default 4096"),
    used("eurus.gateway.idle-ms", "how long an idle connection to an instance is kept; default 15000"),
    used(
        "eurus.gateway.idle-timeout-ms",
        "how long an answer may stand still on its way before its connections are closed, or an upgraded connection of which \
         one side takes nothing, or has ended; default 60000",
    ),
    used(
        "eurus.gateway.upgrade-idle-timeout-ms",
        "how long nothing may be said over an upgraded connection, a WebSocket's say, before it is closed; default 3600000",
    ),
    used("eurus.gateway.http2.streams-max", "requests under way on one connection of HTTP/2; default 100"),
    used(
        "eurus.gateway.http2.stream-window-bytes",
        "what is taken of one request's body over HTTP/2 before an instance has taken it; default 262144",
    ),
    used("eurus.gateway.http2.connection-window-bytes", "the same for all requests of one connection; default 1048576"),
    used(
        "eurus.gateway.http2.send-buffer-bytes",
        "what waits of one answer over HTTP/2 for its caller; default 262144",
    ),
    used(
        "eurus.gateway.http2.resets-per-second",
        "requests that a caller may take back within a second before its connection is closed; default 200",
    ),
    used(
        "eurus.gateway.http2.idle-frames-per-second",
        "pings, settings, priorities and unknown frames within a second before the connection is closed; default 1000",
    ),
    used(
        "eurus.gateway.http2.ping-interval-ms",
        "how often a caller of HTTP/2 is asked whether it is there; 0: never; default 30000",
    ),
    used("eurus.gateway.http2.ping-timeout-ms", "how long it may take to answer that; default 10000"),
    used(
        "eurus.gateway.balancing.rule",
        "which instance a request goes to: round-robin, in turn; least-connections, of two at random the one with fewer \
         requests under way; default round-robin",
    ),
    used(
        "eurus.gateway.grpc.idle-timeout-ms",
        "how long nothing may be said in a call of gRPC; its deadline (grpc-timeout) holds besides; default 3600000",
    ),
    used(
        "eurus.gateway.instances.protocol",
        "auto: over TLS HTTP/2 if the instance agrees to it (ALPN), else HTTP/1.1; http1; http2: without asking. An \
         instance's metadata eurus.protocol comes before it; default auto",
    ),
    used(
        "eurus.gateway.instances.secure",
        "registered: an instance whose secure port is enabled is called there, by TLS; always; never; default registered",
    ),
    used(
        "eurus.gateway.instances.tls.trust-certificate",
        "who vouches for instances, PEM; a file is read again when it changes; default the system's authorities",
    ),
    used(
        "eurus.gateway.instances.tls.certificate",
        "what is shown to instances that ask for a certificate, PEM; a file is read again when it changes",
    ),
    used("eurus.gateway.instances.tls.certificate-private-key", "its private key, PEM; likewise"),
    used(
        "eurus.gateway.instances.tls.server-name",
        "the name that instances' certificates must have; default the hostName of each registration",
    ),
    used(
        "eurus.gateway.instances.http2.streams-max",
        "requests under way on one connection to an instance; default 100",
    ),
    used(
        "eurus.gateway.instances.http2.connections-max",
        "connections of HTTP/2 of each data-plane thread to one instance; default 8",
    ),
    used(
        "eurus.gateway.instances.http2.pending-max",
        "requests of each data-plane thread that wait for one instance's connections; beyond, another instance or 503; \
         default 1000",
    ),
    used(
        "eurus.gateway.instances.http2.stream-window-bytes",
        "what an instance may send of an answer before its caller has taken it; default 131072",
    ),
    used(
        "eurus.gateway.instances.http2.ping-interval-ms",
        "how often an instance is asked whether it is there; 0: never; default 330000, as gRPC's servers want no more than one \
         in five minutes",
    ),
    used("eurus.gateway.instances.http2.ping-timeout-ms", "how long it may take to answer that; default 10000"),
    used(
        "eurus.gateway.shutdown-delay-ms",
        "how long the gateway serves on when it is to stop, with its health checks DOWN, for load balancers to notice; default 0",
    ),
    used(
        "eurus.gateway.shutdown-grace-ms",
        "how long requests under way may take when the gateway stops; default 10000",
    ),
    used("eurus.gateway.access-log", "off; full: a line for each request; 1/N: for one of N; default off"),
    used("eurus.gateway.access-log.file", "file of the access log; default <data-dir>/logs/access.log"),
    used("eurus.gateway.access-log.bytes-max", "the file is rolled when it has grown to this; default 104857600"),
    used("eurus.gateway.access-log.files-kept", "rolled files that are kept; default 5"),
    used(
        "eurus.gateway.metrics.services-max",
        "services with metrics of their own; the others are counted together; default 200",
    ),
    used(
        "eurus.gateway.metrics.routes-max",
        "routes with metrics of their own; the others are counted together; default 200",
    ),
    used(
        "eurus.gateway.metrics.instances-max",
        "instances with metrics of their own; the others are counted with their service only; default 1000",
    ),
    used("eurus.gateway.admin.ssl.enabled", "TLS on the admin port; default: whether any of these is set"),
    used("eurus.gateway.admin.ssl.certificate", "what the admin port shows, PEM, with those that vouch for it"),
    used("eurus.gateway.admin.ssl.certificate-private-key", "its private key, PEM"),
    used("eurus.gateway.admin.ssl.trust-certificate", "who vouches for callers' certificates, PEM"),
    used("eurus.gateway.admin.ssl.client-auth", "callers' certificates: none, want or need; default none"),
    used("eurus.gateway.admin.ssl.key-store", "certificate and key, PKCS12"),
    used("eurus.gateway.admin.ssl.key-store-password", "its password"),
    used("eurus.gateway.admin.ssl.key-store-type", "PKCS12"),
    used("eurus.gateway.admin.ssl.key-alias", "which of its entries"),
    used("eurus.gateway.admin.ssl.key-password", "of the key, where it differs"),
    used("eurus.gateway.admin.ssl.trust-store", "who vouches for callers' certificates, PKCS12"),
    used("eurus.gateway.admin.ssl.trust-store-password", "its password"),
    used("eurus.gateway.admin.ssl.trust-store-type", "PKCS12"),
    used("eurus.gateway.admin.ssl.enabled-protocols", "TLSv1.2, TLSv1.3 or both; default both"),
    used("eurus.gateway.admin.token", "bearer token that callers of the admin API must bring; default none"),
    used("eurus.gateway.admin.workers", "worker threads of the admin API; default 1"),
    used("eurus.gateway.admin.body-max", "bytes of a body sent to the admin API; default 16384"),
    used(
        "eurus.gateway.admin.read-timeout-ms",
        "until a call of the admin API and its body have arrived; default 5000",
    ),
    used(
        "eurus.gateway.admin.quiet-timeout-ms",
        "how long a downline waits until no earlier request can begin there; default 800",
    ),
    used(
        "eurus.gateway.fetch-listener.enabled",
        "join fetched copies with the DownServiceCache; off only to show the defect; default true",
    ),
    used(
        "eurus.gateway.down-service-cache.mode",
        "until-confirmed, or plain: a mark ends with its window; default until-confirmed",
    ),
    used(
        "eurus.gateway.down-service-cache.window-ms",
        "how long a mark holds at least, up to the start of a fetch; default 30000",
    ),
    used("eurus.gateway.down-service-cache.bound-ms", "how long an unconfirmed mark holds at most; default 300000"),
    used("eurus.gateway.down-service-cache.marks-max", "marks at a time; beyond, orders are refused; default 100000"),
    used(
        "eurus.gateway.down-service-cache.numbers-max",
        "instances whose last order's number is remembered; default 200000",
    ),
    used("eurus.gateway.down-service-cache.numbers-kept-ms", "how long such a number is remembered; default 86400000"),
    used(
        "eurus.gateway.sync-speed.url",
        "http(s)://host:port of sync-speed, one or several: it is told of this gateway, and asked for live downlines before \
         anything is served; default none, in `eurus` its own",
    ),
    used("eurus.gateway.sync-speed.token", "bearer token that sync-speed asks gateways for; default none"),
    used(
        "eurus.gateway.sync-speed.tls.trust-certificate",
        "who vouches for a sync-speed under https://, PEM; default, with the two below, what holds for registries",
    ),
    used("eurus.gateway.sync-speed.tls.certificate", "what is shown to a sync-speed that asks for a certificate, PEM"),
    used("eurus.gateway.sync-speed.tls.certificate-private-key", "its private key, PEM"),
    used(
        "eurus.gateway.sync-speed.wait-ms",
        "how long a starting gateway waits for sync-speed before it serves without live downlines; default 10000",
    ),
    used(
        "eurus.gateway.report-refused",
        "tell sync-speed of instances that refuse connections, once in a refused-pause-ms; default false",
    ),
];
