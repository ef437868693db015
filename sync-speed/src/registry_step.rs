//! The registry's part: the override is set or removed for every instance, as one unit where that is possible.

use eurus_client::{ClientError, FailureKind, Outcome, Registries};
use eurus_model::InstanceStatus;

use crate::entry::{InstanceRecord, Step};
use crate::registration::Registration;

/// What the registry's part came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All instances.
    Done,
    /// Some, and it could not be undone (or should not be): the gateways are told about those.
    Partly(String),
    /// None: nothing has changed.
    Failed(String),
}

/// Sets OUT_OF_SERVICE on every pending instance. After the first refusal no further one is asked, and those that
/// were done are put back.
pub async fn offline(registries: &Registries, instances: &mut [InstanceRecord]) -> Verdict {
    let mut refusal = None;
    for instance in instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
        if refusal.is_some() {
            instance.detail = Some("not asked: another instance was refused".to_owned());
            continue;
        }
        match take_out(registries, instance).await {
            Ok(()) => instance.step = Step::Done,
            Err(why) => refusal = Some(refuse(instance, why)),
        }
    }
    match refusal {
        None => Verdict::Done,
        Some(why) => roll_back(registries, instances, why).await,
    }
}

/// Brings every pending instance back. A refusal for one is no reason to keep the others out.
pub async fn online(registries: &Registries, instances: &mut [InstanceRecord]) -> Verdict {
    let mut refusals = Vec::new();
    for instance in instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
        match bring_back(registries, instance, InstanceStatus::Up).await {
            Ok(()) => instance.step = Step::Done,
            Err(why) => refusals.push(refuse(instance, why)),
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

fn refuse(instance: &mut InstanceRecord, why: String) -> String {
    instance.step = Step::Refused;
    let line = format!("{}: {why}", instance.name());
    instance.detail = Some(why);
    line
}

async fn take_out(registries: &Registries, instance: &mut InstanceRecord) -> Result<(), String> {
    let asked = registries.set_status(&instance.app, &instance.instance_id, InstanceStatus::OutOfService).await;
    match asked {
        Ok(Outcome::Done) => {
            instance.status = InstanceStatus::OutOfService;
            // The registration that the gateways are told is the one that was hit. Without this read the one of
            // the read before stands: the override is set either way.
            if let Err(error) = read_back(registries, instance).await {
                log::warn!("{} is OUT_OF_SERVICE, but could not be read back: {error}", instance.name());
            }
            Ok(())
        }
        Ok(Outcome::NotFound) => Err("the registry does not know it any more (404)".to_owned()),
        Err(error) if may_have_happened(&error) => {
            was_taken_out(registries, instance).await.map_err(|hint| format!("{error}{hint}"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The answer was lost or is an error of the server: what holds is what the registry says now.
async fn was_taken_out(registries: &Registries, instance: &mut InstanceRecord) -> Result<(), &'static str> {
    if instance.status_before == InstanceStatus::OutOfService {
        return Err(" (it was OUT_OF_SERVICE before)");
    }
    match read_back(registries, instance).await {
        Ok(()) if instance.status == InstanceStatus::OutOfService => Ok(()),
        Ok(()) => Err(""),
        Err(_) => Err(" (whether it was done is not known: ask again when the registry is back)"),
    }
}

fn may_have_happened(error: &ClientError) -> bool {
    match error.kind() {
        FailureKind::Away
        | FailureKind::TimedOut
        | FailureKind::Unavailable(_)
        | FailureKind::Unparsable
        | FailureKind::TooLarge => true,
        FailureKind::Config | FailureKind::Refused(_) => false,
    }
}

/// Removes the override. With a value: without one the status would become UNKNOWN, and the next heartbeat be
/// answered 404. Where that leaves OUT_OF_SERVICE (the registry had forgotten the override, not the status), the
/// status is put first.
async fn bring_back(registries: &Registries, instance: &mut InstanceRecord, to: InstanceStatus) -> Result<(), String> {
    remove_override(registries, instance, to).await?;
    if read_back(registries, instance).await.is_err() {
        // The registry said that it was done; the answer shows what it was told.
        instance.status = to;
        return Ok(());
    }
    if instance.status != InstanceStatus::OutOfService || to == InstanceStatus::OutOfService {
        return Ok(());
    }
    match registries.set_status(&instance.app, &instance.instance_id, to).await {
        Ok(Outcome::Done) => {}
        Ok(Outcome::NotFound) => return Err("the registry does not know it any more (404)".to_owned()),
        Err(error) => return Err(error.to_string()),
    }
    remove_override(registries, instance, to).await?;
    read_back(registries, instance).await.map_err(|error| error.to_string())?;
    if instance.status == InstanceStatus::OutOfService {
        return Err("the registry still shows OUT_OF_SERVICE after its override was removed".to_owned());
    }
    Ok(())
}

async fn remove_override(registries: &Registries, instance: &InstanceRecord, to: InstanceStatus) -> Result<(), String> {
    match registries.remove_override(&instance.app, &instance.instance_id, Some(to)).await {
        Ok(Outcome::Done) => Ok(()),
        Ok(Outcome::NotFound) => Err("the registry does not know it any more (404)".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Takes status and registration from a live read. An instance that is gone keeps what was known.
async fn read_back(registries: &Registries, instance: &mut InstanceRecord) -> Result<(), ClientError> {
    if let Some(live) = registries.instance(&instance.app, &instance.instance_id).await? {
        instance.status = live.status;
        instance.registration = Registration::of(&live);
    }
    Ok(())
}

async fn roll_back(registries: &Registries, instances: &mut [InstanceRecord], refusal: String) -> Verdict {
    let mut stuck = Vec::new();
    for instance in instances.iter_mut().filter(|instance| instance.step == Step::Done) {
        if instance.status_before == InstanceStatus::OutOfService {
            // It was out before this request: there is nothing to undo.
            instance.step = Step::RolledBack;
            continue;
        }
        match bring_back(registries, instance, instance.status_before).await {
            Ok(()) => {
                instance.step = Step::RolledBack;
                instance.detail = Some("put back, because another instance was refused".to_owned());
            }
            Err(why) => {
                stuck.push(instance.name());
                instance.detail = Some(format!("could not be put back: {why}"));
            }
        }
    }
    if stuck.is_empty() {
        Verdict::Failed(format!("{refusal}; the others are as they were"))
    } else {
        Verdict::Partly(format!("{refusal}; {} could not be put back and stay OUT_OF_SERVICE", stuck.join(", ")))
    }
}
