//! Where a harness can interfere in a client.

use eurus_service::faults::{About, Point, Possible};

/// Before the registry is asked for its list or for what has changed.
pub const FETCH: Point = Point {
    name: "fetch",
    what: "the registry is asked",
    possible: Possible::Failing,
    about: About::Nobody,
    timers: &["fetch loop"],
};
/// Between an answer and what it makes of the copy.
pub const TAKE_IN: Point = Point {
    name: "take-in",
    what: "the answer to a fetch is taken in",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: &["fetch loop"],
};
/// After that, before the next fetch is planned.
pub const TAKEN_IN: Point = Point {
    name: "taken-in",
    what: "the next fetch is planned",
    possible: Possible::Passing,
    about: About::Nobody,
    timers: &["fetch loop"],
};
/// Before a heartbeat, or a registration where none is known.
pub const HEARTBEAT: Point = Point {
    name: "heartbeat",
    what: "the lease is renewed, or the registration sent",
    possible: Possible::Failing,
    about: About::Nobody,
    timers: &["registration loop"],
};

/// All of them.
pub const ALL: [&Point; 4] = [&FETCH, &TAKE_IN, &TAKEN_IN, &HEARTBEAT];
