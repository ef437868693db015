//! `eurus offline`, `eurus online`, `eurus watch`: sync-speed from a shell, a unit file or a deploy script.
//!
//! | module | what |
//! |---|---|
//! | `arguments` | what can be said, and what is a mistake |
//! | `body` | the request that it makes |
//! | `token` | the secret: from the environment or a file, never from the command line |
//! | `server` | calls to sync-speed, one node or several |
//! | `transport` | one exchange, plain or over TLS |
//! | `answer` | an entry or a refusal, as sync-speed answers it |
//! | `report` | the same for a person, with what to do |
//! | `following` | an entry until its end: by events, or by asking |
//! | `events` | server-sent events, from bytes |
//! | `screen` | where words go: result, progress, colour |

mod answer;
mod arguments;
mod body;
mod events;
mod following;
mod report;
mod screen;
mod server;
mod token;
mod transport;

use std::process::ExitCode;

use eurus_service::Clock;

use answer::{Entry, Outcome};
pub use arguments::{OfflineArgs, OnlineArgs, WatchArgs};
use following::{Followed, Following};
use screen::Screen;
use server::{Call, NoAnswer, Reply, Server};

/// What the exit code says; the help of each command lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The registry and every gateway did it; with `--async`: it is written down.
    Done = 0,
    /// It failed, was refused, or nobody answered.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The registry did it, some gateway has not acknowledged.
    Partial = 3,
    /// The registry and every gateway did it, and requests are still under way, or that is not known.
    NotDrained = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An order, ready to be sent.
struct Order {
    call: Call,
    /// The answer is not waited for; or it is, by following the entry, because it may take long.
    then: Then,
    /// How a person calls it: "offline of 10.0.0.1".
    what: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    WaitForTheAnswer,
    Leave,
    Follow,
}

/// `eurus offline`.
pub async fn offline(arguments: OfflineArgs, clock: Clock) -> Exit {
    let screen = Screen::new(arguments.server.json, clock.clone());
    let prepared = arguments.check().and_then(|()| Ok((Server::new(&arguments.server)?, arguments.order())));
    match prepared {
        Ok((server, order)) => send(&server, order, &screen, &clock).await,
        Err(mistake) => usage(&screen, &mistake),
    }
}

/// `eurus online`.
pub async fn online(arguments: OnlineArgs, clock: Clock) -> Exit {
    let screen = Screen::new(arguments.server.json, clock.clone());
    let prepared = arguments.check().and_then(|()| Ok((Server::new(&arguments.server)?, arguments.order())));
    match prepared {
        Ok((server, order)) => send(&server, order, &screen, &clock).await,
        Err(mistake) => usage(&screen, &mistake),
    }
}

/// `eurus watch`.
pub async fn watch(arguments: WatchArgs, clock: Clock) -> Exit {
    let screen = Screen::new(arguments.server.json, clock.clone());
    match arguments.check().and_then(|()| Server::new(&arguments.server)) {
        Ok(server) => follow(&server, &arguments.id, true, &screen, &clock).await,
        Err(mistake) => usage(&screen, &mistake),
    }
}

fn usage(screen: &Screen, mistake: &str) -> Exit {
    screen.complain(mistake);
    Exit::Usage
}

async fn send(server: &Server, order: Order, screen: &Screen, clock: &Clock) -> Exit {
    let reply = match screen.during(&order.what, server.call(&order.call)).await {
        Ok(reply) => reply,
        Err(no_answer) => return unanswered(screen, &no_answer),
    };
    let entry = match reply.entry() {
        Ok(entry) => entry,
        Err(why) => return refused(screen, &reply, &why),
    };
    let is_only_recorded = reply.status == 202;
    if is_only_recorded && order.then == Then::Follow {
        return follow(server, &entry.id, false, screen, clock).await;
    }
    show(screen, &entry, &reply.text);
    match order.then {
        Then::Leave if is_only_recorded => {
            screen.advise(&format!("it is being carried out; follow it with: eurus watch {}", entry.id));
            Exit::Done
        }
        _ => exit_of(&entry),
    }
}

async fn follow(server: &Server, id: &str, says_changes: bool, screen: &Screen, clock: &Clock) -> Exit {
    match Following::new(server, id, says_changes, screen, clock).until_its_end().await {
        Followed::Ended(entry, raw) => {
            // With --json each change was printed as it came, the last one too.
            if !(says_changes && screen.is_json()) {
                show(screen, &entry, &raw);
            }
            exit_of(&entry)
        }
        Followed::OutOfTime(last) => {
            let state = last.map_or_else(|| "nothing is known of it yet".to_owned(), |entry| report::summary(&entry));
            screen.complain(&format!("{id}: the time to watch is over: {state}"));
            screen.advise(&format!("it goes on all the same; follow it with: eurus watch {id}"));
            Exit::Partial
        }
        Followed::Refused(reply) => {
            let why = reply.entry().err().unwrap_or_default();
            refused(screen, &reply, &why)
        }
        Followed::Lost(no_answer) => {
            screen.complain(&format!("{id}: sync-speed does not answer: {}", no_answer.why()));
            screen.advise(&format!("it may go on all the same; ask again with: eurus watch {id}"));
            Exit::Failed
        }
    }
}

fn show(screen: &Screen, entry: &Entry, raw: &str) {
    if screen.is_json() {
        screen.say_raw(raw);
        return;
    }
    for line in report::lines(entry) {
        screen.say(&line);
    }
    for advice in report::advice(entry) {
        screen.advise(&advice);
    }
}

fn refused(screen: &Screen, reply: &Reply, why: &str) -> Exit {
    if screen.is_json() {
        screen.say_raw(&reply.text);
        return Exit::Failed;
    }
    match reply.problem() {
        Some(problem) => {
            screen.complain(&format!("{}: {}", problem.error, problem.message));
            for advice in report::advice_on(&problem, reply) {
                screen.advise(&advice);
            }
        }
        // As sync-speed and others say it.
        None if reply.status == 400 && ["TLS", "HTTPS"].iter().any(|name| reply.text.contains(name)) => {
            screen.complain("this port speaks TLS, nothing was done");
            screen.advise(server::USE_HTTPS);
        }
        None => {
            screen.complain(&format!("answered {}: {why}", reply.status));
            screen.advise("is --url the address of sync-speed? 8090 is its port by default");
        }
    }
    Exit::Failed
}

fn unanswered(screen: &Screen, no_answer: &NoAnswer) -> Exit {
    screen.complain(&no_answer.to_string());
    screen.advise(no_answer.advice());
    Exit::Failed
}

fn exit_of(entry: &Entry) -> Exit {
    match entry.outcome() {
        Outcome::Done if entry.drain.as_ref().is_some_and(|drain| drain.state != "drained") => Exit::NotDrained,
        Outcome::Done => Exit::Done,
        Outcome::Partial | Outcome::UnderWay => Exit::Partial,
        Outcome::Failed | Outcome::Unknown => Exit::Failed,
    }
}
