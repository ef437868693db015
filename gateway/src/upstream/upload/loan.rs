//! A body that a connection of HTTP/1.1 has, and that may be taken back: a connection gives back what it has not begun with, and
//! keeps the rest.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Streamed, Upload, Whose};

/// See the module. `None`: there is no body, and nothing to take back.
#[derive(Debug)]
pub(in crate::upstream) struct Loan(Option<Rc<RefCell<Option<Streamed>>>>);

impl Upload {
    /// The same body, to be sent; and the right to take it back.
    pub(in crate::upstream) fn lend(self) -> (Self, Loan) {
        let lent = match self.0 {
            Whose::Nobodys => return (self, Loan(None)),
            Whose::Own(streamed) => Rc::new(RefCell::new(Some(streamed))),
            Whose::Lent(lent) => lent,
        };
        (Self(Whose::Lent(Rc::clone(&lent))), Loan(Some(lent)))
    }
}

impl Loan {
    /// The body, if it can begin anew. Whoever still sends it finds it broken off.
    pub(in crate::upstream) fn take_back(self) -> Option<Upload> {
        let Some(lent) = self.0 else { return Some(Upload::none()) };
        let mut upload = Upload(Whose::Own(lent.take()?));
        upload.rewind().then_some(upload)
    }

    /// It will not be taken back.
    pub(in crate::upstream) fn let_go(self) {
        if let Some(lent) = self.0
            && let Some(streamed) = lent.borrow_mut().as_mut()
        {
            streamed.kept.let_go();
        }
    }
}
