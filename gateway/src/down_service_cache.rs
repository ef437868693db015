//! The DownServiceCache: what the gateway was told about instances and the registry's copies may not show yet.
//!
//! A mark is kept apart from the fetched copy and joined with it whenever either changes. It outlives the copies that
//! were under way, or cached at the registry, when the order came; it ends when a later copy has caught up. All its
//! deadlines are compared with the START of the fetch that brought a copy: while no copy arrives, nothing is known
//! that could contradict a mark, and it stays.

mod counters;
mod end;
mod last_numbers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use eurus_model::{Applications, InstanceInfo, InstanceStatus};

use crate::directive::{Directive, DirectiveKind};
use crate::registration::Relation;
pub(crate) use counters::Counters;
pub(crate) use end::EndReason;
use end::end_of;
use last_numbers::LastNumbers;

/// When a mark ends that no newer registration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkLife {
    /// At the first copy after the window that agrees with it; at the bound when none does.
    UntilConfirmed,
    /// At the first copy after the window, whatever it shows: the original's behaviour.
    Plain,
}

/// Life and limits of marks.
#[derive(Clone, Debug)]
pub struct DownServiceCacheConfig {
    /// How long a mark holds at least, milliseconds from its recording to the start of a fetch.
    pub window_ms: i64,
    /// What ends it after the window.
    pub life: MarkLife,
    /// How long an unconfirmed mark holds at most, milliseconds from its recording to the start of a fetch.
    pub bound_ms: i64,
    /// Marks at a time. Beyond: the order is refused, and nothing changes.
    pub marks_max: usize,
    /// Instances whose last number is remembered. Beyond: the oldest is forgotten.
    pub numbers_max: usize,
    /// How long a last number is remembered, milliseconds.
    pub numbers_kept_ms: i64,
}

/// One order in force.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// What was ordered.
    pub(crate) directive: Directive,
    /// When, epoch milliseconds.
    pub(crate) recorded_ms: i64,
    /// Whether a copy fetched after the window still did not agree.
    pub(crate) outlived_window: bool,
}

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It is in force, or was before.
    Applied,
    /// A later downline for this instance came first and is in force: what this one asks for is so.
    DownAlready {
        /// The later order's number.
        last_number: i64,
    },
    /// A later order for this instance came first.
    Superseded {
        /// The later order's number.
        last_number: i64,
    },
    /// The copy shows a later life of the instance than the order means, in the status that the order is against.
    /// Nothing was kept: whoever gave the order must look which life it means.
    OtherRegistration {
        /// `leaseInfo.serviceUpTimestamp` in the copy.
        service_up_ms: i64,
    },
}

/// The limit on marks is reached: nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CacheFull {
    /// The limit.
    pub(crate) marks_max: usize,
}

/// A mark that a fetched copy ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The mark.
    pub(crate) mark: Mark,
    /// Why.
    pub(crate) reason: EndReason,
}

/// What a fetched copy did to the marks.
#[derive(Debug, Default)]
pub(crate) struct Reviewed {
    /// Those it ended.
    pub(crate) ended: Vec<Ended>,
    /// Those that it shows to be needed beyond their window, the first time this was seen.
    pub(crate) outlived: Vec<Mark>,
}

/// The marks, by application and instance id.
pub(crate) struct DownServiceCache {
    config: DownServiceCacheConfig,
    by_app: HashMap<String, HashMap<String, Mark>>,
    count: usize,
    last_numbers: LastNumbers,
    counters: Counters,
}

impl DownServiceCache {
    /// Empty.
    pub(crate) fn new(config: DownServiceCacheConfig) -> Self {
        let last_numbers = LastNumbers::new(config.numbers_max, config.numbers_kept_ms);
        Self { config, by_app: HashMap::new(), count: 0, last_numbers, counters: Counters::default() }
    }

    /// Takes an order in. `fetched` is the instance as the current copy shows it.
    pub(crate) fn record(
        &mut self,
        directive: &Directive,
        fetched: Option<&InstanceInfo>,
        now_ms: i64,
    ) -> Result<Recorded, CacheFull> {
        let (app, id) = (directive.application.as_str(), directive.instance_id.as_str());
        if let Some(last_number) = self.last_numbers.get(app, id).filter(|last| *last > directive.number) {
            if directive.kind == DirectiveKind::Downline && self.is_held_down(app, id, fetched) {
                return Ok(Recorded::DownAlready { last_number });
            }
            self.counters.superseded += 1;
            return Ok(Recorded::Superseded { last_number });
        }
        let held = self.get(app, id).map(|mark| (mark.directive.number, mark.directive.kind));
        if held == Some((directive.number, directive.kind)) {
            return Ok(Recorded::Applied);
        }
        let newer = fetched.filter(|fetched| directive.registration.relation_of(fetched) == Relation::Newer);
        if let Some(newer) = newer.filter(|newer| !directive.is_met_by(newer.status)) {
            self.counters.other_registration += 1;
            return Ok(Recorded::OtherRegistration { service_up_ms: newer.lease.service_up_ms });
        }
        if held.is_none() && self.count >= self.config.marks_max {
            self.counters.refused_full += 1;
            return Err(CacheFull { marks_max: self.config.marks_max });
        }
        self.last_numbers.remember(app, id, directive.number, now_ms);
        self.counters.recorded += 1;
        if newer.is_some() {
            // What was meant is gone; its successor is as ordered by itself, and need not stay so.
            self.remove(app, id);
        } else {
            let mark = Mark { directive: directive.clone(), recorded_ms: now_ms, outlived_window: false };
            let before = self.by_app.entry(app.to_owned()).or_default().insert(id.to_owned(), mark);
            self.count += usize::from(before.is_none());
        }
        Ok(Recorded::Applied)
    }

    /// Takes in an order that was given before and may not have been heard; whether it was new here. One that is known, that
    /// was overtaken, or whose life of the instance is over in the current copy, changes nothing: what has happened since
    /// counts.
    pub(crate) fn recall(
        &mut self,
        directive: &Directive,
        fetched: Option<&InstanceInfo>,
        now_ms: i64,
    ) -> Result<bool, CacheFull> {
        let last_number = self.last_numbers.get(&directive.application, &directive.instance_id);
        let is_known = last_number.is_some_and(|last| last >= directive.number);
        let is_over = fetched.is_some_and(|fetched| directive.registration.relation_of(fetched) == Relation::Newer);
        if is_known || is_over {
            return Ok(false);
        }
        self.record(directive, fetched, now_ms).map(|recorded| recorded == Recorded::Applied)
    }

    /// The mark that decides the status of a fetched instance, if one does, and that status.
    pub(crate) fn decide(&self, app: &str, fetched: &InstanceInfo) -> Option<(&Mark, InstanceStatus)> {
        let mark = self.get(app, &fetched.instance_id)?;
        if mark.directive.registration.relation_of(fetched) != Relation::Same {
            return None;
        }
        match (mark.directive.kind, fetched.status) {
            (DirectiveKind::Downline, _) => Some((mark, InstanceStatus::OutOfService)),
            // An instance that says itself that it is not ready is not made ready by an upline.
            (DirectiveKind::Upline, InstanceStatus::OutOfService) => Some((mark, InstanceStatus::Up)),
            (DirectiveKind::Upline, _) => None,
        }
    }

    /// Looks at every mark with a fetched copy in hand and takes out those that end with it.
    pub(crate) fn review(&mut self, started_ms: i64, registry: &Applications) -> Reviewed {
        let Self { config, by_app, .. } = self;
        let mut reviewed = Reviewed::default();
        for (app, marks) in by_app.iter_mut() {
            marks.retain(|id, mark| {
                let fetched = registry.get(app, id).map(AsRef::as_ref);
                if let Some(reason) = end_of(mark, started_ms, fetched, config) {
                    reviewed.ended.push(Ended { mark: mark.clone(), reason });
                    return false;
                }
                let contradicts = fetched.is_some_and(|fetched| !mark.agrees_with(fetched.status));
                if contradicts && !mark.outlived_window && started_ms >= mark.recorded_ms + config.window_ms {
                    mark.outlived_window = true;
                    reviewed.outlived.push(mark.clone());
                }
                true
            });
        }
        by_app.retain(|_, marks| !marks.is_empty());
        self.count -= reviewed.ended.len();
        self.counters.count(&reviewed);
        reviewed
    }

    /// One mark.
    pub(crate) fn get(&self, app: &str, id: &str) -> Option<&Mark> {
        self.by_app.get(app)?.get(id)
    }

    /// All marks, in no order.
    pub(crate) fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.by_app.values().flat_map(HashMap::values)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Counted since the start.
    pub(crate) fn counters(&self) -> Counters {
        self.counters
    }

    /// Life and limits.
    pub(crate) fn config(&self) -> &DownServiceCacheConfig {
        &self.config
    }

    /// Whether a downline decides about the instance now.
    fn is_held_down(&self, app: &str, id: &str, fetched: Option<&InstanceInfo>) -> bool {
        let means = |mark: &Mark, fetched| mark.directive.registration.relation_of(fetched) == Relation::Same;
        self.get(app, id).is_some_and(|mark| {
            mark.directive.kind == DirectiveKind::Downline && fetched.is_none_or(|fetched| means(mark, fetched))
        })
    }

    fn remove(&mut self, app: &str, id: &str) {
        let Some(marks) = self.by_app.get_mut(app) else { return };
        self.count -= usize::from(marks.remove(id).is_some());
        if marks.is_empty() {
            self.by_app.remove(app);
        }
    }
}

impl fmt::Display for CacheFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the DownServiceCache is full ({} marks): nothing was changed", self.marks_max)
    }
}

impl std::error::Error for CacheFull {}
