//! Instances that refuse a gateway's connections.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::service::{GROUP, Service, World};

/// Two instances that are UP: one listens, at the other's port nobody does.
struct Pair {
    world: World,
    listening: TcpListener,
    dead_port: u16,
}

impl Pair {
    fn new() -> Self {
        let world = World::new();
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        // Free again at once; an address of its own, so that nobody else is given it meanwhile.
        let dead_port = TcpListener::bind("127.0.0.77:0").unwrap().local_addr().unwrap().port();
        world.registry.add("JAVA-SERVICE", "alive", "127.0.0.1", listening.local_addr().unwrap().port());
        world.registry.add("JAVA-SERVICE", "dead", "127.0.0.77", dead_port);
        Self { world, listening, dead_port }
    }

    fn report(&self, id: &str) -> Value {
        let address = match id {
            "alive" => self.listening.local_addr().unwrap().to_string(),
            _ => format!("127.0.0.77:{}", self.dead_port),
        };
        let mut service_up_ms = 0;
        self.world.registry.change("JAVA-SERVICE", id, |instance| service_up_ms = instance.service_up_ms);
        let ip = address.rsplit_once(':').unwrap().0;
        json!({"node": "g", "application": "java-service", "instanceId": id, "address": address, "refusals": 3,
            "registration": {"ip": ip, "serviceUpTimestamp": service_up_ms}})
    }
}

async fn report(service: &Service, body: &Value) -> Value {
    service.post("/gateways/refused", body.to_string()).await.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_instance_is_taken_offline_where_that_is_wanted() {
    for is_wanted in [false, true] {
        let pair = Pair::new();
        let gateway = pair.world.gateway("g");
        let service = pair.world.start_with(|config| config.offline_refused = is_wanted);
        let found = report(&service, &pair.report("dead")).await;
        if !is_wanted {
            assert_eq!(found, json!({"outcome": "dead"}));
            assert_eq!(pair.world.registry.status("JAVA-SERVICE", "dead"), "UP");
            service.stop().await;
            continue;
        }
        assert_eq!((&found["outcome"], &found["state"]), (&json!("offline"), &json!("done")), "{found}");
        assert_eq!(pair.world.registry.status("JAVA-SERVICE", "dead"), "OUT_OF_SERVICE");
        assert_eq!(gateway.told()[0]["instanceId"], "dead");
        let entry = service.get(&format!("/offline/{}", found["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(entry["instances"][0]["instanceId"], "dead", "{entry:#}");
        // Told again by another one.
        let again = report(&service, &pair.report("dead")).await;
        assert_eq!(again["outcome"], "not-concerned", "{again}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_takes_longer_than_a_gateway_waits_goes_on_without_it() {
    let pair = Pair::new();
    let _gateway = pair.world.gateway("g");
    let service = pair.world.start_with(|config| config.offline_refused = true);
    // So that only the offline itself is slow.
    service.get("/offline").await.expect(200);
    let slow = "PUT apps/JAVA-SERVICE/dead/status";
    pair.world.registry.hang_but_do(slow);
    let looking = service.post("/gateways/refused", pair.report("dead").to_string()).await.expect(202);
    assert_eq!(looking, json!({"outcome": "looking"}));
    pair.world.events.wait_for(1, slow).await;
    assert_eq!(pair.world.registry.status("JAVA-SERVICE", "dead"), "OUT_OF_SERVICE");
    let entries = service.get("/offline").await.expect(200);
    assert_eq!(entries["entries"].as_array().unwrap().len(), 1, "{entries:#}");
    service.abort().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_word_of_a_gateway_alone_moves_nothing() {
    let pair = Pair::new();
    let _gateway = pair.world.gateway("g");
    let service = pair.world.start_with(|config| config.offline_refused = true);
    assert_eq!(report(&service, &pair.report("alive")).await, json!({"outcome": "alive"}));
    let mut elsewhere = pair.report("alive");
    elsewhere["address"] = pair.report("dead")["address"].clone();
    let mut another_life = pair.report("dead");
    another_life["registration"]["serviceUpTimestamp"] = json!(1);
    let mut nobody = pair.report("dead");
    nobody["instanceId"] = json!("nobody");
    for body in [&elsewhere, &another_life, &nobody] {
        assert_eq!(report(&service, body).await["outcome"], "not-concerned", "{body}");
    }
    // The guards hold: it is the last one that is UP.
    pair.world.registry.change("JAVA-SERVICE", "alive", |instance| instance.status = "DOWN".to_owned());
    service.advance_ms(31_000).await;
    let found = report(&service, &pair.report("dead")).await;
    assert_eq!(found["outcome"], "refused", "{found}");
    assert!(found["message"].as_str().unwrap().contains("last UP instance"), "{found}");
    assert!(pair.world.registry.changes().is_empty());
    for (field, value) in [("address", json!("localhost:1")), ("refusals", json!(-1)), ("more", json!(1))] {
        let mut body = pair.report("dead");
        body[field] = value;
        service.post("/gateways/refused", body.to_string()).await.expect(400);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_is_not_opted_in_is_left_alone() {
    let pair = Pair::new();
    let service = pair.world.start_with(|config| {
        config.offline_refused = true;
        config.access.apps = eurus_sync_speed::OptedIn::Listed([GROUP.to_owned()].into());
    });
    let found = report(&service, &pair.report("dead")).await;
    assert_eq!(found["outcome"], "refused", "{found}");
    assert_eq!(pair.world.registry.status("JAVA-SERVICE", "dead"), "UP");
    service.stop().await;
}
