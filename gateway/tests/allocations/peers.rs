//! Plain sockets that say always the same, and allocate nothing for it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use serde_json::{Value, json};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\ndate: Mon, 23 Nov 2026 12:00:00 GMT\r\n\r\n\
                        {\"done\":true}";
const BUFFER_BYTES: usize = 4096;

/// Answers whatever comes, a message a read: requests here are small.
fn answering(ip: [u8; 4], answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::from((ip, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            stream.set_nodelay(true).unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; BUFFER_BYTES];
                while let Ok(1..) = stream.read(&mut buffer) {
                    if stream.write_all(&answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

pub(crate) fn instance(host: u8) -> SocketAddr {
    answering([127, 0, 0, host], ANSWER.to_vec())
}

/// A registry that knows these instances.
pub(crate) fn registry(instances: &[SocketAddr]) -> SocketAddr {
    let instances: Vec<Value> = instances.iter().map(registered).collect();
    let body = json!({"applications": {"versions__delta": "1", "apps__hashcode": format!("UP_{}_", instances.len()),
        "application": [{"name": "JAVA-SERVICE", "instance": instances}]}});
    let body = body.to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    answering([127, 0, 0, 1], format!("{head}{body}").into_bytes())
}

fn registered(address: &SocketAddr) -> Value {
    let ip = address.ip().to_string();
    json!({
        "instanceId": format!("{ip}:{}", address.port()), "hostName": ip, "app": "JAVA-SERVICE", "ipAddr": ip, "status": "UP",
        "overriddenStatus": "UNKNOWN", "port": {"$": address.port(), "@enabled": "true"},
        "securePort": {"$": 443, "@enabled": "false"}, "countryId": 1,
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {"renewalIntervalInSecs": 30, "durationInSecs": 90, "registrationTimestamp": 1, "lastRenewalTimestamp": 1,
            "evictionTimestamp": 0, "serviceUpTimestamp": 1},
        "metadata": {"@class": "java.util.Collections$EmptyMap"}, "vipAddress": "java-service",
        "isCoordinatingDiscoveryServer": "false", "lastUpdatedTimestamp": "1", "lastDirtyTimestamp": "1", "actionType": "ADDED"
    })
}

/// One connection, one request after the other.
pub(crate) struct Caller {
    stream: TcpStream,
    buffer: [u8; BUFFER_BYTES],
}

impl Caller {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: [0; BUFFER_BYTES] }
    }

    /// Until the whole answer is there: it ends with its body.
    pub(crate) fn ask(&mut self, request: &[u8]) {
        let answer = self.exchange(request);
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", answer.escape_ascii());
    }

    fn exchange(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).unwrap();
        let mut end = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[end..]).unwrap();
            end += read;
            if read == 0 || self.buffer[..end].ends_with(b"}") {
                return &self.buffer[..end];
            }
        }
    }
}

/// Asks until instances are known.
pub(crate) fn until_served(address: SocketAddr) {
    let mut caller = Caller::connect(address);
    let request = b"GET /java-service/ready HTTP/1.1\r\nhost: g\r\n\r\n";
    while !caller.exchange(request).starts_with(b"HTTP/1.1 200 ") {
        std::thread::yield_now();
    }
}
