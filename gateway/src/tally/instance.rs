//! What is counted of one instance.

use std::sync::Arc;

use eurus_service::counting::{Grid, Histogram, Observed, Sharded};
use http::StatusCode;

use super::{Class, ServiceTally};

/// Of an instance, and of its service. An instance beyond the limit is counted with its service only.
#[derive(Debug, Default)]
pub(crate) struct InstanceTally {
    service: Arc<ServiceTally>,
    own: Option<Box<Sharded<Counts>>>,
}

#[derive(Debug, Default)]
struct Counts {
    answers: Grid<(Class,)>,
    failures: Grid<()>,
    waited: Grid<(), Histogram>,
}

/// All that was counted of an instance.
#[derive(Debug, Default)]
pub(crate) struct InstanceTotals {
    pub(crate) answers: Vec<((Class,), u64)>,
    pub(crate) failures: u64,
    pub(crate) waited: Observed,
}

impl InstanceTally {
    /// Of an instance of this service.
    pub(super) fn of(service: Arc<ServiceTally>, is_counted_apart: bool) -> Self {
        Self { service, own: is_counted_apart.then(Box::default) }
    }

    pub(crate) fn service(&self) -> &Arc<ServiceTally> {
        &self.service
    }

    #[cfg(test)]
    pub(super) fn is_counted_apart(&self) -> bool {
        self.own.is_some()
    }

    /// It answered: the head came so long after the try had begun.
    pub(crate) fn answered(&self, status: StatusCode, waited_ns: i64) {
        let Some(own) = &self.own else { return };
        let counts = own.mine();
        counts.answers.count((Class::from(status),));
        counts.waited.cell(()).observe_ns(waited_ns);
    }

    /// A try ended without an answer.
    pub(crate) fn failed(&self) {
        if let Some(own) = &self.own {
            own.mine().failures.count(());
        }
    }

    pub(crate) fn totals(&self) -> InstanceTotals {
        let Some(own) = &self.own else { return InstanceTotals::default() };
        let waited = own.totals(|counts| &counts.waited).into_iter().map(|(_, observed)| observed).next();
        InstanceTotals {
            answers: own.totals(|counts| &counts.answers),
            failures: own.totals(|counts| &counts.failures).into_iter().map(|(_, count)| count).sum(),
            waited: waited.unwrap_or_default(),
        }
    }
}
