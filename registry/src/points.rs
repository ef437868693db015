//! Where a harness can interfere in a registry.

use eurus_service::faults::{About, Point, Possible};

/// Who waits for answers: loops of Eureka clients, and requests at sync-speed.
const CHANGERS: &[&str] = &["registration loop", "request", "recovery"];
const READERS: &[&str] = &["fetch loop", "request", "recovery"];

/// Whatever changes something has come: a registration, heartbeat, cancel, status, override, batch. About the path.
pub const CHANGE: Point = Point {
    name: "change",
    what: "the store is changed",
    possible: Possible::Failing,
    about: About::Instance,
    timers: CHANGERS,
};
/// It is changed, and the read-write cache invalidated. About the path.
pub const CHANGED: Point = Point {
    name: "changed",
    what: "the change is answered",
    possible: Possible::Failing,
    about: About::Instance,
    timers: CHANGERS,
};
/// A list is asked for. About the path.
pub const READ: Point = Point {
    name: "read",
    what: "a list is answered",
    possible: Possible::Failing,
    about: About::Nobody,
    timers: READERS,
};
/// Before each tick of the read-only cache.
pub const READ_ONLY_TICK: Point = Point {
    name: "read-only-tick",
    what: "the read-only cache is brought up to date",
    possible: Possible::Skipping,
    about: About::Nobody,
    timers: &["read-only cache"],
};
/// Before each run that ends leases.
pub const EVICTION: Point = Point {
    name: "eviction",
    what: "leases that are over are ended",
    possible: Possible::Skipping,
    about: About::Nobody,
    timers: &["eviction"],
};

/// All of them.
pub const ALL: [&Point; 5] = [&CHANGE, &CHANGED, &READ, &READ_ONLY_TICK, &EVICTION];
