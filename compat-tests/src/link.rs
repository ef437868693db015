//! A link between a client and a registry that can be made to misbehave: answers held back, replaced by an older
//! one, or with a wrong hash. It forwards plain HTTP and knows nothing of Eureka but one field's name.

mod again;
mod bodies;
mod fault;
mod forward;
mod reset;
mod slow;
mod timers;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::{StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use eurus_service::Clock;
use eurus_service::clock::{Excuse, ManualClock};
use parking_lot::Mutex;
use tokio::sync::watch;

pub use fault::Fault;

use crate::Failure;
use again::Sent;
use forward::forward;

/// The largest request body that is forwarded, bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// The clock of a link that holds back what loops wait for: time must be able to go on meanwhile.
#[derive(Clone)]
pub struct LinkClock {
    /// What a delay is measured by.
    pub clock: Clock,
    /// What is told not to wait for the loop; `None` in real time, which waits for nobody.
    pub hand: Option<ManualClock>,
    /// Whose timers else may be awake during a fetch over this link.
    pub fetchers: &'static [&'static str],
}

/// A running link.
pub struct Link {
    /// Its own service URL, to be given to a client instead of the registry's.
    pub service_url: String,
    /// `http://ip:port`.
    pub origin: String,
    state: Arc<State>,
    server: ServerHandle,
}

struct State {
    registry_origin: String,
    http: reqwest::Client,
    /// By path ending; the longest that fits counts.
    faults: Mutex<Vec<(String, Fault)>>,
    /// How many answers are held now.
    held: watch::Sender<usize>,
    released: watch::Sender<u64>,
    /// What was asked lately, to be asked again.
    sent: Sent,
    /// Method and path of every request, in order.
    seen: Mutex<Vec<String>>,
    /// In requests' bodies: what, and what stands there instead.
    rewritten: Mutex<Vec<(String, String)>>,
    clock: Option<LinkClock>,
    /// Of the loops whose answers are held.
    excuses: Mutex<Vec<Excuse>>,
}

impl Link {
    /// In front of the registry at `http://host:port`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start(registry_origin: &str) -> Result<Self, Failure> {
        Self::start_on(registry_origin, None)
    }

    /// The same on a manual clock: while it holds an answer back, that clock does not wait for the loop that asked.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start_on(registry_origin: &str, clock: Option<LinkClock>) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let origin = format!("http://{}", listener.local_addr()?);
        let service_url = format!("{origin}/eureka/");
        let state = Arc::new(State {
            registry_origin: registry_origin.to_owned(),
            http: reqwest::Client::builder().no_proxy().build()?,
            faults: Mutex::new(Vec::new()),
            held: watch::Sender::new(0),
            released: watch::Sender::new(0),
            sent: Sent::default(),
            seen: Mutex::new(Vec::new()),
            rewritten: Mutex::new(Vec::new()),
            clock,
            excuses: Mutex::new(Vec::new()),
        });
        let data = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            let limit = web::PayloadConfig::new(BODY_BYTES_MAX);
            App::new().app_data(data.clone()).app_data(limit).default_service(web::to(forward))
        })
        .on_connect(reset::keep)
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { service_url, origin, state, server: handle })
    }

    /// Sets what happens to answers of paths that end so, e.g. `apps/delta`.
    pub fn set(&self, path_end: &str, fault: Fault) {
        let mut faults = self.state.faults.lock();
        faults.retain(|(end, _)| end != path_end);
        faults.push((path_end.to_owned(), fault));
    }

    /// What happens on a link as a whole happens to answers of these paths too from now on.
    pub fn clear(&self, path_end: &str) {
        self.state.faults.lock().retain(|(end, _)| end != path_end);
    }

    /// Lets held answers go; those that come later are held again.
    pub fn release(&self) {
        // First: who is told to go on must be waited for.
        self.state.excuses.lock().clear();
        self.state.released.send_modify(|releases| *releases += 1);
    }

    /// From now on requests' bodies pass with one text in place of another: as an address is translated on the way.
    pub fn rewrite(&self, from: &str, to: &str) {
        self.state.rewritten.lock().push((from.to_owned(), to.to_owned()));
    }

    /// What was asked lately and changes something is asked again, the newest first; how many that were. What is answered
    /// is dropped.
    pub fn deliver_again(&self) -> impl Future<Output = usize> + Send + use<> {
        let state = Arc::clone(&self.state);
        async move {
            let again = state.sent.newest_first();
            let count = again.len();
            for request in again {
                drop(state.http.execute(request).await);
            }
            count
        }
    }

    /// Waits until an answer is held.
    pub async fn wait_until_held(&self) {
        // We hold the sender ourselves, so the channel cannot close.
        let _ = self.state.held.subscribe().wait_for(|held| *held > 0).await;
    }

    /// Method and path of every request so far.
    pub fn seen(&self) -> Vec<String> {
        self.state.seen.lock().clone()
    }

    /// Closes the link: requests are refused from now on.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

impl State {
    fn fault_of(&self, path: &str) -> Fault {
        let path = path.trim_end_matches('/');
        let faults = self.faults.lock();
        let fitting = faults.iter().filter(|(end, _)| path.ends_with(end));
        fitting.max_by_key(|(end, _)| end.len()).map(|(_, fault)| fault.clone()).unwrap_or_default()
    }

    fn excuses(&self, request: &HttpRequest) -> Vec<Excuse> {
        let Some((hand, fetchers)) = self.clock.as_ref().and_then(|on| Some((on.hand.as_ref()?, on.fetchers))) else {
            return Vec::new();
        };
        let timers = timers::behind(request);
        let more = fetchers.iter().filter(|_| timers.contains(&"fetch loop"));
        timers.iter().chain(more).map(|name| hand.excuse(name)).collect()
    }

    async fn delay(&self, request: &HttpRequest, delay_ms: i64) {
        if let Some(on) = &self.clock {
            let mut timer = on.clock.timer("delayed answer");
            let excuses = self.excuses(request);
            timer.sleep_ms(delay_ms).await;
            drop(excuses);
        }
    }

    fn slow(
        &self,
        request: &HttpRequest,
        status: StatusCode,
        content_type: Option<String>,
        body: Bytes,
        bytes_per_second: usize,
    ) -> HttpResponse {
        let mut answer = HttpResponse::build(status);
        if let Some(content_type) = content_type {
            answer.insert_header((header::CONTENT_TYPE, content_type));
        }
        match &self.clock {
            Some(on) if !body.is_empty() => {
                let timer = on.clock.timer("slow answer");
                answer.streaming(slow::body(body, bytes_per_second, timer, self.excuses(request)))
            }
            _ => answer.body(body),
        }
    }

    async fn hold(&self, request: &HttpRequest) {
        let mut released = self.released.subscribe();
        released.mark_unchanged();
        self.excuses.lock().extend(self.excuses(request));
        self.held.send_modify(|held| *held += 1);
        // We hold the sender ourselves, so the channel cannot close.
        let _ = released.changed().await;
        self.held.send_modify(|held| *held -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reset_is_no_end() {
        use std::io::{Read as _, Write as _};
        let link = Link::start("http://127.0.0.1:1").unwrap();
        for (fault, expected) in [(Fault::Cut, None), (Fault::Reset, Some(std::io::ErrorKind::ConnectionReset))] {
            link.set("", fault);
            let origin = link.origin.trim_start_matches("http://").to_owned();
            let read = tokio::task::spawn_blocking(move || {
                let mut stream = std::net::TcpStream::connect(origin)?;
                stream.write_all(b"GET /eureka/apps HTTP/1.1\r\nhost: h\r\n\r\n")?;
                stream.read_to_end(&mut Vec::new())
            });
            assert_eq!(read.await.unwrap().err().map(|error| error.kind()), expected);
        }
        link.stop().await;
    }
}
