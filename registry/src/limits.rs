//! How much may be registered.

use std::fmt;
use std::ops::RangeInclusive;

use eurus_model::InstanceInfo;
use eurus_service::properties::{ConfigError, Properties};

use crate::config::InvalidSetting;

const BYTES_KEY: &str = "eurus.registry.bytes-max";
const INSTANCE_BYTES_KEY: &str = "eurus.registry.instance-bytes-max";
const METADATA_ENTRIES_KEY: &str = "eurus.registry.metadata-entries-max";
const BYTES: RangeInclusive<u64> = 1 << 20..=1 << 40;
/// No more than a body may have.
const INSTANCE_BYTES: RangeInclusive<u64> = 4 << 10..=16 << 20;
const METADATA_ENTRIES: RangeInclusive<u64> = 1..=65_536;
/// Virtual addresses of each kind in one instance: each of them is a list that every change of the instance renews.
const ADDRESSES_MAX: usize = 1_000;

/// How much may be registered, by one and by all. The bytes are those of the registrations; what is made of them,
/// the lists in each form that is asked for, takes several times as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryLimits {
    /// `eurus.registry.bytes-max`: all instances together; further registrations are answered 503.
    pub bytes_max: u64,
    /// `eurus.registry.instance-bytes-max`: one instance; a larger one is answered 413.
    pub instance_bytes_max: u64,
    /// `eurus.registry.metadata-entries-max`: entries in one instance's metadata; more are answered 413.
    pub metadata_entries_max: u64,
}

impl RegistryLimits {
    /// Generous: a Java server, which has none, takes 12 MB of metadata.
    pub fn stock() -> Self {
        Self { bytes_max: 2 << 30, instance_bytes_max: 16 << 20, metadata_entries_max: 10_000 }
    }

    pub(crate) fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let mut limits = Self::stock();
        for (key, value, allowed) in limits.table() {
            *value = properties.number(key, *value, allowed)?;
        }
        Ok(limits)
    }

    pub(crate) fn validate(mut self) -> Result<(), InvalidSetting> {
        for (key, value, allowed) in self.table() {
            crate::config::check(key, value, &allowed)?;
        }
        Ok(())
    }

    fn table(&mut self) -> [(&'static str, &mut u64, RangeInclusive<u64>); 3] {
        [
            (BYTES_KEY, &mut self.bytes_max, BYTES),
            (INSTANCE_BYTES_KEY, &mut self.instance_bytes_max, INSTANCE_BYTES),
            (METADATA_ENTRIES_KEY, &mut self.metadata_entries_max, METADATA_ENTRIES),
        ]
    }

    /// Whether one instance is of a size that is taken.
    pub(crate) fn check(&self, info: &InstanceInfo) -> Result<(), NoRoom> {
        let bytes = info.bytes_held();
        if bytes > self.instance_bytes_max {
            return Err(NoRoom::InstanceTooLarge { bytes, bytes_max: self.instance_bytes_max });
        }
        let entries_max = self.metadata_entries_max;
        if info.metadata.len() as u64 > entries_max {
            return Err(NoRoom::TooManyEntries { entries: info.metadata.len(), entries_max });
        }
        for addresses in [&info.vip_address, &info.secure_vip_address].into_iter().flatten() {
            if addresses.split(',').nth(ADDRESSES_MAX).is_some() {
                return Err(NoRoom::TooManyAddresses);
            }
        }
        Ok(())
    }
}

/// Why something is not registered: there would be too much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    TooManyInstances { instances_max: usize },
    TooManyBytes { bytes_max: u64 },
    InstanceTooLarge { bytes: u64, bytes_max: u64 },
    TooManyEntries { entries: usize, entries_max: u64 },
    TooManyAddresses,
}

impl NoRoom {
    /// Whether the registry is full, or else the one instance too large for any.
    pub(crate) fn is_full(self) -> bool {
        matches!(self, Self::TooManyInstances { .. } | Self::TooManyBytes { .. })
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyInstances { instances_max } => write!(
                f,
                "{instances_max} instances are registered already; raise eurus.registry.instances-max, or find out \
                 who registers so many"
            ),
            Self::TooManyBytes { bytes_max } => write!(
                f,
                "what is registered has {bytes_max} bytes already; raise {BYTES_KEY}, or find out who registers so much"
            ),
            Self::InstanceTooLarge { bytes, bytes_max } => write!(
                f,
                "the instance has {bytes} bytes, allowed are {bytes_max} ({INSTANCE_BYTES_KEY}); large metadata is \
                 better kept elsewhere"
            ),
            Self::TooManyEntries { entries, entries_max } => {
                write!(f, "metadata has {entries} entries, allowed are {entries_max} ({METADATA_ENTRIES_KEY})")
            }
            Self::TooManyAddresses => write!(f, "more than {ADDRESSES_MAX} virtual addresses in one instance"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_hold_for_one_instance() {
        let limits = RegistryLimits { bytes_max: 1 << 20, instance_bytes_max: 4_096, metadata_entries_max: 3 };
        let entry = |place: usize| (format!("k{place}"), String::new());
        let with = |change: fn(&mut InstanceInfo)| {
            let mut info = InstanceInfo::new("A", "1", "h", "10.0.0.1");
            change(&mut info);
            limits.check(&info).err()
        };
        assert_eq!(with(|_| {}), None);
        assert!(matches!(
            with(|info| info.metadata = vec![("k".to_owned(), "v".repeat(5_000))]),
            Some(NoRoom::InstanceTooLarge { .. })
        ));
        assert_eq!(
            limits.check(&InstanceInfo {
                metadata: (0..3).map(entry).collect(),
                ..InstanceInfo::new("A", "1", "h", "i")
            }),
            Ok(())
        );
        let four = InstanceInfo { metadata: (0..4).map(entry).collect(), ..InstanceInfo::new("A", "1", "h", "i") };
        assert_eq!(limits.check(&four), Err(NoRoom::TooManyEntries { entries: 4, entries_max: 3 }));
        assert_eq!(with(|info| info.vip_address = Some(",".repeat(ADDRESSES_MAX - 1))), None);
        assert_eq!(
            with(|info| info.secure_vip_address = Some(",".repeat(ADDRESSES_MAX))),
            Some(NoRoom::TooManyAddresses)
        );
    }

    #[test]
    fn a_limit_of_nothing_is_refused_with_its_name() {
        let error = RegistryLimits { bytes_max: 0, ..RegistryLimits::stock() }.validate().unwrap_err().to_string();
        assert!(error.starts_with(BYTES_KEY), "{error}");
        assert_eq!(RegistryLimits::stock().validate(), Ok(()));
    }
}
