//! A registry that answers what a test tells it, on port 0.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// What is answered to one method and path.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Status, JSON.
    Is(u16, String),
    /// Status, gzipped JSON.
    Gzip(u16, &'static [u8]),
    /// As the first, but each answer waits until the test adds a permit.
    Held(Arc<Semaphore>, u16, String),
    /// Nothing, as long as the connection lasts.
    Never,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `METHOD /path?query`, as on the wire.
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// Set when the server is to be gone: its worker's last connections live a moment longer than it does.
type Dead = AtomicBool;

#[derive(Default)]
struct Script {
    answers: HashMap<String, Answer>,
    seen: Vec<Seen>,
}

struct Server {
    handle: ServerHandle,
    ended: JoinHandle<std::io::Result<()>>,
    dead: Arc<Dead>,
}

pub(crate) struct Scripted {
    script: Arc<Mutex<Script>>,
    port: u16,
    server: Mutex<Option<Server>>,
}

impl Scripted {
    /// Answers 404 to everything until told.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let scripted = Self { script: Arc::default(), port, server: Mutex::default() };
        scripted.listen(listener);
        scripted
    }

    fn listen(&self, listener: TcpListener) {
        let script = web::Data::from(Arc::clone(&self.script));
        let dead = Arc::new(Dead::new(false));
        let dead_data = web::Data::from(Arc::clone(&dead));
        let app = move || {
            App::new().app_data(script.clone()).app_data(dead_data.clone()).default_service(web::to(answer_one))
        };
        let server =
            HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0).listen(listener).unwrap().run();
        *self.server.lock() = Some(Server { handle: server.handle(), ended: tokio::spawn(server), dead });
    }

    /// Drops its connections and its port.
    pub(crate) async fn die(&self) {
        let server = self.server.lock().take().expect("it is up");
        server.dead.store(true, Ordering::SeqCst);
        server.handle.stop(false).await;
        server.ended.await.unwrap().unwrap();
    }

    /// On the same port as before.
    pub(crate) fn revive(&self) {
        self.listen(TcpListener::bind(("127.0.0.1", self.port)).unwrap());
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/eureka/", self.port)
    }

    /// `what` is `METHOD /path`, without the query.
    pub(crate) fn answers(&self, what: &str, answer: Answer) {
        self.script.lock().answers.insert(what.to_owned(), answer);
    }

    pub(crate) fn serves_full(&self, body: impl Into<String>) {
        self.answers("GET /eureka/apps/", Answer::Is(200, body.into()));
    }

    pub(crate) fn serves_delta(&self, body: impl Into<String>) {
        self.answers("GET /eureka/apps/delta", Answer::Is(200, body.into()));
    }

    /// What arrived since the last look.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.script.lock().seen)
    }

    /// The lines of what arrived since the last look.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        self.take_seen().into_iter().map(|seen| seen.line).collect()
    }

    pub(crate) fn seen_count(&self) -> usize {
        self.script.lock().seen.len()
    }
}

async fn answer_one(
    request: HttpRequest,
    body: web::Bytes,
    script: web::Data<Mutex<Script>>,
    dead: web::Data<Dead>,
) -> HttpResponse {
    if dead.load(Ordering::SeqCst) {
        return std::future::pending().await;
    }
    let headers =
        request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let what = format!("{} {}", request.method(), request.uri().path());
    let answer = {
        let mut script = script.lock();
        let line = format!("{} {}", request.method(), request.uri().path_and_query().unwrap());
        script.seen.push(Seen { line, headers, body: String::from_utf8(body.to_vec()).unwrap() });
        script.answers.get(&what).cloned()
    };
    let json = |status: u16| {
        let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap());
        response.content_type("application/json");
        response
    };
    match answer {
        None => HttpResponse::NotFound().finish(),
        Some(Answer::Is(status, body)) => json(status).body(body),
        Some(Answer::Gzip(status, body)) => json(status).insert_header(("Content-Encoding", "gzip")).body(body),
        Some(Answer::Held(permits, status, body)) => {
            permits.acquire().await.unwrap().forget();
            json(status).body(body)
        }
        Some(Answer::Never) => std::future::pending().await,
    }
}
