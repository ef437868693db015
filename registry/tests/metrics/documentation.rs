//! METRICS.md names what is exported, all of it and nothing else.

use std::path::Path;

use eurus_registry::RegistryConfig;

use super::rig::Rig;
use super::{START_MS, scrape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::disallowed_methods)] // A test reads its data.
async fn the_table_is_what_is_exported() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    rig.register("A", "one", serde_json::json!({})).await;
    rig.get("/eureka/apps").await;
    rig.advance_ms(60_000).await;
    let rows = scrape(&rig).await.families.into_iter().map(|(name, family)| {
        let suffix = if family.kind == "counter" { "_total" } else { "" };
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{name}{suffix}` | {} | {} | {} |", family.kind, labels.join(", "), family.help)
    });
    let rows: Vec<String> = rows.collect();
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("METRICS.md")).unwrap();
    let documented: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(documented, rows, "METRICS.md should say:\n{}\n", rows.join("\n"));
    rig.stop().await;
}
