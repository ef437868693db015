//! The registry's part: the override is set or removed for every instance, as one unit where that is possible.

mod roll_back;

use eurus_client::{Changed, ClientError, InstanceInfo, Outcome, Registries};
use eurus_model::InstanceStatus;
use eurus_service::Faults;
use eurus_service::faults::Way;

use crate::entry::{InstanceRecord, Step};
use crate::points;
use crate::registration::Registration;
use crate::registry_time::{CallFailure, RegistryTime};
use roll_back::roll_back;

/// What the registry's part came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All instances.
    Done,
    /// Some, and it could not be undone (or should not be): the gateways are told about those.
    Partly(String),
    /// None: nothing has changed.
    Failed(String),
    /// Of some instance it is not known, and it could not be undone yet; of the others, none.
    Unknown(String),
}

/// The registry, and until when it may answer.
#[derive(Clone, Copy)]
pub struct AtRegistry<'a> {
    /// Where it is asked.
    pub registries: &'a Registries,
    /// The deadline over all calls.
    pub time: RegistryTime,
    /// A harness's plan.
    pub faults: &'a Faults,
}

impl AtRegistry<'_> {
    /// One change, between its two points.
    async fn change(
        &self,
        instance: &InstanceRecord,
        call: impl Future<Output = Result<Changed, ClientError>>,
    ) -> Result<Changed, CallFailure> {
        let name = instance.name();
        if self.faults.pass(&points::REGISTRY_CALL, &name).await == Way::Fails {
            return Err(CallFailure::Registry(ClientError::injected(&name)));
        }
        let answered = self.time.bound(call).await;
        self.faults.pass(&points::REGISTRY_ANSWERED, &name).await;
        answered
    }
}

const HIDDEN: &str = "the registry does not know it any more, or its lease is over and nothing of it is changed before it renews or is \
     evicted (404): ask again then, if it is still wanted";
const NOT_KNOWN: &str = "the registry does not know it any more (404)";

/// Why one instance is not changed, as far as is known.
enum NotDone {
    No(String),
    /// It does not know it.
    NotKnown,
    Unknown(String),
}

/// Sets OUT_OF_SERVICE on every pending instance. After the first refusal no further one is asked, and those that
/// were done, or may have been, are put back.
pub async fn offline(at: AtRegistry<'_>, instances: &mut [InstanceRecord]) -> Verdict {
    let mut refusal = None;
    for instance in instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
        if refusal.is_some() {
            // Not left pending: it would count as dealt with.
            instance.step = Step::Refused;
            instance.detail = Some("not asked: another instance was refused".to_owned());
            continue;
        }
        match take_out(at, instance).await {
            Ok(()) => instance.step = Step::Done,
            Err(NotDone::No(why)) => refusal = Some(refuse(instance, why)),
            Err(NotDone::NotKnown) => refusal = Some(refuse(instance, NOT_KNOWN.to_owned())),
            Err(NotDone::Unknown(why)) => {
                refusal = Some(refuse(instance, why));
                instance.step = Step::Uncertain;
            }
        }
    }
    match refusal {
        None => Verdict::Done,
        Some(why) => roll_back(AtRegistry { time: at.time.anew(), ..at }, instances, why).await,
    }
}

/// Brings every pending instance back, each to its status. A refusal for one is no reason to keep the others out.
pub async fn online(
    at: AtRegistry<'_>,
    instances: &mut [InstanceRecord],
    back_to: impl Fn(&InstanceRecord) -> InstanceStatus,
) -> Verdict {
    let mut refusals = Vec::new();
    for instance in instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
        let to = back_to(instance);
        match bring_back(at, instance, to).await {
            Ok(()) => instance.step = Step::Done,
            Err(NotDone::NotKnown) if instance.was_not_there() => {
                instance.step = Step::Done;
                let detail = "the registry does not know it now; when it registers again, nothing keeps it out";
                instance.detail = Some(detail.to_owned());
            }
            Err(NotDone::NotKnown) => refusals.push(refuse(instance, HIDDEN.to_owned())),
            Err(NotDone::No(why)) => refusals.push(refuse(instance, why)),
            // It was to come back: nobody is harmed if it does after all. But gateways have to be told, if it has.
            Err(NotDone::Unknown(_)) if is_back(at, instance).await => instance.step = Step::Done,
            Err(NotDone::Unknown(why)) => {
                let why = format!("unknown: {why}; it may be back, gateways keep it out for now: ask again");
                refusals.push(refuse(instance, why));
            }
        }
    }
    if refusals.is_empty() {
        Verdict::Done
    } else if instances.iter().any(|instance| instance.step == Step::Done) {
        Verdict::Partly(refusals.join("; "))
    } else {
        Verdict::Failed(refusals.join("; "))
    }
}

/// With new time: the old one may be over.
async fn is_back(at: AtRegistry<'_>, instance: &mut InstanceRecord) -> bool {
    let read = read_back(AtRegistry { time: at.time.anew(), ..at }, instance).await;
    read.is_ok() && instance.status != InstanceStatus::OutOfService
}

/// Finds out about an uncertain instance, and undoes what was reported as failed.
///
/// # Errors
/// It is still not known, or could not be undone yet.
pub async fn settle(at: AtRegistry<'_>, instance: &mut InstanceRecord) -> Result<(), String> {
    let read = at.registries.instance(&instance.app, &instance.instance_id);
    let (step, detail) = match at.time.bound(read).await.map_err(|error| error.to_string())? {
        // Not passed over: whether it comes back, as after a registry's restart, finds out who asks for it again.
        None => (Step::Refused, "it was not done: the registry does not know it any more"),
        Some(live) if Registration::of(&live).is_newer_than(&instance.registration) => {
            (Step::Refused, "it was not done: it has registered anew")
        }
        Some(live) if live.status != InstanceStatus::OutOfService => {
            instance.status = live.status;
            (Step::Refused, "it was not done")
        }
        Some(live) => {
            instance.status = live.status;
            match bring_back(at, instance, instance.status_before).await {
                Ok(()) => (Step::RolledBack, "it was done and reported as failed: put back"),
                Err(NotDone::No(why) | NotDone::Unknown(why)) => return Err(why),
                Err(NotDone::NotKnown) => return Err(NOT_KNOWN.to_owned()),
            }
        }
    };
    instance.step = step;
    instance.detail = Some(detail.to_owned());
    Ok(())
}

fn refuse(instance: &mut InstanceRecord, why: String) -> String {
    instance.step = Step::Refused;
    let line = format!("{}: {why}", instance.name());
    instance.detail = Some(why);
    line
}

async fn take_out(at: AtRegistry<'_>, instance: &mut InstanceRecord) -> Result<(), NotDone> {
    match set_status(at, instance, InstanceStatus::OutOfService).await {
        Ok(Changed { outcome: Outcome::Done, instance: shown }) => {
            instance.status = InstanceStatus::OutOfService;
            // The registration that the gateways are told is the one that was hit. Without this read the one of
            // the read before stands: the override is set either way.
            if let Err(error) = shown_or_read_back(at, instance, shown).await {
                log::warn!("{} is OUT_OF_SERVICE, but could not be read back: {error}", instance.name());
            }
            Ok(())
        }
        Ok(Changed { outcome: Outcome::NotFound, .. }) => Err(NotDone::NotKnown),
        Err(error) if error.may_have_happened() => was_taken_out(at, instance, &error).await,
        Err(error) => Err(NotDone::No(error.to_string())),
    }
}

/// The answer was lost or is an error of the server: what holds is what the registry says now.
async fn was_taken_out(at: AtRegistry<'_>, instance: &mut InstanceRecord, error: &CallFailure) -> Result<(), NotDone> {
    if instance.status_before == InstanceStatus::OutOfService {
        return Err(NotDone::No(format!("{error} (it was OUT_OF_SERVICE before)")));
    }
    match read_back(at, instance).await {
        Ok(()) if instance.status == InstanceStatus::OutOfService => Ok(()),
        Ok(()) => Err(NotDone::No(error.to_string())),
        Err(_) => Err(NotDone::Unknown(error.to_string())),
    }
}

/// Removes the override. With a value: without one the status would become UNKNOWN, and the next heartbeat be
/// answered 404. Where that leaves OUT_OF_SERVICE (the registry had forgotten the override, not the status), the
/// status is put first.
async fn bring_back(at: AtRegistry<'_>, instance: &mut InstanceRecord, to: InstanceStatus) -> Result<(), NotDone> {
    let shown = remove_override(at, instance, to).await?;
    if shown_or_read_back(at, instance, shown).await.is_err() {
        // The registry said that it was done; the answer shows what it was told.
        instance.status = to;
        return Ok(());
    }
    if instance.status != InstanceStatus::OutOfService || to == InstanceStatus::OutOfService {
        return Ok(());
    }
    match set_status(at, instance, to).await {
        Ok(Changed { outcome: Outcome::Done, .. }) => {}
        Ok(Changed { outcome: Outcome::NotFound, .. }) => return Err(NotDone::NotKnown),
        Err(error) => return Err(NotDone::No(error.to_string())),
    }
    let shown = remove_override(at, instance, to).await?;
    shown_or_read_back(at, instance, shown).await.map_err(|error| NotDone::Unknown(error.to_string()))?;
    if instance.status == InstanceStatus::OutOfService {
        let why = "the registry still shows OUT_OF_SERVICE after its override was removed";
        return Err(NotDone::No(why.to_owned()));
    }
    Ok(())
}

/// How the instance is since, where the registry shows that.
type Shown = Option<Box<InstanceInfo>>;

async fn remove_override(
    at: AtRegistry<'_>,
    instance: &mut InstanceRecord,
    to: InstanceStatus,
) -> Result<Shown, NotDone> {
    let was_out = instance.status == InstanceStatus::OutOfService;
    let removed = at.registries.remove_override(&instance.app, &instance.instance_id, Some(to));
    match at.change(instance, removed).await {
        Ok(Changed { outcome: Outcome::Done, instance: shown }) => Ok(shown),
        Ok(Changed { outcome: Outcome::NotFound, .. }) => Err(NotDone::NotKnown),
        Err(error) if error.may_have_happened() => match read_back(at, instance).await {
            Ok(()) if was_out && instance.status != InstanceStatus::OutOfService => Ok(None),
            Ok(()) => Err(NotDone::No(error.to_string())),
            Err(_) => Err(NotDone::Unknown(error.to_string())),
        },
        Err(error) => Err(NotDone::No(error.to_string())),
    }
}

async fn set_status(at: AtRegistry<'_>, instance: &InstanceRecord, to: InstanceStatus) -> Result<Changed, CallFailure> {
    at.change(instance, at.registries.set_status(&instance.app, &instance.instance_id, to)).await
}

/// Takes status and registration from what the registry has answered, or from a live read.
async fn shown_or_read_back(
    at: AtRegistry<'_>,
    instance: &mut InstanceRecord,
    shown: Shown,
) -> Result<(), CallFailure> {
    match shown {
        Some(live) => take_in(instance, &live),
        None => read_back(at, instance).await?,
    }
    Ok(())
}

/// Takes status and registration from a live read. An instance that is gone keeps what was known.
async fn read_back(at: AtRegistry<'_>, instance: &mut InstanceRecord) -> Result<(), CallFailure> {
    let read = at.time.bound(at.registries.instance(&instance.app, &instance.instance_id)).await?;
    if let Some(live) = read {
        take_in(instance, &live);
    }
    Ok(())
}

fn take_in(instance: &mut InstanceRecord, live: &InstanceInfo) {
    instance.status = live.status;
    instance.registration = Registration::of(live);
}
