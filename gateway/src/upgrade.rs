//! A connection that leaves HTTP: a caller asks for another protocol, WebSocket most often, and an instance agrees with
//! `101 Switching Protocols`. From then on bytes pass both ways until both sides have ended.
//!
//! ```text
//! pipeline: wanted ─► headers ─► send ─► 101, and one that was asked for ─► answer::switch ─► edge: carry
//! ```
//!
//! A stream of HTTP/2 does the same by an extended CONNECT, which is answered 200.
//!
//! Only the edge can carry it out: the caller's connection is its to take apart once the 101 has left.
//!
//! | module | what |
//! |---|---|
//! | `protocols` | what a caller asks for, and whether an instance's 101 is one of these |
//! | `extended_connect` | the same of a stream of HTTP/2: what instances are asked for it |
//! | `handover` | the instance's side of it, from the answer to the edge |
//! | `carry` | one such connection until it ends |
//! | `tunnel` | bytes both ways |
//! | `side` | one side of a tunnel: what was read too far first, then its stream |

mod carry;
pub(crate) mod extended_connect;
pub(crate) mod handover;
mod protocols;
mod side;
mod tunnel;

pub(crate) use carry::carry;
pub(crate) use handover::Handover;
pub(crate) use protocols::Protocols;
