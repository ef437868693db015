//! The Kubernetes controller against an API server by script.

use eurus_sync_speed::config::KubernetesConfig;
use serde_json::{Value, json};

use crate::support::api_server::{ApiServer, Pod};
use crate::support::registry::Instance;
use crate::support::service::{START_MS, Service, World};

mod gone;

const OUT: &str = "status?value=OUT_OF_SERVICE";
const CREATED_MS: i64 = START_MS - 3_600_000;

struct Cluster {
    world: World,
    api: ApiServer,
}

impl Cluster {
    /// Three instances of one application, behind 10.0.0.2 to 10.0.0.4.
    fn new() -> Self {
        let world = World::with_three();
        let api = ApiServer::start(world.events.clone());
        Self { world, api }
    }

    fn start(&self) -> Service {
        self.start_with(|_| {})
    }

    fn start_with(&self, change: impl FnOnce(&mut KubernetesConfig)) -> Service {
        let kubeconfig = Some(self.api.kubeconfig(self.world.folder.path()));
        let mut kubernetes = KubernetesConfig { kubeconfig, ..KubernetesConfig::stock() };
        change(&mut kubernetes);
        self.world.start_with(|config| config.kubernetes = Some(kubernetes))
    }

    async fn until_out(&self, id: &str) {
        self.world.events.wait_for(1, &format!("registry PUT apps/JAVA-SERVICE/{id}/{OUT}")).await;
    }

    /// By instance, in the order in which they were taken.
    fn taken(&self) -> Vec<String> {
        let changes = self.world.registry.changes();
        changes.iter().map(|change| change.split('/').nth(2).unwrap_or(change).to_owned()).collect()
    }
}

async fn entries(service: &Service) -> Vec<Value> {
    service.get("/offline").await.expect(200)["entries"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_pod_is_taken_offline_once() {
    let cluster = Cluster::new();
    let gateway = cluster.world.gateway("g1");
    let pod = Pod::new("u-2", "10.0.0.2", CREATED_MS);
    cluster.api.put(pod.clone());
    let service = cluster.start();
    cluster.api.until_asked(1, "api watch /api/v1/pods?").await;
    assert_eq!(cluster.world.registry.changes(), Vec::<String>::new(), "it stays");

    cluster.api.put(pod.clone().deleted_at(START_MS));
    cluster.until_out("java-2").await;
    cluster.world.events.wait_for(1, "g1 /downline \"java-2\"").await;
    assert_eq!(gateway.told()[0]["registration"], json!({"ip": "10.0.0.2", "serviceUpTimestamp": 1000}));
    // As its containers end it changes again and again, and then it is gone.
    cluster.api.put(pod.clone().deleted_at(START_MS));
    cluster.api.put(Pod { ip: None, ..pod }.deleted_at(START_MS));
    cluster.api.remove("u-2");
    cluster.api.put(Pod::new("u-3", "10.0.0.3", CREATED_MS).deleted_at(START_MS));
    cluster.until_out("java-3").await;
    assert_eq!(cluster.taken(), ["java-2", "java-3"]);
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_pods_that_are_opted_in_and_have_an_address_of_their_own() {
    let cluster = Cluster::new();
    let service = cluster.start_with(|config| config.label_selector = Some("tier=web".to_owned()));
    cluster.api.until_asked(1, "api watch").await;
    let pod = Pod::new("u-2", "10.0.0.2", CREATED_MS).deleted_at(START_MS);
    cluster.api.put(Pod { uid: "no-annotation", annotations: json!(null), ..pod.clone() });
    cluster.api.put(Pod { uid: "no", annotations: json!({"eurus.io/offline-on-delete": "false"}), ..pod.clone() });
    cluster.api.put(Pod { uid: "no-address", ip: None, ..pod.clone() });
    cluster.api.put(Pod { uid: "on-the-node", host_network: true, ..pod.clone() });
    cluster.api.put(Pod { uid: "foreign", ip: Some("10.0.0.99"), ..pod.clone() });
    let named = json!({"eurus.io/offline-on-delete": "true", "eurus.io/app": "java-service"});
    cluster.api.put(Pod { uid: "named", ip: Some("10.0.0.3"), host_network: true, annotations: named, ..pod });
    cluster.until_out("java-3").await;
    assert_eq!(cluster.taken(), ["java-3"]);
    assert_eq!(entries(&service).await.len(), 1);
    let lists = cluster.world.events.matching("api ");
    assert!(!lists.is_empty() && lists.iter().all(|call| call.contains("labelSelector=tier%3Dweb")), "{lists:#?}");
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_the_same_pod_is_the_same_order() {
    let cluster = Cluster::new();
    cluster.api.put(Pod::new("u-2", "10.0.0.2", CREATED_MS).deleted_at(START_MS));
    let service = cluster.start();
    cluster.until_out("java-2").await;
    service.stop_as_time_passes().await;

    let service = cluster.start();
    cluster.api.put(Pod::new("u-3", "10.0.0.3", CREATED_MS).deleted_at(START_MS));
    cluster.until_out("java-3").await;
    service.advance_ms(60_000).await;
    assert_eq!(cluster.taken(), ["java-2", "java-3"], "what the list showed again was done before");
    assert_eq!(entries(&service).await.len(), 2);
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_namespace_has_its_watch() {
    let cluster = Cluster::new();
    let service = cluster.start_with(|config| config.namespaces = vec!["shop".to_owned(), "bank".to_owned()]);
    cluster.api.until_asked(1, "api watch /api/v1/namespaces/shop/pods?").await;
    cluster.api.until_asked(1, "api watch /api/v1/namespaces/bank/pods?").await;
    cluster.api.put(Pod::new("u-2", "10.0.0.2", CREATED_MS).deleted_at(START_MS));
    cluster.until_out("java-2").await;
    assert_eq!(cluster.world.events.matching("api list /api/v1/pods"), Vec::<String>::new());
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_ends_is_continued() {
    let cluster = Cluster::new();
    let service = cluster.start();
    cluster.api.until_asked(1, "api watch").await;
    cluster.api.bookmark();
    cluster.api.end_watches();
    // While nobody watches.
    cluster.api.put(Pod::new("u-2", "10.0.0.2", CREATED_MS).deleted_at(START_MS));
    cluster.until_out("java-2").await;
    assert_eq!(cluster.world.events.matching("api list").len(), 1, "from where it was, without a new list");
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_old_is_listed_again() {
    let cluster = Cluster::new();
    let pod = Pod::new("u-2", "10.0.0.2", CREATED_MS);
    cluster.api.put(pod.clone());
    let service = cluster.start();
    cluster.api.until_asked(1, "api watch").await;
    cluster.api.put(pod.deleted_at(START_MS));
    cluster.until_out("java-2").await;
    // It goes, and another one is told to go, where only a list shows it.
    cluster.api.refuse("api watch", 410);
    cluster.api.end_watches();
    cluster.api.until_asked(2, "api watch").await;
    cluster.api.remove("u-2");
    cluster.api.put(Pod::new("u-3", "10.0.0.3", CREATED_MS).deleted_at(START_MS));
    cluster.world.pass_until(&service, 1, &format!("java-3/{OUT}")).await;
    cluster.api.mend();
    // The same, said by the watch itself.
    let watches = cluster.world.events.matching("api watch").len();
    cluster.world.pass_until(&service, watches + 1, "api watch").await;
    let lists = cluster.world.events.matching("api list").len();
    cluster.api.forget_history();
    cluster.world.pass_until(&service, lists + 1, "api list").await;
    cluster.world.registry.add("JAVA-SERVICE", "java-9", "10.0.0.9", 80);
    cluster.world.registry.add("JAVA-SERVICE", "java-8", "10.0.0.8", 80);
    cluster.api.put(Pod::new("u-9", "10.0.0.9", CREATED_MS).deleted_at(START_MS));
    cluster.world.pass_until(&service, 1, &format!("java-9/{OUT}")).await;
    assert_eq!(cluster.taken(), ["java-2", "java-3", "java-9"]);
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_server_that_refuses_or_fails_is_asked_again() {
    for status in [401, 403, 500] {
        let cluster = Cluster::new();
        cluster.api.refuse("api list", status);
        cluster.api.put(Pod::new("u-2", "10.0.0.2", CREATED_MS).deleted_at(START_MS));
        let service = cluster.start();
        cluster.world.pass_until(&service, 4, "api list").await;
        assert_eq!(cluster.world.registry.changes(), Vec::<String>::new());
        assert_eq!(service.get("/offline").await.status, 200, "requests are served meanwhile");
        cluster.api.mend();
        cluster.world.pass_until(&service, 1, &format!("java-2/{OUT}")).await;
        service.stop_as_time_passes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forced_orders_take_the_last_one_too() {
    let cluster = Cluster::new();
    for gone in ["java-3", "java-4"] {
        cluster.world.registry.remove("JAVA-SERVICE", gone);
    }
    let service = cluster.start_with(|config| config.force = true);
    cluster.api.put(Pod::new("u-2", "10.0.0.2", CREATED_MS).deleted_at(START_MS));
    cluster.until_out("java-2").await;
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_way_to_an_api_server_it_does_not_start() {
    let world = World::new();
    let kubeconfig = Some(world.folder.path().join("none.yaml"));
    let kubernetes = KubernetesConfig { kubeconfig, ..KubernetesConfig::stock() };
    let service = world.start_with(|config| config.kubernetes = Some(kubernetes));
    let error = service.ended().await.unwrap_err().to_string();
    assert!(error.contains("eurus.sync-speed.kubernetes.kubeconfig") && error.contains("none.yaml"), "{error}");
}

fn instance(id: &str, ip: &str, service_up_ms: i64) -> Instance {
    Instance {
        app: "JAVA-SERVICE".to_owned(),
        id: id.to_owned(),
        ip: ip.to_owned(),
        port: 80,
        status: "UP".to_owned(),
        service_up_ms,
        metadata: std::collections::BTreeMap::default(),
    }
}
