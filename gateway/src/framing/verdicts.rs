//! What the second reading has found, for the request path: one verdict for each request, in their order. Shared by one
//! connection's stream and its requests, on one thread.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::{Fault, Framing};

/// See the module. Callers that send many requests ahead are held back by hyper, which reads no further then.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Of requests whose head was read, and that have not been asked for.
    heads: RefCell<VecDeque<Framing>>,
    /// Requests whose head was asked for, and those read to their end.
    asked: Cell<u64>,
    ended: Cell<u64>,
    /// The head of a further one has begun.
    in_head: Cell<bool>,
    /// The last thing that was read.
    fault: Cell<Option<Fault>>,
}

impl Verdicts {
    /// Of the request that comes next.
    ///
    /// # Errors
    /// [`Fault`] when it must be refused, and the connection closed.
    pub fn next(&self) -> Result<Framing, Fault> {
        let framing = self.heads.borrow_mut().pop_front();
        let framing = framing.ok_or_else(|| self.fault.get().unwrap_or(Fault::OutOfStep))?;
        self.asked.set(self.asked.get() + 1);
        Ok(framing)
    }

    /// What is wrong with the body of the request that was asked for last.
    pub fn body_fault(&self) -> Option<Fault> {
        self.fault.get().filter(|_| self.ended.get() < self.asked.get())
    }

    /// The number of the request whose head has begun and not ended.
    pub(crate) fn unfinished_head(&self) -> Option<u64> {
        self.in_head.get().then(|| self.ended.get())
    }

    pub(super) fn put_in_head(&self, is_in_head: bool) {
        self.in_head.set(is_in_head);
    }

    pub(super) fn put_head(&self, framing: Framing) {
        self.heads.borrow_mut().push_back(framing);
    }

    pub(super) fn put_end(&self) {
        self.ended.set(self.ended.get() + 1);
    }

    pub(super) fn put_fault(&self, fault: Fault) {
        self.fault.set(Some(fault));
    }
}
