//! What a batch is answered: one outcome for each item, in one buffer.

use std::sync::Arc;

use eurus_model::Detail;

use crate::form::{Form, Format};
use crate::registered::Registered;

/// Bytes of our newer instances in one answer. Few bytes of a batch name an instance of megabytes, and may do so many
/// times; beyond this items are answered without it, which a Java registry logs. The first is there however large it is.
pub(super) const ENTITY_BYTES_MAX: usize = 8 << 20;

const FULL_JSON: Form = Form { format: Format::Json, detail: Detail::Full };

/// The answer to one item; the other registry looks at nothing else.
pub(super) struct Outcome {
    pub(super) status: u16,
    /// Our instance, where ours is the newer one.
    pub(super) newer: Option<Arc<Registered>>,
}

pub(super) struct BatchAnswer {
    pub(super) bytes: Vec<u8>,
    /// Instances that had no room.
    pub(super) left_out: usize,
}

pub(super) fn json(outcomes: &[Outcome], entity_bytes_max: usize) -> BatchAnswer {
    let mut bytes = br#"{"responseList":["#.to_vec();
    let (mut entity_bytes, mut left_out) = (0, 0);
    for (place, outcome) in outcomes.iter().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(br#"{"statusCode":"#);
        bytes.extend_from_slice(outcome.status.to_string().as_bytes());
        if let Some(newer) = &outcome.newer {
            if entity_bytes == 0 || entity_bytes + newer.fragment_len(FULL_JSON) <= entity_bytes_max {
                let entity = newer.fragment(FULL_JSON);
                bytes.extend_from_slice(br#","responseEntity":"#);
                bytes.extend_from_slice(&entity);
                entity_bytes += entity.len();
            } else {
                left_out += 1;
            }
        }
        bytes.push(b'}');
    }
    bytes.extend_from_slice(b"]}");
    BatchAnswer { bytes, left_out }
}

/// Status codes only: whoever wants our newer instance speaks JSON.
pub(super) fn xml(outcomes: &[Outcome]) -> BatchAnswer {
    const PACKAGE: &str = "com.netflix.eureka.cluster.protocol";
    let items: String = outcomes
        .iter()
        .map(|outcome| {
            format!(
                "    <{PACKAGE}.ReplicationInstanceResponse>\n      <statusCode>{}</statusCode>\n    \
                 </{PACKAGE}.ReplicationInstanceResponse>\n",
                outcome.status
            )
        })
        .collect();
    let list = if items.is_empty() {
        "<responseList/>".to_owned()
    } else {
        format!("<responseList>\n{items}  </responseList>")
    };
    let text = format!("<{PACKAGE}.ReplicationListResponse>\n  {list}\n</{PACKAGE}.ReplicationListResponse>");
    BatchAnswer { bytes: text.into_bytes(), left_out: 0 }
}
