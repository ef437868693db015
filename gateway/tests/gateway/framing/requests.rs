//! Every row of the table, through a gateway to an instance that takes down what it really receives.

use super::rows::{Row, all};
use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::soon;
use crate::support::wire::{Message, Received, Wire, instance};

/// The least that the table must hold.
const ROWS_MIN: usize = 80;

/// What the gateway says of the way, and to whom: known and the same for each request.
const OF_THE_WAY: [&str; 4] = ["host: ", "forwarded: ", "x-forwarded-", "x-request-id: "];

/// Answers with the target, so that an answer tells its request.
fn answer(message: &Message) -> (Vec<u8>, bool) {
    let target = message.first.split(' ').nth(1).unwrap_or_default();
    let body = if message.first.starts_with("HEAD") { "" } else { target };
    (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", target.len()).into_bytes(), false)
}

fn in_a_line(message: &Message) -> String {
    let request = message.first.strip_suffix(" HTTP/1.1").unwrap_or(&message.first);
    let is_callers = |line: &&String| !OF_THE_WAY.iter().any(|start| line.starts_with(start));
    let mut headers: Vec<&str> = message.headers.iter().filter(is_callers).map(String::as_str).collect();
    // The order of different headers means nothing; that of equal ones stays.
    headers.sort_by_key(|line| line.split(':').next());
    let line = format!("{request} [{}] {}", headers.join("; "), message.body.escape_ascii());
    // What is no UTF-8 was replaced when it was read.
    line.trim_end().replace('\u{fffd}', "\\xe4")
}

fn status(message: &Message) -> u16 {
    message.first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// Sends a row; what is wrong, if anything.
async fn run(row: &Row, gateway: &Gateway, received: &Received) -> Result<(), String> {
    let mut caller = Wire::connect(gateway.data).await;
    caller.send(row.sent).await;
    let mut answers = Vec::new();
    for _ in row.answers {
        answers.extend(soon(row.name, caller.message(!row.sent.starts_with(b"HEAD"))).await);
    }
    let statuses: Vec<u16> = answers.iter().map(status).collect();
    if statuses != row.answers {
        return Err(format!("answers {statuses:?} and not {:?}: {answers:?}", row.answers));
    }
    if row.closes {
        let rest = soon(row.name, caller.rest()).await;
        if !rest.is_empty() {
            return Err(format!("more than its answers: {}", rest.escape_ascii()));
        }
    } else {
        in_step(&mut caller, "/probe").await?;
    }
    // On another connection: whatever there is behind the last answer has gone to the instance by its answer.
    in_step(&mut Wire::connect(gateway.data).await, "/fence").await?;
    let is_probe = |line: &String| line.starts_with("GET /probe ") || line.starts_with("GET /fence ");
    let is_cut = |line: &String| line.starts_with("UNFINISHED POST /unfinished ");
    let received: Vec<String> = received.take().iter().map(|(_, message)| in_a_line(message)).collect();
    let whole: Vec<&String> = received.iter().filter(|line| !is_probe(line) && !is_cut(line)).collect();
    if whole != row.received { Err(format!("received {whole:#?} and not {:#?}", row.received)) } else { Ok(()) }
}

/// A request gets its own answer.
async fn in_step(caller: &mut Wire, target: &str) -> Result<(), String> {
    caller.send(format!("GET /java-service{target} HTTP/1.1\r\nHost: g\r\n\r\n").as_bytes()).await;
    let answer = soon(target, caller.message(true)).await.ok_or_else(|| format!("{target}: no answer"))?;
    if answer.body == target.as_bytes() { Ok(()) } else { Err(format!("{target}: out of step: {answer:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_refused_or_received_as_it_was_meant() {
    let (address, received) = instance(2, answer).await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let (mut count, mut wrong) = (0, Vec::new());
    for row in all() {
        count += 1;
        if let Err(why) = run(&row, &gateway, &received).await {
            wrong.push(format!("{}: {why}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= ROWS_MIN, "only {count} rows");
    gateway.stop().await.unwrap();
}
