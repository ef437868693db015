//! Where a harness can interfere in a downline: between any two of its steps, and around each call.

use eurus_service::faults::{About, Point, Possible};

/// Requests, shares of rolling ones and recovery walk the same way.
const WAY: &[&str] = &["request", "rolling offlines", "recovery"];
/// The gateway that waits for the answer.
const ANNOUNCER: &[&str] = &["announcing"];

/// A request has come.
pub const SELECT: Point = Point {
    name: "select",
    what: "the instances that are meant are looked for",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: &["request"],
};
/// The instances are chosen and confirmed; nothing is written yet.
pub const RECORD: Point = Point {
    name: "record",
    what: "the entry is written to the journal",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: WAY,
};
/// The entry is in the journal; nothing is sent yet.
pub const RECORDED: Point = Point {
    name: "recorded",
    what: "the registry is asked",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: WAY,
};
/// Before each change at the registry. About the instance.
pub const REGISTRY_CALL: Point = Point {
    name: "registry-call",
    what: "the registry is told a status, or to remove one",
    possible: Possible::Failing,
    about: About::Instance,
    timers: WAY,
};
/// The registry has answered. About the instance.
pub const REGISTRY_ANSWERED: Point = Point {
    name: "registry-answered",
    what: "the registry's answer is taken in",
    possible: Possible::Passing,
    about: About::Instance,
    timers: WAY,
};
/// All instances are changed at the registry; the journal does not know it yet.
pub const NODES_RECORD: Point = Point {
    name: "nodes-record",
    what: "the registry's answers and the gateways to be told are written to the journal",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: WAY,
};
/// They are in the journal, done; gateways that announced themselves meanwhile are not named yet.
pub const ANNOUNCED_READ: Point = Point {
    name: "announced-read",
    what: "gateways that announced themselves are looked for",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: WAY,
};
/// They are in the journal; no gateway is told yet.
pub const NODES_RECORDED: Point = Point {
    name: "nodes-recorded",
    what: "the gateways are told",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: WAY,
};
/// Before each try to tell a gateway. About the gateway.
pub const GATEWAY_CALL: Point = Point {
    name: "gateway-call",
    what: "one gateway is told",
    possible: Possible::FailingOrSkipping,
    about: About::Gateway,
    timers: &["call to a gateway"],
};
/// The gateway has answered, or failed to. About the gateway.
pub const GATEWAY_ANSWERED: Point = Point {
    name: "gateway-answered",
    what: "one gateway's answer is taken in",
    possible: Possible::Passing,
    about: About::Gateway,
    timers: &["call to a gateway"],
};
/// Gateways have acknowledged; the journal does not know it yet.
pub const ACKNOWLEDGEMENT_RECORD: Point = Point {
    name: "acknowledgement-record",
    what: "gateways' answers are written to the journal",
    possible: Possible::Passing,
    about: About::Nobody,
    // Whatever comes to them meanwhile waits too.
    timers: &["telling gateways", "call to a gateway", "entry for the gateways"],
};
/// A gateway has announced itself. About the gateway.
pub const ANNOUNCEMENT_RECORD: Point = Point {
    name: "announcement-record",
    what: "a gateway that announced itself is written down",
    possible: Possible::Passing,
    about: About::Gateway,
    timers: ANNOUNCER,
};
/// It is written down. About the gateway.
pub const LIVE_MARKS_READ: Point = Point {
    name: "live-marks-read",
    what: "the live marks for a gateway are read",
    possible: Possible::Passing,
    about: About::Gateway,
    timers: ANNOUNCER,
};
/// Everything is done and written down, or refused.
pub const ANSWER: Point = Point {
    name: "answer",
    what: "the caller is answered",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: &["request"],
};

/// All of them, in the order in which a downline passes them. Then those of its Eureka client.
pub fn all() -> Vec<&'static Point> {
    let own = [
        &SELECT,
        &RECORD,
        &RECORDED,
        &REGISTRY_CALL,
        &REGISTRY_ANSWERED,
        &NODES_RECORD,
        &ANNOUNCED_READ,
        &NODES_RECORDED,
        &GATEWAY_CALL,
        &GATEWAY_ANSWERED,
        &ACKNOWLEDGEMENT_RECORD,
        &ANNOUNCEMENT_RECORD,
        &LIVE_MARKS_READ,
        &ANSWER,
    ];
    own.into_iter().chain(eurus_client::points::ALL).collect()
}
