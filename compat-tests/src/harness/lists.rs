//! A registry's lists as JSON, read without the product's codec: a fault of that would cancel itself out.

use std::collections::BTreeMap;

use serde_json::Value;

/// One instance of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) status: String,
    /// In a delta: ADDED, MODIFIED or DELETED.
    pub(super) action: String,
}

/// A list, and the hash that it says it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) hash: String,
    pub(super) entries: Vec<Entry>,
}

/// Status by instance id.
pub(super) type Statuses = BTreeMap<String, String>;

impl List {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let value: Value = serde_json::from_slice(bytes)?;
        let list = &value["applications"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let many = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let instances = many(&list["application"]).into_iter().flat_map(|app| many(&app["instance"]));
        let entry = |one: Value| Entry {
            id: text(&one["instanceId"]),
            status: text(&one["status"]),
            action: text(&one["actionType"]),
        };
        Ok(Self { hash: text(&list["apps__hashcode"]), entries: instances.map(entry).collect() })
    }

    pub(super) fn statuses(&self) -> Statuses {
        self.entries.iter().map(|entry| (entry.id.clone(), entry.status.clone())).collect()
    }

    /// Applies this list as a delta.
    pub(super) fn apply_to(&self, copy: &mut Statuses) {
        for entry in &self.entries {
            match entry.action.as_str() {
                "DELETED" => copy.remove(&entry.id),
                _ => copy.insert(entry.id.clone(), entry.status.clone()),
            };
        }
    }
}

/// What Eureka calls the hash: how many there are of each status.
pub(super) fn hash(statuses: &Statuses) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for status in statuses.values() {
        *counts.entry(status).or_default() += 1;
    }
    counts.iter().map(|(status, count)| format!("{status}_{count}_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"applications":{"versions__delta":"1","apps__hashcode":"DOWN_1_UP_2_","application":[
        {"name":"A","instance":[{"instanceId":"1","status":"UP"},{"instanceId":"2","status":"DOWN"}]},
        {"name":"B","instance":[{"instanceId":"3","status":"UP"}]}]}}"#;

    #[test]
    fn a_list_and_its_hash() {
        let list = List::parse(LIST.as_bytes()).unwrap();
        assert_eq!(list.entries.len(), 3);
        assert_eq!(hash(&list.statuses()), list.hash);
        assert_eq!(hash(&Statuses::new()), "");
        assert!(List::parse(b"<xml/>").is_err());
    }

    #[test]
    fn a_delta_is_applied() {
        let mut copy = List::parse(LIST.as_bytes()).unwrap().statuses();
        let entry = |id: &str, status: &str, action: &str| Entry {
            id: id.to_owned(),
            status: status.to_owned(),
            action: action.to_owned(),
        };
        let entries = vec![entry("1", "UP", "DELETED"), entry("2", "UP", "MODIFIED"), entry("4", "DOWN", "ADDED")];
        List { hash: String::new(), entries }.apply_to(&mut copy);
        assert_eq!(hash(&copy), "DOWN_1_UP_2_");
        assert_eq!(copy.keys().collect::<Vec<_>>(), ["2", "3", "4"]);
    }
}
