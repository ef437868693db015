//! Where the registry differs from the recorded server, on purpose.

/// Lines that differ on purpose. Each must really differ, so the table cannot outlive its reasons.
const LISTED: &[(&str, &[u64])] = &[
    ("the 404 of a heartbeat has no body: Netflix's own client fails on one", &[367, 375, 377, 383, 384, 417, 455]),
    ("what is labelled XML is XML: the preferred of two formats is sent", &[161]),
    ("gzip;q=0 is a refusal", &[201, 202]),
    ("an id with an encoded slash can be asked for; Tomcat refuses the path", &[285]),
    ("the registry's status is served as JSON too; Java always fails on it", &[17, 300, 310]),
    ("the status overrides are served, as Netflix's server does; Spring's does not know the path", &[30, 299, 395]),
    ("auto-scaling groups are served without Amazon, and a bad value is explained", &[508, 509]),
    ("metrics are Spring's own, not Eureka's", &[516]),
    ("one item of a batch gets one answer; Java's reader makes two items of a wrapped instance", &[500]),
];

/// An instance that registered without an id is known by its host name. Java leaves the id out when it shows the
/// instance; here it is there. Clients make the host name the id themselves, so they see no difference.
pub(crate) const SHOWN_ID: &str = "an instance that registered without an id is shown with the one it got";

/// Why a line may differ.
pub(crate) fn listed(n: u64) -> Option<&'static str> {
    LISTED.iter().find(|(_, lines)| lines.contains(&n)).map(|(reason, _)| *reason)
}

/// All lines that must differ.
pub(crate) fn all_listed() -> impl Iterator<Item = u64> {
    LISTED.iter().flat_map(|(_, lines)| lines.iter().copied())
}
