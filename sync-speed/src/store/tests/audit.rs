//! The audit trail.

use super::super::Store;
use super::super::audit::KEEP_MS;
use crate::audit::Record;

fn record(id: &str, at_ms: i64) -> Record {
    Record {
        id: id.to_owned(),
        at_ms,
        caller: Some("ci".to_owned()),
        address: "10.0.0.1".to_owned(),
        proxy: None,
        action: "POST /offline".to_owned(),
        kind: Some("offline".to_owned()),
        target: Some("IP 10.0.0.2".to_owned()),
        reason: Some("Ämter 🚀 'quoted'; -- no SQL".to_owned()),
        status: 200,
        outcome: "done".to_owned(),
        entry: Some("offline-1".to_owned()),
        suppressed: 0,
    }
}

pub(super) async fn records_are_read_as_written_and_old_ones_go_some_at_a_time(store: &Store) {
    for n in 0..25 {
        store.audit(&record(&format!("old-{n:02}"), n)).await.unwrap();
    }
    assert_eq!(store.audited_since(24, 5).await.unwrap(), [record("old-24", 24)]);
    let newest = store.audited_since(0, 2).await.unwrap();
    assert_eq!(newest, [record("old-24", 24), record("old-23", 23)]);
    for (n, left) in [(1, 16), (2, 7), (3, 3), (4, 4)] {
        store.audit(&record(&format!("new-{n}"), KEEP_MS + 25)).await.unwrap();
        assert_eq!(store.audited_since(0, 500).await.unwrap().len(), left);
    }
    // As long as a name of a caller and a text may be.
    let mut long = record("long", KEEP_MS + 26);
    long.caller = Some("c".repeat(241));
    long.target = Some("ü".repeat(513));
    long.outcome = "application-not-allowed".to_owned();
    store.audit(&long).await.unwrap();
    assert_eq!(store.audited_since(KEEP_MS + 26, 1).await.unwrap(), [long]);
}
