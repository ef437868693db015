//! The element of one instance, as far as it says anything.

use super::name;
use super::walker::{Element, Walker};
use crate::draft::{DataCenterDraft, PortDraft, RegistrationDraft};
use crate::error::DecodeError;
use crate::instance::{ActionType, DataCenterInfo, InstanceStatus, LeaseInfo};
use crate::limits::METADATA_ENTRIES_MAX;
use crate::rules::Rules;
use crate::scalar::{Scalar, StatusWord};

/// Reads the instance that was just entered, to its end. Elements that nobody knows are passed over.
pub(super) fn read(walker: &mut Walker<'_>, rules: Rules) -> Result<RegistrationDraft, DecodeError> {
    let mut draft = RegistrationDraft::default();
    while let Some(element) = walker.child()? {
        if let Some((_, slot)) = draft.text_slot(element.name()) {
            *slot = Some(walker.text()?);
        } else {
            read_element(&mut draft, &element, rules, walker)?;
        }
    }
    Ok(draft)
}

/// The elements that are not plain text.
fn read_element(
    draft: &mut RegistrationDraft,
    element: &Element<'_>,
    rules: Rules,
    walker: &mut Walker<'_>,
) -> Result<(), DecodeError> {
    match element.name() {
        "status" => draft.status = Some(status_word(walker)?),
        "overriddenstatus" | "overriddenStatus" => draft.overridden_status = Some(status(walker)?),
        "port" => draft.port = port(walker, element, "port")?,
        "securePort" => draft.secure_port = port(walker, element, "securePort")?,
        "countryId" => draft.country_id = walker.value("countryId")?,
        "dataCenterInfo" => draft.data_center = data_center(walker, rules)?,
        "leaseInfo" => draft.lease = lease(walker)?,
        "metadata" => draft.metadata = metadata(walker)?,
        "isCoordinatingDiscoveryServer" => {
            draft.is_coordinating_discovery_server = walker.value("isCoordinatingDiscoveryServer")?;
        }
        "lastUpdatedTimestamp" => draft.last_updated_ms = walker.value("lastUpdatedTimestamp")?,
        "lastDirtyTimestamp" => draft.last_dirty_ms = walker.value("lastDirtyTimestamp")?,
        "actionType" => draft.action = walker.value::<Option<ActionType>>("actionType")?.flatten(),
        _ => walker.skip()?,
    }
    Ok(())
}

/// Unlike in JSON, Java takes a status in any case here.
fn status(walker: &mut Walker<'_>) -> Result<InstanceStatus, DecodeError> {
    Ok(InstanceStatus::from_wire_lenient(&walker.text()?.to_uppercase()))
}

fn status_word(walker: &mut Walker<'_>) -> Result<StatusWord, DecodeError> {
    let text = walker.text()?;
    Ok(text.to_uppercase().parse().map_or(StatusWord::Unknown(text), StatusWord::Known))
}

/// A missing `enabled` has the default of its port. Java's words for the two ports come to the same.
fn port(walker: &mut Walker<'_>, element: &Element<'_>, name: &str) -> Result<PortDraft, DecodeError> {
    let enabled = walker.attribute(element, "enabled")?.as_deref().and_then(bool::from_text);
    Ok(PortDraft { number: walker.value(name)?, enabled })
}

/// The class says nothing in XML: Java goes by the name, and without one there is no data center.
fn data_center(walker: &mut Walker<'_>, rules: Rules) -> Result<Option<DataCenterDraft>, DecodeError> {
    let mut draft = DataCenterDraft::default();
    while let Some(element) = walker.child()? {
        match element.name() {
            "name" => draft.name = Some(walker.text()?),
            "metadata" => draft.metadata = metadata(walker)?,
            _ => walker.skip()?,
        }
    }
    if draft.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(DataCenterInfo::AMAZON_NAME)) {
        draft.name = Some(DataCenterInfo::AMAZON_NAME.to_owned());
    }
    if rules == Rules::Posted {
        draft.check_name().map_err(|message| walker.unparsable(message))?;
    }
    Ok(Some(draft).filter(|draft| draft.name.is_some()))
}

fn lease(walker: &mut Walker<'_>) -> Result<LeaseInfo, DecodeError> {
    let mut lease = LeaseInfo::default();
    while let Some(element) = walker.child()? {
        match element.name() {
            "renewalIntervalInSecs" => put(&mut lease.renewal_interval_s, walker, "renewalIntervalInSecs")?,
            "durationInSecs" => put(&mut lease.duration_s, walker, "durationInSecs")?,
            "registrationTimestamp" => put(&mut lease.registration_ms, walker, "registrationTimestamp")?,
            "lastRenewalTimestamp" => put(&mut lease.last_renewal_ms, walker, "lastRenewalTimestamp")?,
            "evictionTimestamp" => put(&mut lease.eviction_ms, walker, "evictionTimestamp")?,
            "serviceUpTimestamp" => put(&mut lease.service_up_ms, walker, "serviceUpTimestamp")?,
            _ => walker.skip()?,
        }
    }
    Ok(lease)
}

fn put<T: Scalar>(slot: &mut T, walker: &mut Walker<'_>, name: &str) -> Result<(), DecodeError> {
    if let Some(value) = walker.value(name)? {
        *slot = value;
    }
    Ok(())
}

fn metadata(walker: &mut Walker<'_>) -> Result<Vec<(String, String)>, DecodeError> {
    let mut pairs = Vec::new();
    while let Some(element) = walker.child()? {
        let value = walker.text()?;
        if pairs.len() == METADATA_ENTRIES_MAX {
            return Err(walker.unparsable(format!("metadata with more than {METADATA_ENTRIES_MAX} entries")));
        }
        pairs.push((name::decoded(element.name()).into_owned(), value));
    }
    Ok(pairs)
}
