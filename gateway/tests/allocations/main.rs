//! What a request allocates: everything between the caller's first byte and its answer's last one, counted and held beside what the HTTP
//! library needs for the same on its own. Callers, instances and the registry are plain sockets here, which allocate nothing.

// A test that cannot go on panics; clippy sees only functions marked as tests.
#![allow(clippy::unwrap_used)]

mod bare;
mod peers;

use std::net::{SocketAddr, TcpListener};

use eurus_gateway::{DataListeners, GatewayConfig, GatewayListeners};
use eurus_service::{Clock, Shutdown};

use peers::Caller;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Pools, buffers and caches are filled by then.
const WARM_UP: u32 = 200;
const COUNTED: u32 = 1_000;
/// By how much a request stays below what hyper needs on both sides: the gateway allocates the stripped prefix and the target without it,
/// but towards instances it needs less than hyper, and a head is borrowed for each try, never copied.
const SAVED_MIN: f64 = 0.9;

#[derive(Clone, Copy, Debug)]
enum Asked {
    Get,
    Post,
}

impl Asked {
    /// As a browser or an HTTP library asks.
    fn bytes(self) -> Vec<u8> {
        let (method, body) = match self {
            Self::Get => ("GET", ""),
            Self::Post => ("POST", "content-length: 5\r\n\r\nhello"),
        };
        let head = "/java-service/orders/17?full=true HTTP/1.1\r\nhost: shop.example:8080\r\nuser-agent: test/1.0\r\naccept: */*\r\n\
                    accept-encoding: gzip\r\nauthorization: Bearer 0123456789\r\ncookie: a=1; b=2\r\n";
        format!("{method} {head}{}", if body.is_empty() { "\r\n" } else { body }).into_bytes()
    }
}

/// Blocks of memory for a request, on the average.
fn counted(address: SocketAddr, asked: Asked) -> f64 {
    let (mut caller, bytes) = (Caller::connect(address), asked.bytes());
    (0..WARM_UP).for_each(|_| caller.ask(&bytes));
    let before = dhat::HeapStats::get().total_blocks;
    (0..COUNTED).for_each(|_| caller.ask(&bytes));
    let blocks = dhat::HeapStats::get().total_blocks - before;
    f64::from(u32::try_from(blocks).unwrap()) / f64::from(COUNTED)
}

fn gateway(instances: &[SocketAddr]) -> (SocketAddr, GatewayListeners, GatewayConfig) {
    let mut config = GatewayConfig::stock();
    config.service_urls = vec![format!("http://{}/eureka/", peers::registry(instances))];
    config.register = false;
    config.fetch.disable_delta = true;
    let (data, admin) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = data.local_addr().unwrap();
    (address, GatewayListeners { data: DataListeners::plain(vec![data]), admin }, config)
}

#[test]
fn a_request_allocates_less_than_the_http_library_does() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let instances = [peers::instance(2), peers::instance(3), peers::instance(4)];
    let bare = bare::start(instances[0]);
    let (address, listeners, config) = gateway(&instances);
    let (runtime, stop) = (tokio::runtime::Runtime::new().unwrap(), Shutdown::new());
    let running =
        runtime.spawn(eurus_gateway::run(config, listeners, Clock::manual(1_795_317_500_000).0, stop.clone()));
    peers::until_served(address);
    for asked in [Asked::Get, Asked::Post] {
        let (ours, needed) = (counted(address, asked), counted(bare, asked));
        println!("{asked:?}: {ours} allocations; the HTTP library alone needs {needed}");
        assert!(needed - ours >= SAVED_MIN, "{asked:?}: {ours} allocations; the HTTP library alone needs {needed}");
    }
    stop.abort();
    drop(runtime.block_on(running).unwrap());
}
