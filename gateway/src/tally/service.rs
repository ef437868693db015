//! What is counted of one service.

use eurus_service::counting::{Grid, Histogram, Observed, Sharded};
use http::StatusCode;

use super::Class;

/// One set per thread.
#[derive(Debug, Default)]
pub(crate) struct ServiceTally(Sharded<Counts>);

#[derive(Debug, Default)]
struct Counts {
    answers: Grid<(Class,)>,
    seconds: Grid<(), Histogram>,
}

impl ServiceTally {
    /// An answer has begun, whoever it is from.
    pub(crate) fn answered(&self, status: StatusCode) {
        self.0.mine().answers.count((Class::from(status),));
    }

    /// A request is over: from its head to the last of its answer.
    pub(crate) fn took_ns(&self, duration_ns: i64) {
        self.0.mine().seconds.cell(()).observe_ns(duration_ns);
    }

    pub(crate) fn answers(&self) -> Vec<((Class,), u64)> {
        self.0.totals(|counts| &counts.answers)
    }

    pub(crate) fn seconds(&self) -> Observed {
        self.0.totals(|counts| &counts.seconds).into_iter().map(|(_, observed)| observed).next().unwrap_or_default()
    }
}
