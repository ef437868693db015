//! Where a harness can interfere in a gateway.

use eurus_service::faults::{About, Point, Possible};

/// Who waits for the answer to an order: sync-speed.
const ORDERER: &[&str] = &["call to a gateway"];

/// An order has come; nothing is changed yet. About the instance.
pub const ORDER: Point = Point {
    name: "order",
    what: "the mark is set and the list published",
    possible: Possible::Failing,
    about: About::Instance,
    timers: ORDERER,
};
/// The list is published; requests that were picked from the one before may still be on their way. About the instance.
pub const ORDER_PUBLISHED: Point = Point {
    name: "order-published",
    what: "requests picked before are waited for",
    possible: Possible::Skipping,
    about: About::Instance,
    timers: ORDERER,
};
/// None of them is left. About the instance.
pub const ACKNOWLEDGE: Point = Point {
    name: "acknowledge",
    what: "the order is acknowledged",
    possible: Possible::Failing,
    about: About::Instance,
    timers: ORDERER,
};
/// A request has its instance and a connection to it. About the instance.
pub const REQUEST_PICKED: Point = Point {
    name: "request-picked",
    what: "it is looked whether the instance is still in rotation",
    possible: Possible::Passing,
    about: About::Instance,
    timers: &[],
};
/// It was; the first byte is not written yet. About the instance.
pub const REQUEST_STARTED: Point = Point {
    name: "request-started",
    what: "the request is sent",
    possible: Possible::Passing,
    about: About::Instance,
    timers: &[],
};

/// Who waits for the live marks.
const ANNOUNCER: &[&str] = &["announcing"];

/// Before each announcement, the first of which holds up the start.
pub const ANNOUNCE: Point = Point {
    name: "announce",
    what: "sync-speed is told of the gateway and asked for the live marks",
    possible: Possible::Failing,
    about: About::Nobody,
    timers: ANNOUNCER,
};
/// sync-speed has answered.
pub const LIVE_MARKS: Point = Point {
    name: "live-marks",
    what: "the live marks are taken in",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: ANNOUNCER,
};

/// All of them. Then those of its Eureka client.
pub fn all() -> Vec<&'static Point> {
    let own = [&ORDER, &ORDER_PUBLISHED, &ACKNOWLEDGE, &REQUEST_PICKED, &REQUEST_STARTED, &ANNOUNCE, &LIVE_MARKS];
    own.into_iter().chain(eurus_client::points::ALL).collect()
}
