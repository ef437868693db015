//! Large answers that connections are sending: a list that has changed since is held in memory for as long as somebody
//! takes it slowly.

use std::sync::Arc;

use crate::content::Content;
use crate::held_bytes::{HeldBytes, Weight};
use crate::limit_hits::LimitHits;

/// Bytes of them at most, each counted once however many connections send it.
pub(crate) const SENDING_BYTES_MAX: u64 = 512 << 20;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct HeldAnswers {
    held: HeldBytes,
    refused: LimitHits,
}

impl HeldAnswers {
    /// The room of one more; `None`: there is none.
    pub(super) fn hold(&self, content: &Content, now_ms: i64) -> Option<Arc<Weight>> {
        let weight = content.weigh(&self.held);
        if self.held.sum() <= SENDING_BYTES_MAX {
            return Some(weight);
        }
        if let Some(untold) = self.refused.hit(now_ms) {
            log::warn!(
                "a list is answered 503: lists that callers are slow to take have {SENDING_BYTES_MAX} bytes together \
                 already; find out who asks for lists and does not read them{untold}"
            );
        }
        None
    }

    /// Bytes that are being sent now.
    pub(super) fn bytes(&self) -> u64 {
        self.held.sum()
    }

    /// Lists for which there was no room.
    pub(super) fn refused(&self) -> u64 {
        self.refused.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_counts_once_and_as_long_as_it_is_sent() {
        let answers = HeldAnswers::default();
        let list = Content::from(vec![0; 1_000]);
        let senders = [answers.hold(&list, 0), answers.hold(&list, 0)];
        assert_eq!(answers.bytes(), 1_000);
        drop(senders);
        assert_eq!(answers.bytes(), 0);
    }

    #[test]
    fn there_is_room_for_so_much_and_no_more() {
        let answers = HeldAnswers::default();
        let list = Content::from(vec![0; 1_000]);
        let most = answers.held.weigh(SENDING_BYTES_MAX - 999);
        assert!(answers.hold(&list, 0).is_none());
        assert_eq!((answers.refused(), answers.bytes()), (1, SENDING_BYTES_MAX - 999));
        drop(most);
        assert!(answers.hold(&list, 0).is_some());
    }
}
