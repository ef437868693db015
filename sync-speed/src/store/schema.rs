//! Migrations: plain SQL files, embedded, each of which sets `user_version` to its number in its own transaction.

use sqlx::SqlitePool;

use super::StoreError;

const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001-downline.sql")];

pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let (version,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(pool).await?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(StoreError::Corrupt(format!(
            "its schema has version {version}, this program knows up to {known}: it was written by a newer version"
        )));
    }
    for (migration, number) in MIGRATIONS.iter().zip(1_i64..).filter(|(_, number)| *number > version) {
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
        transaction.commit().await?;
        log::info!("sync-speed's database is at schema version {number}");
    }
    Ok(())
}
