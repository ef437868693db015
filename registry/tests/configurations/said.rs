//! What the log says of clients that do something odd, for whoever looks for the reason.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::process::Running;

#[test]
fn tls_to_the_plain_port_is_said_and_counted() {
    let mut running = Running::start("self-preservation-off", &[], &[]);
    assert_eq!(running.get("/eureka/apps").status, 200);
    for _ in 0..3 {
        let mut stream = TcpStream::connect(&running.address).unwrap();
        stream.write_all(&[0x16, 0x03, 0x01, 0x00, 0x05, 1, 0, 0, 1, 0]).unwrap();
        // Answered in its own way, and closed.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let line = running.await_line("it speaks TLS to a port that speaks plain HTTP");
    assert!(line.contains("from 127.0.0.1") && line.contains("http://"), "{line}");
    let metrics = running.get("/metrics").body;
    for (kind, count) in [("tls_to_plain", 3), ("plain_to_tls", 0)] {
        let series = format!("eurus_registry_misdirected_connections_total{{kind=\"{kind}\"}} {count}\n");
        assert!(metrics.contains(&series), "{series} in {metrics}");
    }
}

#[test]
fn a_status_that_nobody_knows_is_said_with_its_word() {
    let mut running = Running::start("self-preservation-off", &[], &[]);
    let body = r#"{"instance": {"instanceId": "one", "hostName": "h", "app": "A", "ipAddr": "10.0.0.1", "status": "RUNNING",
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}}}"#;
    assert_eq!(running.send("POST", "/eureka/apps/A", &[], body).status, 204);
    let line = running.await_line("'RUNNING'");
    assert!(line.contains("A/one") && line.contains("taken as UNKNOWN") && line.contains("127.0.0.1"), "{line}");
}
