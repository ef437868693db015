//! Auto-scaling groups that somebody took out of traffic as a whole.

use std::str::FromStr;

use papaya::HashSet;

/// Groups that can be out of traffic at a time. The names come from requests, so there must be an end.
pub(crate) const DISABLED_GROUPS_MAX: usize = 10_000;
/// Bytes of a group's name. Amazon allows 255.
pub(crate) const GROUP_NAME_BYTES_MAX: usize = 255;

/// What is decided about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsgStatus {
    Enabled,
    Disabled,
}

impl std::fmt::Display for AsgStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::Enabled { "enabled" } else { "disabled" })
    }
}

/// A word that is neither.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownAsgStatus;

impl FromStr for AsgStatus {
    type Err = UnknownAsgStatus;

    /// In any case, as in Netflix's server.
    fn from_str(text: &str) -> Result<Self, UnknownAsgStatus> {
        if text.eq_ignore_ascii_case("ENABLED") {
            Ok(Self::Enabled)
        } else if text.eq_ignore_ascii_case("DISABLED") {
            Ok(Self::Disabled)
        } else {
            Err(UnknownAsgStatus)
        }
    }
}

/// Why a group is not taken out of traffic.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AsgRefusal {
    /// So many are already.
    TooMany,
    NameTooLong,
}

/// The groups that are disabled. All others are enabled, known or not: there is no Amazon to ask.
#[derive(Debug, Default)]
pub(crate) struct DisabledGroups(HashSet<String>);

impl DisabledGroups {
    /// Whether an instance of this group is out of traffic. Every heartbeat asks.
    pub(crate) fn contains(&self, group: Option<&str>) -> bool {
        group.is_some_and(|group| !self.0.is_empty() && self.0.pin().contains(group))
    }

    pub(crate) fn set(&self, group: &str, status: AsgStatus) -> Result<(), AsgRefusal> {
        if status == AsgStatus::Enabled {
            self.0.pin().remove(group);
            return Ok(());
        }
        if group.len() > GROUP_NAME_BYTES_MAX {
            return Err(AsgRefusal::NameTooLong);
        }
        if self.0.len() >= DISABLED_GROUPS_MAX && !self.0.pin().contains(group) {
            return Err(AsgRefusal::TooMany);
        }
        self.0.pin().insert(group.to_owned());
        Ok(())
    }

    /// By name.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.pin().iter().cloned().collect();
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_read_in_any_case() {
        let table = [
            ("ENABLED", Ok(AsgStatus::Enabled)),
            ("disabled", Ok(AsgStatus::Disabled)),
            ("", Err(UnknownAsgStatus)),
            ("OFF", Err(UnknownAsgStatus)),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<AsgStatus>(), expected, "{text}");
        }
    }

    #[test]
    fn only_disabled_groups_are_remembered_and_not_without_end() {
        let groups = DisabledGroups::default();
        assert_eq!(groups.set("never-heard-of", AsgStatus::Enabled), Ok(()));
        assert!(groups.names().is_empty());
        for number in 0..DISABLED_GROUPS_MAX {
            assert_eq!(groups.set(&format!("group-{number}"), AsgStatus::Disabled), Ok(()));
        }
        assert_eq!(groups.set("one-more", AsgStatus::Disabled), Err(AsgRefusal::TooMany));
        assert_eq!(groups.set("group-7", AsgStatus::Disabled), Ok(()), "it is one of them");
        assert_eq!(groups.set("group-7", AsgStatus::Enabled), Ok(()));
        assert!(!groups.contains(Some("group-7")) && groups.contains(Some("group-8")) && !groups.contains(None));
        let long = "x".repeat(GROUP_NAME_BYTES_MAX + 1);
        assert_eq!(groups.set(&long, AsgStatus::Disabled), Err(AsgRefusal::NameTooLong));
    }
}
