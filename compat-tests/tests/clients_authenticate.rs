//! Eureka clients of several makes on a registry that knows one user: with the credentials in the registry's URL a client
//! registers, fetches and takes itself out; without them it is refused whatever it asks.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::net::SocketAddr;

use compat_tests::Failure;
use compat_tests::clients::client::Client;
use compat_tests::clients::kind::Kind;
use compat_tests::clients::tap::Tap;
use compat_tests::java::until::until;
use compat_tests::stack::Stack;
use eurus_registry::RegistryConfig;
use eurus_service::properties::Sources;
use eurus_service::{Clock, Properties};

const USER: &str = "eureka";
const PASSWORD: &str = "of-three-words";
/// For what takes a client one or two of its intervals of 1 s; Spring starts for long.
const SOON_MS: i64 = 60_000;

fn locked() -> RegistryConfig {
    let settings = [
        ("spring.security.user.name", USER),
        ("spring.security.user.password", PASSWORD),
        ("eureka.server.response-cache-update-interval-ms", "200"),
    ];
    let flags = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
    RegistryConfig::from_properties(&properties).unwrap()
}

async fn authenticates(kind: Kind, ip: [u8; 4]) {
    let mut stack = Stack::new(Clock::system()).unwrap();
    let registry = stack.registry(locked()).await.unwrap();
    let address: SocketAddr = registry.trim_start_matches("http://").trim_end_matches("/eureka/").parse().unwrap();
    is_refused_without(kind, ip, address, &stack).await;

    let tap = Tap::start(address).await.unwrap();
    let with_credentials = tap.service_url.replace("http://", &format!("http://{USER}:{PASSWORD}@"));
    let mut client = Client::start(kind, ip.into(), &with_credentials, stack.http.clone()).unwrap();
    client.until_answers(&stack.clock).await.unwrap();
    let id = client.instance_id.clone();
    let sees_itself = async || Ok(client.copy().await?.statuses.get(&id).is_some_and(|status| status == "UP"));
    until(&stack.clock, SOON_MS, &format!("{id} is registered and has fetched that"), sees_itself).await.unwrap();
    let status = client.terminate(&stack.clock).await.unwrap();
    assert_eq!(status.code(), Some(kind.exit_code()), "{status}");

    let exchanges = tap.exchanges();
    let last = exchanges.iter().rfind(|exchange| exchange.method != "GET").unwrap();
    assert_eq!((last.method.as_str(), last.status), ("DELETE", Some(200)), "{last}");
    let refused = exchanges.iter().filter(|exchange| exchange.status == Some(401)).map(ToString::to_string);
    assert_eq!(refused.collect::<Vec<_>>(), Vec::<String>::new(), "it says who it is at once");
    stack.stop().await.unwrap();
}

/// The client itself goes on or gives up, as it likes.
async fn is_refused_without(kind: Kind, ip: [u8; 4], registry: SocketAddr, stack: &Stack) {
    let tap = Tap::start(registry).await.unwrap();
    let client = Client::start(kind, ip.into(), &tap.service_url, stack.http.clone()).unwrap();
    let answered = async || Ok::<_, Failure>(tap.exchanges().iter().any(|exchange| exchange.status.is_some()));
    until(&stack.clock, SOON_MS, &format!("{} asks something", client.instance_id), answered).await.unwrap();
    drop(client);
    let exchanges = tap.exchanges();
    assert!(exchanges.iter().all(|exchange| matches!(exchange.status, None | Some(401))), "{exchanges:?}");
}

macro_rules! clients {
    ($($test:ident: $kind:ident at $last:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs the clients: ./test builds and runs them"]
            async fn $test() {
                authenticates(Kind::$kind, [127, 0, 0, $last]).await;
            }
        )*
    };
}

clients! {
    spring_cloud_2025_authenticates: Spring2025 at 21;
    spring_cloud_2021_authenticates: Spring2021 at 22;
    netflix_client_1_authenticates: Netflix1 at 23;
    netflix_client_2_authenticates: Netflix2 at 24;
    py_eureka_client_authenticates: Python at 25;
    eureka_js_client_authenticates: Node at 26;
    fargo_authenticates: GoXml at 27;
}
