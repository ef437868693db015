//! What sync-speed answers: an entry, or a refusal. Fields that a newer one adds are passed over, missing ones are empty.

use serde::Deserialize;

use super::server::Reply;

/// How far an entry is, and whether that can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// The registry has it, some gateway has not.
    Partial,
    Failed,
    /// It is being carried out.
    UnderWay,
    /// A word that this command does not know.
    Unknown,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) retrying: bool,
    pub(super) note: Option<String>,
    pub(super) instances: Vec<Instance>,
    pub(super) gateways: Vec<Gateway>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) drain: Option<Drain>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Instance {
    pub(super) app: String,
    pub(super) instance_id: String,
    pub(super) ip: String,
    pub(super) port: i64,
    pub(super) status: String,
    pub(super) outcome: String,
    pub(super) detail: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct Gateway {
    pub(super) node: String,
    pub(super) outcome: String,
    pub(super) attempts: u64,
    pub(super) latency_ms: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Skipped {
    pub(super) app: String,
    pub(super) instance_id: String,
    pub(super) reason: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Drain {
    pub(super) state: String,
    pub(super) under_way: u64,
    pub(super) upgraded: u64,
    pub(super) waited_ms: u64,
    pub(super) not_known: Vec<String>,
}

/// Why it was not carried out.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    pub(super) error: String,
    pub(super) message: String,
    pub(super) id: Option<String>,
}

impl Entry {
    /// From JSON; `None`: it is something else.
    pub(super) fn parse(json: &str) -> Option<Self> {
        let entry: Self = serde_json::from_str(json).ok()?;
        (!entry.id.is_empty() && !entry.state.is_empty()).then_some(entry)
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self.state.as_str() {
            "done" => Outcome::Done,
            "partial" => Outcome::Partial,
            "failed" => Outcome::Failed,
            "recorded" | "notifying" | "rolling" => Outcome::UnderWay,
            _ => Outcome::Unknown,
        }
    }

    /// Whether nothing about it will change any more.
    pub(super) fn is_at_its_end(&self) -> bool {
        let waits = self.drain.as_ref().is_some_and(|drain| drain.state == "waiting");
        !self.retrying
            && (!waits || self.outcome() == Outcome::Failed)
            && matches!(self.outcome(), Outcome::Done | Outcome::Partial | Outcome::Failed)
    }
}

impl Gateway {
    /// Whether it sends nothing there any more, or is gone, or was told something newer.
    pub(super) fn is_settled(&self) -> bool {
        let outcome = self.outcome.split(':').next().unwrap_or_default();
        matches!(outcome, "applied" | "superseded" | "passed-over" | "gone")
    }
}

impl Reply {
    /// # Errors
    /// Why it is no entry.
    pub(super) fn entry(&self) -> Result<Entry, String> {
        if !matches!(self.status, 200 | 202) {
            return Err("this is no answer of sync-speed".to_owned());
        }
        Entry::parse(&self.text).ok_or_else(|| "the answer is no entry of sync-speed".to_owned())
    }

    pub(super) fn problem(&self) -> Option<Problem> {
        serde_json::from_str(&self.text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        for (state, retrying, outcome, at_its_end) in [
            ("done", false, Outcome::Done, true),
            ("partial", true, Outcome::Partial, false),
            ("partial", false, Outcome::Partial, true),
            ("failed", false, Outcome::Failed, true),
            ("failed", true, Outcome::Failed, false),
            ("recorded", false, Outcome::UnderWay, false),
            ("notifying", false, Outcome::UnderWay, false),
            ("rolling", true, Outcome::UnderWay, false),
            ("draining", false, Outcome::Unknown, false),
        ] {
            let entry = Entry::parse(&format!(r#"{{"id": "offline-1", "state": "{state}", "retrying": {retrying}}}"#));
            let entry = entry.unwrap();
            assert_eq!((entry.outcome(), entry.is_at_its_end()), (outcome, at_its_end), "{state} {retrying}");
        }
        let draining = |state| format!(r#"{{"id": "offline-1", "state": "done", "drain": {{"state": "{state}"}}}}"#);
        for (state, at_its_end) in [("waiting", false), ("drained", true), ("bound-reached", true)] {
            assert_eq!(Entry::parse(&draining(state)).unwrap().is_at_its_end(), at_its_end, "{state}");
        }
        for no_entry in ["", "[]", "{}", r#"{"id": "offline-1"}"#, r#"{"state": "done"}"#, "<html>"] {
            assert_eq!(Entry::parse(no_entry), None, "{no_entry}");
        }
    }

    #[test]
    fn gateways_that_need_nobody() {
        for (outcome, settled) in [
            ("applied", true),
            ("superseded", true),
            ("passed-over: 10.0.0.1 is another registration", true),
            ("gone", true),
            ("pending", false),
            ("retrying: connection refused", false),
            ("gave-up: 503", false),
            ("refused: 401", false),
        ] {
            let gateway = Gateway { outcome: outcome.to_owned(), ..Gateway::default() };
            assert_eq!(gateway.is_settled(), settled, "{outcome}");
        }
    }
}
