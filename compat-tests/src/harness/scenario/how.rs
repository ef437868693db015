//! How an offline is asked.

use super::super::duration::span;
use super::super::reading::{Fields, Item, Wrong};
use super::writer::map;

/// Shares of a rolling one, per cent.
const PERCENT: std::ops::RangeInclusive<usize> = 1..=100;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct How {
    /// The last UP instance too.
    pub force: bool,
    /// `?async=true`: answered as soon as it is written down.
    pub is_async: bool,
    /// The whole application of the instance, by shares of so many per cent; never waited for.
    pub rolling: Option<usize>,
    /// Brought back by itself.
    pub expires_after_ms: Option<i64>,
}

/// Their names in a file.
pub(super) const KEYS: [&str; 6] = ["instance", "sync-speed", "force", "async", "rolling", "expires-after"];

impl How {
    /// With nothing but this.
    pub fn forced(force: bool) -> Self {
        Self { force, ..Self::default() }
    }

    /// Nobody waits until it is done.
    pub(in crate::harness) fn is_not_awaited(&self) -> bool {
        self.is_async || self.rolling.is_some()
    }

    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Wrong> {
        let flag = |name| fields.get(name).map_or(Ok(false), Item::bool);
        Ok(Self {
            force: flag("force")?,
            is_async: flag("async")?,
            rolling: fields.get("rolling").map(|item| item.count(PERCENT)).transpose()?,
            expires_after_ms: fields.get("expires-after").map(Item::span_ms).transpose()?,
        })
    }

    /// As a file writes it.
    pub(super) fn written(&self, instance: String, by: String) -> String {
        let flag = |is_set: bool| is_set.then(|| "true".to_owned());
        map(&[
            ("instance", Some(instance)),
            ("sync-speed", Some(by)),
            ("force", flag(self.force)),
            ("async", flag(self.is_async)),
            ("rolling", self.rolling.map(|percent| percent.to_string())),
            ("expires-after", self.expires_after_ms.map(span)),
        ])
    }

    /// For reports, behind whom it is about.
    pub(super) fn in_words(&self) -> String {
        let mut words = String::new();
        if let Some(percent) = self.rolling {
            words.push_str(&format!(" and its application, {percent} % at a time"));
        } else if self.is_async {
            words.push_str(", not waited for");
        }
        if let Some(ms) = self.expires_after_ms {
            words.push_str(&format!(", for {}", span(ms)));
        }
        words
    }
}
