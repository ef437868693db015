//! Pods that are gone, whether anybody has seen them go, and who has their address next.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_pod_with_the_address_is_not_touched() {
    let cluster = Cluster::new();
    cluster.world.registry.add("JAVA-SERVICE", "java-5", "10.0.0.5", 80);
    let old = Pod::new("old", "10.0.0.2", CREATED_MS);
    cluster.api.put(old.clone());
    let service = cluster.start();
    cluster.api.until_asked(1, "api watch").await;
    // What happens within one second, while nobody watches: the pod goes, its address passes on, the next one registers.
    cluster.api.refuse("api watch", 500);
    cluster.api.end_watches();
    cluster.api.until_asked(2, "api watch").await;
    cluster.world.registry.remove("JAVA-SERVICE", "java-2");
    cluster.world.registry.add_instance(instance("java-2b", "10.0.0.2", START_MS + 900));
    cluster.api.put(old.deleted_at(START_MS + 100));
    cluster.api.put(Pod::new("next", "10.0.0.2", START_MS + 800));
    cluster.api.put(Pod::new("u-3", "10.0.0.3", CREATED_MS).deleted_at(START_MS + 900));
    cluster.api.mend();
    cluster.world.pass_until(&service, 1, &format!("java-3/{OUT}")).await;
    service.advance_ms(60_000).await;
    assert_eq!(cluster.taken(), ["java-3"]);

    // A StatefulSet's next pod also has the name, and so the id: it is told by when it came UP.
    cluster.api.put(Pod::new("set-0", "10.0.0.4", CREATED_MS));
    cluster.world.registry.change("JAVA-SERVICE", "java-4", |one| one.service_up_ms = START_MS + 70_000);
    cluster.api.put(Pod::new("set-0", "10.0.0.4", CREATED_MS).deleted_at(START_MS + 60_000));
    cluster.api.put(Pod::new("u-5", "10.0.0.5", CREATED_MS).deleted_at(START_MS + 60_000));
    cluster.world.pass_until(&service, 1, &format!("java-5/{OUT}")).await;
    service.advance_ms(60_000).await;
    assert_eq!(cluster.taken(), ["java-3", "java-5"]);

    // And when the next one goes, it is its turn.
    cluster.world.registry.add("JAVA-SERVICE", "java-6", "10.0.0.6", 80);
    cluster.api.put(Pod::new("next", "10.0.0.2", START_MS + 800).deleted_at(START_MS + 120_000));
    cluster.world.pass_until(&service, 1, &format!("java-2b/{OUT}")).await;
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_asked_again_also_when_the_pod_is_gone() {
    let cluster = Cluster::new();
    for gone in ["java-3", "java-4"] {
        cluster.world.registry.remove("JAVA-SERVICE", gone);
    }
    let service = cluster.start();
    cluster.api.put(Pod::new("u-2", "10.0.0.2", CREATED_MS).deleted_at(START_MS));
    // The last UP one stays, until another is there.
    cluster.world.pass_until(&service, 2, "registry GET apps/JAVA-SERVICE/java-2").await;
    service.advance_ms(5_000).await;
    assert_eq!(cluster.taken(), Vec::<String>::new());
    cluster.world.registry.add("JAVA-SERVICE", "java-7", "10.0.0.7", 80);
    cluster.world.pass_until(&service, 1, &format!("java-2/{OUT}")).await;

    // Now java-7 is the last; its pod goes before another comes.
    cluster.api.put(Pod::new("u-7", "10.0.0.7", CREATED_MS).deleted_at(START_MS));
    cluster.world.pass_until(&service, 2, "registry GET apps/JAVA-SERVICE/java-7").await;
    cluster.api.remove("u-7");
    // Nobody loses what is DOWN: that it is taken shows that the controller has heard of all before.
    cluster.world.registry.add("JAVA-SERVICE", "java-6", "10.0.0.6", 80);
    cluster.world.registry.change("JAVA-SERVICE", "java-6", |one| one.status = "DOWN".to_owned());
    cluster.api.put(Pod::new("u-6", "10.0.0.6", CREATED_MS).deleted_at(START_MS));
    cluster.world.pass_until(&service, 1, &format!("java-6/{OUT}")).await;
    service.advance_ms(60_000).await;
    assert_eq!(cluster.taken(), ["java-2", "java-6"]);
    cluster.world.registry.add("JAVA-SERVICE", "java-8", "10.0.0.8", 80);
    cluster.world.pass_until(&service, 1, &format!("java-7/{OUT}")).await;
    assert_eq!(cluster.taken(), ["java-2", "java-6", "java-7"]);
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_vanishes_is_taken_offline() {
    let cluster = Cluster::new();
    let gateway = cluster.world.gateway("g1");
    for (uid, ip) in [("u-2", "10.0.0.2"), ("u-3", "10.0.0.3"), ("u-4", "10.0.0.4")] {
        cluster.api.put(Pod::new(uid, ip, CREATED_MS));
    }
    let service = cluster.start();
    cluster.api.until_asked(1, "api watch").await;
    // Deleted by force: nobody told it to go before.
    cluster.api.remove("u-2");
    cluster.world.pass_until(&service, 1, &format!("java-2/{OUT}")).await;
    cluster.world.pass_until(&service, 1, "g1 /downline \"java-2\"").await;
    assert_eq!(gateway.told()[0]["registration"], json!({"ip": "10.0.0.2", "serviceUpTimestamp": 1000}));
    // Gone while nobody watches: the next list does not show it.
    cluster.api.refuse("api watch", 410);
    cluster.api.end_watches();
    cluster.api.until_asked(2, "api watch").await;
    cluster.api.remove("u-3");
    cluster.world.pass_until(&service, 1, &format!("java-3/{OUT}")).await;
    assert_eq!(cluster.taken(), ["java-2", "java-3"]);
    assert_eq!(entries(&service).await.len(), 2);
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_the_address_of_a_pod_that_vanished_is_not_touched() {
    let cluster = Cluster::new();
    for (uid, ip) in [("u-2", "10.0.0.2"), ("u-3", "10.0.0.3"), ("u-4", "10.0.0.4")] {
        cluster.api.put(Pod::new(uid, ip, CREATED_MS));
    }
    let service = cluster.start();
    cluster.api.until_asked(1, "api watch").await;
    // Within the second in which it vanishes; and while nobody watches, from a namespace that nobody watches.
    cluster.world.registry.change("JAVA-SERVICE", "java-2", |one| one.service_up_ms = START_MS + 10);
    cluster.api.remove("u-2");
    cluster.api.refuse("api watch", 500);
    cluster.api.end_watches();
    cluster.api.until_asked(2, "api watch").await;
    service.advance_ms(60_000).await;
    cluster.world.registry.change("JAVA-SERVICE", "java-3", |one| one.service_up_ms = START_MS + 50_000);
    cluster.api.remove("u-3");
    cluster.api.mend();
    cluster.world.pass_until(&service, 2, "registry GET apps").await;
    cluster.api.remove("u-4");
    cluster.world.pass_until(&service, 1, &format!("java-4/{OUT}")).await;
    service.advance_ms(60_000).await;
    assert_eq!(cluster.taken(), ["java-4"]);
    service.stop_as_time_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_only_leaves_the_label_selector_stays() {
    let cluster = Cluster::new();
    for (uid, ip) in [("u-2", "10.0.0.2"), ("u-3", "10.0.0.3")] {
        cluster.api.put(Pod::new(uid, ip, CREATED_MS));
    }
    let service = cluster.start_with(|config| config.label_selector = Some("tier=web".to_owned()));
    cluster.api.until_asked(1, "api watch").await;
    cluster.api.relabel("u-2");
    cluster.world.pass_until(&service, 1, "api list /api/v1/namespaces/shop/pods?").await;
    cluster.api.remove("u-3");
    cluster.world.pass_until(&service, 1, &format!("java-3/{OUT}")).await;
    assert_eq!(cluster.taken(), ["java-3"]);
    service.stop_as_time_passes().await;
}
