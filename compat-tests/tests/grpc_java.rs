//! gRPC by grpc-java, at both ends of our gateway: a server that is registered as grpc-spring would, beside a web server's port.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use compat_tests::java::until::until;
use compat_tests::java::{free_port, start};
use compat_tests::producer::Producer;
use compat_tests::stack::{Stack, gateway_config};
use eurus_registry::RegistryConfig;
use eurus_service::Clock;
use serde_json::json;
use tokio::net::TcpStream;

/// Short, so that a change is everywhere soon. What is proven does not depend on it.
const INTERVAL_MS: i64 = 200;
/// Until a JVM has started and done its work, on a busy machine.
const WITHIN_MS: i64 = 120_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Java peers: ./test builds and runs them"]
async fn a_caller_and_a_server_of_grpc_java_meet_through_the_gateway() {
    let ip = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));
    let port = free_port(&[ip]).unwrap();
    let mut stack = Stack::new(Clock::system()).unwrap();
    let config = RegistryConfig { response_cache_update_interval_ms: INTERVAL_MS, ..RegistryConfig::stock() };
    let registry = stack.registry(config).await.unwrap();
    let web = Producer::start("JAVA-GRPC", ip, stack.clock.clone()).unwrap();
    let mut registration = web.registration();
    registration["instance"]["metadata"] = json!({"gRPC_port": port.to_string()});
    let answer = stack.http.post(format!("{registry}apps/JAVA-GRPC")).json(&registration).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let mut settings = gateway_config(&registry);
    settings.fetch.interval_ms = INTERVAL_MS;
    let gateway = stack.gateway(settings).await.unwrap();

    let server =
        start("grpc-java's server", "grpc-peer", &[], &["server", &ip.to_string(), &port.to_string()]).unwrap();
    let clock = stack.clock.clone();
    let listens = async || Ok(TcpStream::connect(SocketAddr::new(ip, port)).await.is_ok());
    until(&clock, WITHIN_MS, "the server listens", listens).await.unwrap();
    let is_routed = async || {
        let answer = stack.http.get(format!("{}/java-grpc/", gateway.url)).send().await?;
        Ok(answer.status() != 404 && answer.status() != 503)
    };
    until(&clock, WITHIN_MS, "the gateway knows it", is_routed).await.unwrap();

    let target = gateway.url.trim_start_matches("http://");
    let mut caller = start("grpc-java's caller", "grpc-peer", &[], &["caller", target, "java-grpc/"]).unwrap();
    let mut status = None;
    until(&clock, WITHIN_MS, "the calls are over", async || {
        status = caller.ended()?;
        Ok(status.is_some())
    })
    .await
    .unwrap();
    assert!(status.unwrap().success(), "{}", caller.end_of_output());
    assert_eq!(caller.output().unwrap().matches("ok: ").count(), 7, "{}", caller.end_of_output());
    drop(server);
    stack.stop().await.unwrap();
}
