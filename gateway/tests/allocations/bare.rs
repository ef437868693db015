//! hyper between a caller and an instance, and nothing else: what comes is sent on as it is, over one connection.

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;

use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::LocalSet;

/// One caller after the other, on a thread of its own, until the process ends.
pub(crate) fn start(instance: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, serve(listener, instance));
    });
    address
}

async fn serve(listener: TcpListener, instance: SocketAddr) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let stream = TcpStream::connect(instance).await.unwrap();
    let (sender, connection) = client::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::task::spawn_local(connection);
    let sender = Rc::new(Mutex::new(sender));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(|request: http::Request<Incoming>| {
            let sender = Rc::clone(&sender);
            async move {
                let mut sender = sender.lock().await;
                sender.ready().await?;
                sender.send_request(request).await
            }
        });
        // Whatever ends it: the next one comes.
        drop(server::Builder::new().serve_connection(TokioIo::new(stream), service).await);
    }
}
