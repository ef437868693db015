//! `peerreplication/batch`: what one registry hands on to another, item by item. Peers speak JSON.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::draft::RegistrationDraft;
use crate::error::DecodeError;
use crate::limits::{BATCH_BYTES_MAX, BATCH_ITEMS_MAX};

/// One change that another registry was told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReplicationItem {
    /// The application; a peer's own may lack it, and then the item fails.
    pub app_name: Option<String>,
    /// The instance's id.
    pub id: Option<String>,
    /// By whose state it was decided, ms since 1970.
    pub last_dirty_timestamp: Option<i64>,
    /// The override that the other registry knows.
    pub overridden_status: Option<String>,
    /// The status that a change of status sets.
    pub status: Option<String>,
    /// What to register; or why it cannot be read, which fails this item and not the batch.
    #[serde(default, deserialize_with = "read_alone")]
    pub instance_info: Option<Result<RegistrationDraft, String>>,
    /// What happened.
    pub action: Option<ReplicationAction>,
}

/// An instance that cannot be read fails its own item, not the batch.
fn read_alone<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Result<RegistrationDraft, String>>, D::Error> {
    let value: Option<serde_json::Value> = Option::deserialize(source)?;
    Ok(value.map(|value| RegistrationDraft::deserialize(value).map_err(|error| error.to_string())))
}

/// What happened at the other registry.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum ReplicationAction {
    /// An instance registered.
    Register,
    /// An instance renewed its lease.
    Heartbeat,
    /// A lease ended by the instance's own call.
    Cancel,
    /// A status was overridden.
    StatusUpdate,
    /// An override was taken back.
    DeleteStatusOverride,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Batch {
    replication_list: Option<Items>,
}

/// A list that stops at its limit, not after it.
struct Items(Vec<ReplicationItem>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {BATCH_ITEMS_MAX} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            if items.len() == BATCH_ITEMS_MAX {
                return Err(A::Error::invalid_length(BATCH_ITEMS_MAX + 1, &self));
            }
            items.push(item);
        }
        Ok(Items(items))
    }
}

/// Reads a batch. `None`: readable, and no list in it.
///
/// # Errors
/// What is wrong with it and where; also a batch beyond [`BATCH_BYTES_MAX`] or [`BATCH_ITEMS_MAX`].
pub fn decode_batch(body: &[u8]) -> Result<Option<Vec<ReplicationItem>>, DecodeError> {
    DecodeError::check_size(body, BATCH_BYTES_MAX)?;
    let batch: Option<Batch> = serde_json::from_slice(body).map_err(|error| crate::json::refused(&error))?;
    Ok(batch.and_then(|batch| batch.replication_list).map(|list| list.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_be_missing_but_not_wrong() {
        for body in ["null", "{}", r#"{"replicationList":null}"#] {
            assert!(decode_batch(body.as_bytes()).unwrap().is_none(), "{body}");
        }
        for (body, says) in [
            ("[]", "invalid length 0"),
            (r#"{"replicationList":{}}"#, "expected a list of at most"),
            (r#"{"replicationList":[],"more":1}"#, "unknown field `more`"),
            (r#"{"replicationList":[{"action":"Explode"}]}"#, "unknown variant `Explode`"),
            (r#"{"replicationList":[{"id":7}]}"#, "expected a string"),
        ] {
            let error = decode_batch(body.as_bytes()).unwrap_err();
            assert!(error.message.contains(says), "{body}: {error}");
        }
    }

    #[test]
    fn a_batch_has_an_end() {
        let batch = |items: usize| {
            let list = vec![r#"{"action":"Cancel","appName":"A","id":"1"}"#; items].join(",");
            decode_batch(format!(r#"{{"replicationList":[{list}]}}"#).as_bytes())
        };
        let held = batch(BATCH_ITEMS_MAX).unwrap().unwrap();
        assert_eq!((held.len(), held[0].action), (BATCH_ITEMS_MAX, Some(ReplicationAction::Cancel)));
        assert!(batch(BATCH_ITEMS_MAX + 1).unwrap_err().message.contains("at most"));
    }
}
