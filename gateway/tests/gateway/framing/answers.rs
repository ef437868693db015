//! What an instance may answer: passed on as one answer, or a 502, or a caller's connection that is cut. Whatever follows an
//! answer on the instance's connection never becomes the answer of another request.

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::soon;
use crate::support::wire::{Message, Wire, instance};

/// What becomes of an answer.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Its status, and its body whole.
    Passed(u16, &'static str),
    /// It begins, and is cut off: the caller can see that it is not whole.
    Cut,
}

use Outcome::{Cut, Passed};

struct Row {
    name: &'static str,
    method: &'static str,
    /// What the instance sends.
    sent: &'static [u8],
    /// Whether it closes then.
    ends: bool,
    outcome: Outcome,
    /// Whether the gateway's connection to it may carry the next request.
    goes_on: bool,
}

const fn row(name: &'static str, sent: &'static [u8], outcome: Outcome, goes_on: bool) -> Row {
    Row { name, method: "GET", sent, ends: false, outcome, goes_on }
}

const fn ending(name: &'static str, sent: &'static [u8], outcome: Outcome) -> Row {
    Row { ends: true, ..row(name, sent, outcome, false) }
}

const fn bad(name: &'static str, sent: &'static [u8]) -> Row {
    row(name, sent, Passed(502, ""), false)
}

const fn head(name: &'static str, sent: &'static [u8], goes_on: bool) -> Row {
    Row { method: "HEAD", ..row(name, sent, Passed(200, ""), goes_on) }
}

const ROWS: [Row; 46] = [
    row("a length", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Passed(200, "hello"), true),
    row(
        "chunks",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        Passed(200, "5\r\nhello\r\n0\r\n\r\n"),
        true,
    ),
    row("no reason", b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", Passed(200, "ok"), true),
    row("LF alone is read as it is meant", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", Passed(200, "ok"), true),
    row(
        "an interim answer does not pass",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        Passed(200, "ok"),
        true,
    ),
    row(
        "several interim answers",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 X\r\n\r\n\
          HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        Passed(200, "ok"),
        true,
    ),
    ending("until the connection ends", b"HTTP/1.1 200 OK\r\n\r\nhello", Passed(200, "5\r\nhello\r\n0\r\n\r\n")),
    ending("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nhello", Passed(200, "5\r\nhello\r\n0\r\n\r\n")),
    row(
        "Connection: close",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        Passed(200, "ok"),
        false,
    ),
    row("204", b"HTTP/1.1 204 No Content\r\n\r\n", Passed(204, ""), true),
    row("204 with a length of zero", b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", Passed(204, ""), true),
    row(
        "304 with the length of what it stands for",
        b"HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n",
        Passed(304, ""),
        true,
    ),
    head("HEAD with a length", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true),
    head("HEAD with chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true),
    // What follows an answer.
    row(
        "204 with a body",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 38\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Passed(204, ""),
        false,
    ),
    row(
        "204 with chunks",
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Passed(204, ""),
        false,
    ),
    row(
        "204 with a length, and nothing",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        Passed(204, ""),
        false,
    ),
    row("304 with a body", b"HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\nhello", Passed(304, ""), false),
    head("HEAD with a body", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false),
    row(
        "a second answer behind the first",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        Passed(200, "ok"),
        false,
    ),
    row("more bytes than its length", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!!", Passed(200, "ok"), false),
    row(
        "bytes behind the last chunk",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\r\n!!",
        Passed(200, "2\r\nok\r\n0\r\n\r\n"),
        false,
    ),
    row(
        "a second answer behind 204",
        b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        Passed(204, ""),
        false,
    ),
    // Where it ends can be read in two ways.
    bad("two lengths that differ", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"),
    bad("two lengths that are the same", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
    bad("a list of lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"),
    bad("a length with a sign", b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"),
    bad("a length beyond 64 bits", b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551618\r\n\r\nok"),
    bad(
        "a length beside chunks",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    bad("a coding under the chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    bad("a coding that is none", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: cow\r\n\r\nhello"),
    bad(
        "chunks twice",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    bad("chunks in HTTP/1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    // What is no answer.
    bad("garbage", b"\x16\x03\x01\0\0\r\n\r\n"),
    bad("another protocol", b"220 mail.example ESMTP\r\n"),
    bad("a status that is none", b"HTTP/1.1 2000 OK\r\n\r\n"),
    bad("a blank in a name", b"HTTP/1.1 200 OK\r\nX A: 1\r\nContent-Length: 0\r\n\r\n"),
    bad("a NUL in a value", b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n"),
    bad("a folded value", b"HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
    bad("101 that nobody asked for", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    ending("it closes at once", b"", Passed(502, "")),
    ending("it closes in the middle of a head", b"HTTP/1.1 200 OK\r\nContent-", Passed(502, "")),
    // What ends too early.
    ending("half a body", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", Cut),
    ending("half a chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", Cut),
    ending("no last chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", Cut),
    row("a bad chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nx\r\n", Cut, false),
];

/// Whether a caller, who reads by a message's own account of where it ends, has read what was expected.
fn check(row: &Row, read: Option<Message>) -> Result<(), String> {
    let (status, body) = match (&read, &row.outcome) {
        (None, Cut) => return Ok(()),
        (Some(message), Passed(_, _)) => (message.first.split(' ').nth(1).unwrap_or_default(), &message.body),
        _ => return Err(format!("{read:?} and not {:?}", row.outcome)),
    };
    match row.outcome {
        // The gateway's own answer, with its reason.
        Passed(502, _) if status == "502" => Ok(()),
        Passed(expected, whole) if status == expected.to_string() && body == whole.as_bytes() => Ok(()),
        _ => Err(format!("{read:?} and not {:?}", row.outcome)),
    }
}

async fn run(row: &'static Row) -> Result<(), String> {
    let answer = |message: &Message| match message.first.contains(" /row ") {
        true => (row.sent.to_vec(), row.ends),
        false => (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext".to_vec(), false),
    };
    let (address, received) = instance(2, answer).await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    // One connection of a caller stays with one data-plane thread, and so with one pool.
    let mut caller = Wire::connect(gateway.data).await;
    caller.send(format!("{} /java-service/row HTTP/1.1\r\nHost: g\r\n\r\n", row.method).as_bytes()).await;
    check(row, soon(row.name, caller.message(row.method != "HEAD")).await)?;
    if row.outcome == Cut {
        caller = Wire::connect(gateway.data).await;
    }
    for target in ["/next", "/next"] {
        caller.send(format!("GET /java-service{target} HTTP/1.1\r\nHost: g\r\n\r\n").as_bytes()).await;
        let next = soon(row.name, caller.message(true)).await.ok_or("no next answer")?;
        if next.body != b"next" {
            return Err(format!("out of step: {next:?}"));
        }
    }
    let received = received.take();
    let targets: Vec<&str> = received.iter().map(|(_, message)| message.first.split(' ').nth(1).unwrap()).collect();
    if targets != ["/row", "/next", "/next"] {
        return Err(format!("received {targets:?}"));
    }
    let went_on = received[0].0 == received[1].0;
    if went_on != row.goes_on {
        Err(format!("the connection went on: {went_on}"))
    } else {
        gateway.stop().await.map_err(|error| error.to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_is_passed_whole_or_not_at_all_and_the_next_is_in_step() {
    let mut wrong = Vec::new();
    for row in &ROWS {
        if let Err(why) = run(row).await {
            wrong.push(format!("{}: {why}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}
