//! The way of an instance's connection from the answer 101, which the pipeline passes on, to the edge, which is the one to
//! join it with the caller's once that answer has left.

use std::cell::RefCell;

use super::Protocols;
use crate::upstream::Connection;

/// One caller's connection has one. Shared, on one thread, by its edge and its requests.
#[derive(Default)]
pub(crate) struct Handover(RefCell<Option<Switched>>);

/// An instance that has switched. Its request is under way there until this is dropped, and it never goes back to the pool.
pub(crate) struct Switched {
    pub(crate) connection: Connection,
    /// What is spoken from now on.
    pub(crate) protocol: Protocols,
}

impl Handover {
    /// The answer is on its way to the caller.
    pub(crate) fn put(&self, switched: Switched) {
        self.0.replace(Some(switched));
    }

    /// The caller's connection carries no HTTP any more; `None`: it has simply ended.
    pub(crate) fn take(&self) -> Option<Switched> {
        self.0.take()
    }
}
