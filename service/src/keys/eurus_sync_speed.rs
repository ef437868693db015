//! Our own names: the sync-speed.

use super::{Key, used};

pub(super) const KEYS: &[Key] = &[
    used(
        "eurus.sync-speed.offline-refused",
        "take an instance offline that refuses a gateway's connections and sync-speed's, with the usual guards; it stays \
         so until an online; default false",
    ),
    used("eurus.sync-speed.port", "port of sync-speed; default 8090"),
    used("eurus.sync-speed.address", "address sync-speed binds to; default 127.0.0.1"),
    used(
        "eurus.sync-speed.database.url",
        "database server that several nodes share, as mysql://host/database or postgres://host/database; default none: SQLite in the data directory",
    ),
    used("eurus.sync-speed.database.username", "who signs in at the database server; default the URL's"),
    used("eurus.sync-speed.database.password", "password at the database server; default none"),
    used("eurus.sync-speed.workers", "worker threads of sync-speed's HTTP server; default 2"),
    used("eurus.sync-speed.allow", "network segments that may call sync-speed; default 127.0.0.0/8, ::1/128"),
    used("eurus.sync-speed.deny", "network segments that may not, although allowed; default none"),
    used(
        "eurus.sync-speed.trusted-proxies",
        "network segments of proxies that are believed when X-Forwarded-For or Forwarded says whom they speak for; \
         default none: such headers are refused",
    ),
    used(
        "eurus.sync-speed.token",
        "bearer token that callers of sync-speed must bring, for all rights: 16 characters at least; default none",
    ),
    used(
        "eurus.sync-speed.rate-per-minute",
        "POST, PUT and DELETE in a minute, 1 to 60000, of a caller without a rate of its own: by token, or by address where \
         nobody has credentials; default 600",
    ),
    used(
        "eurus.sync-speed.gateway-groups-allowed",
        "gateway groups that callers limited to some applications may name besides the default one; default none",
    ),
    used(
        "eurus.sync-speed.keep-percent",
        "share of an application's instances, 0 to 100, that stays UP whatever is asked; default 0",
    ),
    used(
        "eurus.sync-speed.force-overrides-keep-percent",
        "whether a request with \"force\": true may take more than keep-percent leaves; default false",
    ),
    used("eurus.sync-speed.apps", "applications that may be taken offline, or *; default none, in `eurus` *"),
    used(
        "eurus.sync-speed.default-gateway-group",
        "gateway group of applications without a stored one; default none, in `eurus` its gateway's",
    ),
    used(
        "eurus.sync-speed.gateway-networks",
        "network segments in which gateways' admin APIs are called; default 127.0.0.0/8, ::1/128",
    ),
    used("eurus.sync-speed.gateway-token", "bearer token sent to gateways' admin APIs; default none"),
    used(
        "eurus.sync-speed.gateways.tls.enabled",
        "call all gateways over TLS (eurus.gateway.admin.ssl.* there), and none in plain HTTP; default: whether any of these is set",
    ),
    used(
        "eurus.sync-speed.gateways.tls.trust-certificate",
        "who vouches for gateways, PEM; default the system's authorities",
    ),
    used(
        "eurus.sync-speed.gateways.tls.server-name",
        "the name that gateways' certificates have, of all of them; default the address at which one is called",
    ),
    used("eurus.sync-speed.gateways.tls.certificate", "what is shown to gateways that ask for a certificate, PEM"),
    used("eurus.sync-speed.gateways.tls.certificate-private-key", "its private key, PEM"),
    used(
        "eurus.sync-speed.ssl.enabled",
        "serve sync-speed over TLS; default true once a certificate or key store is set",
    ),
    used(
        "eurus.sync-speed.ssl.certificate",
        "certificate and those that vouch for it, PEM: a file, file:… or the text itself; in a process of its own also server.ssl.*",
    ),
    used("eurus.sync-speed.ssl.certificate-private-key", "its private key, PEM"),
    used("eurus.sync-speed.ssl.trust-certificate", "who vouches for callers' certificates, PEM; with client-auth"),
    used("eurus.sync-speed.ssl.client-auth", "whether callers show a certificate: none, want or need; default none"),
    used("eurus.sync-speed.ssl.key-store", "certificate and key in a PKCS12 file"),
    used("eurus.sync-speed.ssl.key-store-password", "its password"),
    used("eurus.sync-speed.ssl.key-store-type", "PKCS12"),
    used("eurus.sync-speed.ssl.key-alias", "which key of the store; default the first"),
    used("eurus.sync-speed.ssl.key-password", "the same as the store's, or nothing"),
    used("eurus.sync-speed.ssl.trust-store", "who vouches for callers' certificates, PKCS12; with client-auth"),
    used("eurus.sync-speed.ssl.trust-store-password", "its password"),
    used("eurus.sync-speed.ssl.trust-store-type", "PKCS12"),
    used("eurus.sync-speed.ssl.enabled-protocols", "TLSv1.2, TLSv1.3; default both"),
    used(
        "eurus.sync-speed.answer-within-ms",
        "how long an answer waits for gateways, then it says partial; default 2000",
    ),
    used(
        "eurus.sync-speed.registry-within-ms",
        "how long a request may take at the registry, then it says failed; default 5000",
    ),
    used(
        "eurus.sync-speed.release-after-seconds",
        "when an instance is brought back by itself whose offline says nothing about it; default 0: never",
    ),
    used("eurus.sync-speed.call-timeout-ms", "how long one call to a gateway may take; default 1000"),
    used("eurus.sync-speed.notify-concurrency", "calls to gateways under way at one time; default 64"),
    used("eurus.sync-speed.retry-base-ms", "first wait before a gateway is told again; it doubles; default 200"),
    used("eurus.sync-speed.retry-max-ms", "longest wait before a gateway is told again; default 5000"),
    used("eurus.sync-speed.retry-for-ms", "how long after the request gateways are told again; default 300000"),
    used(
        "eurus.sync-speed.kubernetes.enabled",
        "take pods offline that a Kubernetes cluster deletes; needs a build with the cargo feature kubernetes; default false",
    ),
    used("eurus.sync-speed.kubernetes.namespaces", "namespaces whose pods are followed, at most 32; default all"),
    used(
        "eurus.sync-speed.kubernetes.annotation",
        "annotation with which a pod opts in, by the value true; default eurus.io/offline-on-delete",
    ),
    used(
        "eurus.sync-speed.kubernetes.app-annotation",
        "annotation whose value is the one application of the pod that is meant; default eurus.io/app",
    ),
    used("eurus.sync-speed.kubernetes.label-selector", "only pods with these labels, as in kubectl -l; default all"),
    used(
        "eurus.sync-speed.kubernetes.kubeconfig",
        "file that says how the API server is reached; default the service account of the pod that sync-speed runs in",
    ),
    used(
        "eurus.sync-speed.kubernetes.force",
        "take an application's last UP instance too when its pod is deleted; default false",
    ),
];
