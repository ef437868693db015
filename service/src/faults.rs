//! Named points in the services at which a harness can make one late, fail a step, pass it over or kill the service.
//!
//! Every binary starts without a plan: a point is then one look at a null pointer, and nothing else. Only what runs a
//! service in its own process can give it a plan; there is no key and no address for it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// What a plan may do at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Possible {
    /// The service can be late or die there, as everywhere.
    Passing,
    /// The step behind the point can also fail.
    Failing,
    /// It can also be left out, and taken for done: a defect, to see whether anybody notices.
    Skipping,
    /// Both.
    FailingOrSkipping,
}

/// Whom the passing of a point is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The service itself.
    Nobody,
    /// An instance: its id is part of what is said.
    Instance,
    /// A gateway: its id is part of what is said.
    Gateway,
}

/// A place in a service, before the step that it is named after.
#[derive(Debug, PartialEq, Eq)]
pub struct Point {
    /// As a plan names it.
    pub name: &'static str,
    /// What comes next there.
    pub what: &'static str,
    /// What a plan may do there.
    pub possible: Possible,
    /// Whom it is about.
    pub about: About,
    /// The timers of those who pass here: a manual clock must not wait for them while they are held up.
    pub timers: &'static [&'static str],
}

/// How a service goes on after a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As always.
    On,
    /// The step fails, without having done anything.
    Fails,
    /// The step is left out, and taken for done.
    Skips,
}

/// Decides at each point. A service that is killed there does not come back from it.
pub trait FaultPlan: Send + Sync {
    /// How to go on. `about`: text with the id of whom the [`Point::about`] is about.
    fn pass<'a>(&'a self, point: &'static Point, about: &'a str) -> Pin<Box<dyn Future<Output = Way> + Send + 'a>>;
}

/// What a service asks at its points. Cheap to clone.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<dyn FaultPlan>>);

impl Faults {
    /// By a plan.
    pub fn planned(plan: Arc<dyn FaultPlan>) -> Self {
        Self(Some(plan))
    }

    /// Whether there is a plan: what only a plan needs is made only then.
    pub fn is_planned(&self) -> bool {
        self.0.is_some()
    }

    /// Passes a point.
    pub async fn pass(&self, point: &'static Point, about: &str) -> Way {
        match &self.0 {
            None => Way::On,
            Some(plan) => plan.pass(point, about).await,
        }
    }
}

/// The same plan, or none.
impl PartialEq for Faults {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Faults(planned)" } else { "Faults(none)" })
    }
}
