//! What is right takes effect.

use super::process::Running;

const DELTA: &str = "/eureka/apps/delta";

#[test]
fn a_pair_of_peers_by_profile() {
    for (profile, own, other) in [("peer1", "peer1:8761", "peer2:8762"), ("peer2", "peer2:8762", "peer1:8761")] {
        let active = format!("--spring.profiles.active={profile}");
        let mut running = Running::start("peer-aware", &[&active], &[("EUREKA_PASSWORD", "TOPSECRET")]);
        let page = running.get("/");
        assert!(page.body.contains(other) && !page.body.contains(own), "{}", page.body);
        let warning = running.await_line("does not replicate");
        assert!(warning.contains(other) && !warning.contains(own), "{warning}");
        let later = running.await_line("once registries replicate");
        for key in ["eureka.client.fetch-registry", "peer-node-read-timeout-ms", "registry-sync-retries"] {
            assert!(later.contains(key), "{later}");
        }
        let unreachable = running.await_line("server.address=0.0.0.0");
        assert!(unreachable.contains("WARN") && unreachable.contains(profile), "{unreachable}");
        let found = running.await_line("configuration: application.yml; profiles: ");
        assert!(found.ends_with(profile), "{found}");
        running.await_line("register-with-eureka has no effect");
        assert!(!running.said.join("\n").contains("TOPSECRET") && !page.body.contains("TOPSECRET"));
    }
}

#[test]
fn without_self_preservation_a_lease_that_is_over_ends_soon() {
    let mut running = Running::start("self-preservation-off", &[], &[]);
    assert_eq!(running.register("A", "a1"), 204);
    assert_eq!(running.get("/eureka/apps/A/a1").status, 200);
    // One instance of one: with self-preservation, or with the eviction interval of a minute, it would stay.
    running.await_line("evicted");
    assert_eq!(running.get("/eureka/apps/A/a1").status, 404);
}

#[test]
fn a_user_with_a_password() {
    let running = Running::start("locked", &[], &[("EUREKA_PASSWORD", "TOPSECRET")]);
    let with = |credentials: &str| running.send("GET", "/eureka/apps", &[("Authorization", credentials)], "").status;
    assert_eq!(running.get("/eureka/apps").status, 401);
    assert_eq!(running.register("A", "a1"), 401);
    // eureka:TOPSECRET, eureka:changeit
    assert_eq!(with("Basic ZXVyZWthOlRPUFNFQ1JFVA=="), 200);
    assert_eq!(with("Basic ZXVyZWthOmNoYW5nZWl0"), 401);
    assert!(!running.said.join("\n").contains("TOPSECRET"));
}

#[test]
fn everything_under_a_context_path() {
    let running = Running::start("context-path", &[], &[]);
    for (path, status) in [
        ("/registry/eureka/apps", 200),
        ("/registry/eureka/v2/apps/", 200),
        ("/registry/actuator/health", 200),
        ("/registry/dashboard", 200),
        ("/registry/dashboard/lastn", 200),
        ("/registry", 404),
        ("/eureka/apps", 404),
        ("/actuator/health", 404),
        ("/dashboard", 404),
        ("/", 404),
    ] {
        assert_eq!(running.get(path).status, status, "{path}");
    }
    assert!(running.said.iter().any(|line| line.contains("/registry/eureka/")));
    let status = running.get("/registry/eureka/status").body;
    assert!(status.contains("/registry/actuator/health") && status.contains("/registry/dashboard/"), "{status}");
    assert!(running.get("/registry/dashboard").body.contains("\"/registry/dashboard/lastn\""));
}

#[test]
fn intervals_caches_and_threshold_in_all_spellings() {
    let mut running = Running::start("intervals", &[], &[]);
    assert_eq!(running.get(DELTA).status, 403, "disable_delta");
    assert!(!running.get("/eureka/apps").body.contains("a1"));
    assert_eq!(running.register("A", "a1"), 204);
    assert!(running.get("/eureka/apps").body.contains("a1"), "useReadOnlyResponseCache: a change is seen at once");
    // One client and the one that is assumed at start, six renewals a minute each, of which 0.49: 5; by default it is 3.
    let metrics = running.get("/metrics").body;
    assert!(metrics.lines().any(|line| line == "eurus_registry_renewals_threshold 5"), "{metrics}");
    running.await_line("listens on");
}

#[test]
fn properties_files_with_continuations_lists_and_documents() {
    let mut running = Running::start("properties", &[], &[]);
    assert_eq!(running.get(DELTA).status, 403, "config/application.properties is above application.properties");
    assert!(running.get("/").body.contains("eureka-peer:8761"));
    assert!(running.await_line("does not replicate").contains("http://eureka-peer:8761/eureka/"));
    assert!(running.folder.path().join("logs-of-the-registry/eurus.log").is_file());

    let quiet = Running::start("properties", &[], &[("SPRING_PROFILES_ACTIVE", "quiet"), ("PEER_HOST", "other")]);
    assert_eq!(quiet.get("/").status, 404, "the document of the profile");
    assert_eq!(quiet.get("/eureka/apps").status, 200);
}

#[test]
fn settings_of_other_programs_are_named_once() {
    let mut running = Running::start("cluttered", &[], &[]);
    assert_eq!(running.get(DELTA).status, 403);
    let notice = running.await_line("without a meaning here, ignored: ");
    for key in [
        "company.team",
        "info.app.name",
        "logging.level.com.netflix.eureka",
        "management.endpoint.health.show-details",
        "optional:configserver:http://config:8888",
        "server.tomcat.accesslog.enabled",
        "spring.freemarker.prefer-file-system-access",
        "eureka.client.healthcheck.enabled",
    ] {
        assert_eq!(notice.matches(key).count(), 1, "{key} in {notice}");
    }
    // The environment is above the file, in its own spelling.
    let other = Running::start("cluttered", &[], &[("EUREKA_SERVER_DISABLEDELTA", "false")]);
    assert_eq!(other.get(DELTA).status, 200);
}
