//! Whether what a client posted makes an instance.

use std::fmt;

use crate::draft::{DataCenterDraft, Identity, RegistrationDraft};
use crate::instance::{DataCenterInfo, InstanceInfo};

/// The key under which Amazon's metadata holds the instance's id.
const AMAZON_ID_KEY: &str = "instance-id";

/// Why a readable registration is refused. `Display` is, to the letter, the plain-text body of Eureka's 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationError {
    /// Neither `instanceId` nor `hostName`.
    MissingInstanceId,
    /// No `hostName`, or an empty one.
    MissingHostName,
    /// No `ipAddr`, or an empty one.
    MissingIpAddr,
    /// No `app`, or an empty one.
    MissingAppName,
    /// Another application than the path names.
    MismatchedAppName {
        /// The path's, upper case.
        expected: String,
        /// The body's, upper case.
        actual: String,
    },
    /// No `dataCenterInfo`.
    MissingDataCenterInfo,
    /// A `dataCenterInfo` without `name`.
    MissingDataCenterName,
    /// A line break or the like in a name by which the instance is known; the field. Java takes it, and shows XML that
    /// no parser reads.
    ControlCharacter(&'static str),
}

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingInstanceId => f.write_str("Missing instanceId"),
            Self::MissingHostName => f.write_str("Missing hostname"),
            Self::MissingIpAddr => f.write_str("Missing ip address"),
            Self::MissingAppName => f.write_str("Missing appName"),
            Self::MismatchedAppName { expected, actual } => {
                write!(f, "Mismatched appName, expecting {expected} but was {actual}")
            }
            Self::MissingDataCenterInfo => f.write_str("Missing dataCenterInfo"),
            Self::MissingDataCenterName => f.write_str("Missing dataCenterInfo Name"),
            Self::ControlCharacter(field) => write!(f, "Invalid {field}: control characters are not allowed"),
        }
    }
}

impl std::error::Error for RegistrationError {}

impl RegistrationDraft {
    /// Makes the draft an instance of the application that the path named, with Eureka's defaults for what the
    /// client did not say; a time it did not say is `now_ms`. The checks are Eureka's, in Eureka's order.
    pub fn into_instance(mut self, path_app: &str, now_ms: i64) -> Result<InstanceInfo, RegistrationError> {
        use RegistrationError as Refused;
        let instance_id = self.take_id().ok_or(Refused::MissingInstanceId)?;
        let host_name = said(self.host_name.take()).ok_or(Refused::MissingHostName)?;
        let ip_addr = said(self.ip_addr.take()).ok_or(Refused::MissingIpAddr)?;
        let app = said(self.app.take()).ok_or(Refused::MissingAppName)?.to_uppercase();
        let expected = path_app.to_uppercase();
        if app != expected {
            return Err(Refused::MismatchedAppName { expected, actual: app });
        }
        let data_center = self.data_center.take().ok_or(Refused::MissingDataCenterInfo)?;
        let data_center = checked(data_center, &instance_id)?;
        let names = [("instanceId", &instance_id), ("hostName", &host_name), ("ipAddr", &ip_addr), ("app", &app)];
        if let Some((field, _)) = names.iter().find(|(_, name)| name.chars().any(char::is_control)) {
            return Err(Refused::ControlCharacter(field));
        }
        Ok(self.complete(Identity { instance_id, host_name, app, ip_addr, data_center }, now_ms))
    }

    /// The id; else Amazon's; else the host name.
    pub(crate) fn take_id(&mut self) -> Option<String> {
        let amazon = || {
            let data_center = self.data_center.as_ref().filter(|data_center| data_center.is_amazon())?;
            let id = data_center.metadata.iter().rfind(|(key, _)| key == AMAZON_ID_KEY)?;
            said(Some(id.1.clone()))
        };
        said(self.instance_id.take()).or_else(amazon).or_else(|| said(self.host_name.clone()))
    }
}

/// An empty text says nothing.
pub(crate) fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A data center needs a name; Amazon's gets the instance's id where it has none of its own.
fn checked(data_center: DataCenterDraft, instance_id: &str) -> Result<DataCenterInfo, RegistrationError> {
    let is_amazon = data_center.is_amazon();
    let mut data_center = data_center.normalised().ok_or(RegistrationError::MissingDataCenterName)?;
    if is_amazon {
        data_center.metadata.entry(AMAZON_ID_KEY.to_owned()).or_insert_with(|| instance_id.to_owned());
    }
    Ok(data_center)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    fn draft() -> RegistrationDraft {
        RegistrationDraft {
            instance_id: text("id"),
            host_name: text("host"),
            ip_addr: text("10.0.0.1"),
            app: text("app"),
            data_center: Some(DataCenterDraft { name: text("MyOwn"), ..DataCenterDraft::default() }),
            ..RegistrationDraft::default()
        }
    }

    #[test]
    fn the_first_thing_missing_is_named() {
        let mut draft =
            RegistrationDraft { instance_id: text(""), host_name: text(""), ..RegistrationDraft::default() };
        let mut refusal = |change: fn(&mut RegistrationDraft)| {
            change(&mut draft);
            draft.clone().into_instance("App", 0).map_err(|error| error.to_string())
        };
        assert_eq!(refusal(|_| {}), Err("Missing instanceId".to_owned()));
        assert_eq!(refusal(|draft| draft.instance_id = text("id")), Err("Missing hostname".to_owned()));
        assert_eq!(refusal(|draft| draft.host_name = text("host")), Err("Missing ip address".to_owned()));
        assert_eq!(refusal(|draft| draft.ip_addr = text("10.0.0.1")), Err("Missing appName".to_owned()));
        let mismatched = "Mismatched appName, expecting APP but was OTHER".to_owned();
        assert_eq!(refusal(|draft| draft.app = text("other")), Err(mismatched));
        assert_eq!(refusal(|draft| draft.app = text("aPP")), Err("Missing dataCenterInfo".to_owned()));
        let nameless = |draft: &mut RegistrationDraft| draft.data_center = Some(DataCenterDraft::default());
        assert_eq!(refusal(nameless), Err("Missing dataCenterInfo Name".to_owned()));
    }

    #[test]
    fn names_are_of_one_line() {
        for name in ["a\0", "a\nb", "\u{7f}", "\u{85}"] {
            let refusal = |draft: RegistrationDraft| draft.into_instance("app", 0).map_err(|error| error.to_string());
            let expected = |field| Err(format!("Invalid {field}: control characters are not allowed"));
            assert_eq!(refusal(RegistrationDraft { instance_id: text(name), ..draft() }), expected("instanceId"));
            assert_eq!(refusal(RegistrationDraft { host_name: text(name), ..draft() }), expected("hostName"));
            assert_eq!(refusal(RegistrationDraft { ip_addr: text(name), ..draft() }), expected("ipAddr"));
        }
    }

    #[test]
    fn what_is_not_said_has_eurekas_defaults() {
        let instance = draft().into_instance("app", 1_000).expect("valid");
        let expected = InstanceInfo {
            last_updated_ms: 1_000,
            last_dirty_ms: 1_000,
            ..InstanceInfo::new("APP", "id", "host", "10.0.0.1")
        };
        assert_eq!(instance, expected);
    }

    #[test]
    fn amazon_lends_its_id_and_is_lent_one() {
        let amazon = |metadata: Vec<(String, String)>| DataCenterDraft {
            class: text(DataCenterInfo::AMAZON_CLASS),
            name: None,
            metadata,
        };
        let key = || AMAZON_ID_KEY.to_owned();
        // instanceId of the body, id of Amazon → id of the instance, id of Amazon then.
        let table = [
            (text("id"), text("i-1"), "id", "i-1"),
            (text("id"), None, "id", "id"),
            (None, text("i-1"), "i-1", "i-1"),
            (None, text(""), "host", ""),
            (None, None, "host", "host"),
        ];
        for (instance_id, amazon_id, expected, expected_amazon) in table {
            let metadata = amazon_id.into_iter().map(|id| (key(), id)).collect();
            let draft = RegistrationDraft { instance_id, data_center: Some(amazon(metadata)), ..draft() };
            let instance = draft.into_instance("app", 0).expect("valid");
            assert_eq!(instance.instance_id, expected);
            assert_eq!(instance.data_center.metadata[AMAZON_ID_KEY], expected_amazon);
            assert_eq!(instance.data_center.name, "Amazon");
        }
    }
}
