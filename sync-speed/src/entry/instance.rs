//! One instance of an entry: which registration is meant, and what the registry did.

use std::fmt;

use eurus_model::{InstanceInfo, InstanceStatus};

use crate::registration::Registration;
use crate::store::KeptOut;

/// What happened to one instance at the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Not asked yet.
    Pending,
    /// The registry did it.
    Done,
    /// The registry refused, or is away.
    Refused,
    /// The registry may have done it: its answer was lost and it could not be asked what holds. It is undone later.
    Uncertain,
    /// Done, then undone, because it was refused for another instance.
    RolledBack,
    /// Found overtaken after a restart: a newer entry or registration, or it has left.
    PassedOver,
    /// Behind the address, but not to be touched.
    Skipped,
}

impl Step {
    pub(super) const ALL: [Self; 7] =
        [Self::Pending, Self::Done, Self::Refused, Self::Uncertain, Self::RolledBack, Self::PassedOver, Self::Skipped];

    /// The name in the store and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Uncertain => "uncertain",
            Self::RolledBack => "rolled-back",
            Self::PassedOver => "passed-over",
            Self::Skipped => "skipped",
        }
    }

    /// The opposite of [`Step::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }
}

/// One instance behind the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRecord {
    /// Upper case.
    pub app: String,
    /// Its id in the registry.
    pub instance_id: String,
    /// The registration that is meant.
    pub registration: Registration,
    /// Plain port if that is on, else the TLS port.
    pub port: i32,
    /// The registry's status before anything was asked.
    pub status_before: InstanceStatus,
    /// The registry's status as last read.
    pub status: InstanceStatus,
    /// What the registry did.
    pub step: Step,
    /// Why, where there is a why.
    pub detail: Option<String>,
}

impl InstanceRecord {
    /// From a live read, nothing asked yet.
    pub fn of(instance: &InstanceInfo) -> Self {
        let port = if instance.port.enabled { instance.port } else { instance.secure_port };
        Self {
            app: instance.app.to_uppercase(),
            instance_id: instance.instance_id.clone(),
            registration: Registration::of(instance),
            port: port.number,
            status_before: instance.status,
            status: instance.status,
            step: Step::Pending,
            detail: None,
        }
    }

    /// From the local copy: left out for a reason.
    pub fn skipped(instance: &InstanceInfo, why: &dyn fmt::Display) -> Self {
        Self { step: Step::Skipped, detail: Some(why.to_string()), ..Self::of(instance) }
    }

    /// From the journal: to be brought back, and not shown by the registry. It is asked all the same: it may have come meanwhile.
    pub(crate) fn not_there(kept_out: KeptOut) -> Self {
        let KeptOut { app, instance_id, registration, port } = kept_out;
        Self {
            app,
            instance_id,
            registration,
            port,
            status_before: InstanceStatus::Unknown,
            status: InstanceStatus::Unknown,
            step: Step::Pending,
            detail: None,
        }
    }

    /// Whether the registry did not show it when it was selected.
    pub(crate) fn was_not_there(&self) -> bool {
        self.status_before == InstanceStatus::Unknown
    }

    /// `APP/id`, for people.
    pub fn name(&self) -> String {
        format!("{}/{}", self.app, self.instance_id)
    }
}
