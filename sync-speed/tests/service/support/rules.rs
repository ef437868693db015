//! Who may do what, as it would be configured.

use eurus_service::Properties;
use eurus_service::properties::Sources;
use eurus_sync_speed::access::AccessRules;

/// Keys without `eurus.sync-speed.`.
pub(crate) fn rules(settings: &[(&str, &str)]) -> AccessRules {
    let own = |(key, value): &(&str, &str)| (format!("eurus.sync-speed.{key}"), (*value).to_owned());
    let flags = settings.iter().map(own).collect();
    let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
    AccessRules::from_properties(&properties).unwrap()
}
