//! An entry as sync-speed answers it.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) retrying: bool,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) instances: Vec<Instance>,
    pub(super) part_of: Option<String>,
    /// Of a listed one.
    pub(super) caller: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instance {
    pub(super) instance_id: String,
    pub(super) outcome: String,
    pub(super) detail: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Entries {
    pub(super) entries: Vec<Entry>,
}

impl Entry {
    /// Nothing of it changes any more.
    pub(super) fn is_final(&self) -> bool {
        !self.retrying && ["done", "partial", "failed"].contains(&self.state.as_str())
    }

    /// As its id says it: newer entries have higher ones.
    pub(super) fn number(&self) -> Option<i64> {
        self.id.rsplit_once('-')?.1.parse().ok()
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == "done"
    }

    /// Not all of it was done at the registry, and every instance that is left says so.
    pub(super) fn leaves_somebody_out(&self) -> bool {
        let is_left = |instance: &Instance| instance.outcome == "refused" && instance.detail.is_some();
        let done = self.with_outcome("done").count();
        let left = self.instances.iter().filter(|instance| is_left(instance)).count();
        self.state == "partial" && left > 0 && done + left == self.instances.len()
    }

    pub(super) fn with_outcome<'a>(&'a self, outcome: &'a str) -> impl Iterator<Item = &'a Instance> {
        self.instances.iter().filter(move |instance| instance.outcome == outcome)
    }

    /// For a person: its state, its note, and why an instance is not done.
    pub(super) fn in_words(&self) -> String {
        let mut words = format!("{} is {}", self.id, self.state);
        if self.retrying {
            words.push_str(", still being worked on");
        }
        if let Some(note) = &self.note {
            words.push_str(&format!(" ({note})"));
        }
        let undone: Vec<&Instance> = self.instances.iter().filter(|instance| instance.outcome != "done").collect();
        if let Some(first) = undone.first() {
            let why = first.detail.as_deref().unwrap_or("no reason is given");
            words.push_str(&format!(
                "; {} of {} instances are not done, the first {}: {}: {why}",
                undone.len(),
                self.instances.len(),
                first.instance_id,
                first.outcome
            ));
        }
        words
    }
}
