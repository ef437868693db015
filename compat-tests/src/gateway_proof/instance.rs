//! An instance, a process of its own: it registers, renews, serves HTTP/1.1 and h2c on one port, and does to its callers what it
//! is told line by line on its standard input.

mod answers;
mod bodies;
mod grpc_server;
mod line;
mod mood;
mod registered;
mod serving;
mod web_socket;

use std::io::BufRead as _;
use std::net::SocketAddr;
use std::sync::Arc;

use eurus_service::Clock;
use tokio::sync::mpsc;

use self::mood::Mood;
pub use self::mood::Sabotage;
use self::registered::Registered;
use super::fate::Fate;
use crate::Failure;

/// Which instance says, in each answer, that it is from it.
pub(super) const INSTANCE_HEADER: &str = "x-instance";
/// Whose answer it is.
pub(super) const NUMBER_HEADER: &str = "x-number";
/// Between two times that idle connections are closed.
const CLOSES_EVERY_MS: i64 = 30;

/// The command line of an instance.
#[derive(clap::Args, Clone, Debug)]
pub struct InstanceArgs {
    /// Its number among the instances
    #[arg(long)]
    number: usize,
    /// Where it listens
    #[arg(long, value_name = "IP:PORT")]
    at: SocketAddr,
    /// Service URL of the registry
    #[arg(long, value_name = "URL")]
    registry: String,
    /// It asks for HTTP/2, in its registration
    #[arg(long)]
    http2: bool,
    /// What it does wrong, to see that it is noticed
    #[arg(long, value_enum)]
    sabotage: Option<Sabotage>,
}

/// Serves until it is told to exit, or its standard input ends.
///
/// # Errors
/// An address that cannot be bound.
pub async fn run(arguments: InstanceArgs) -> Result<(), Failure> {
    let InstanceArgs { number, at, registry, http2, sabotage } = arguments;
    let clock = Clock::system();
    let mood = Arc::new(Mood::new(number, sabotage, clock.clone()));
    let listener = tokio::net::TcpListener::from_std(crate::stack::bind(at)?.0)?;
    tokio::spawn(serving::serve(listener, Arc::clone(&mood)));
    let registered = Registered::start(at, &registry, http2, clock.clone())?;
    let mut commands = commands()?;
    let mut timer = clock.timer("close-idle");
    loop {
        let closes = mood.fate() == Some(Fate::CloseIdle);
        let command = tokio::select! {
            command = commands.recv() => command,
            () = timer.sleep_ms(CLOSES_EVERY_MS), if closes => {
                mood.close_connections();
                continue;
            }
        };
        match command.as_deref() {
            None => return Ok(()),
            Some("leave") => registered.leave(),
            Some("join") => registered.join(),
            Some("exit") => {
                mood.close_connections();
                mood.until_connections_have_ended().await;
                return Ok(());
            }
            Some(word) => mood.become_like(Fate::named(word)),
        }
    }
}

/// Lines of the standard input; none is left when it has ended.
fn commands() -> Result<mpsc::UnboundedReceiver<String>, Failure> {
    let (say, said) = mpsc::unbounded_channel();
    // A thread of its own: the runtime would wait for a read that never ends.
    let read = move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_ok_and(|line| say.send(line).is_ok()) {
                continue;
            }
            return;
        }
    };
    std::thread::Builder::new().name("stdin".to_owned()).spawn(read)?;
    Ok(said)
}
