//! Migrations: plain SQL files, embedded, each of which sets `user_version` to its number in its own transaction.

use sqlx::SqlitePool;

use super::StoreError;

const MIGRATIONS: [&str; 2] =
    [include_str!("../../migrations/0001-downline.sql"), include_str!("../../migrations/0002-open-outcomes.sql")];

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

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    use super::*;

    #[tokio::test]
    async fn what_the_first_version_wrote_is_kept() {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::raw_sql(MIGRATIONS[0]).execute(&pool).await.unwrap();
        sqlx::raw_sql(
            "INSERT INTO entries VALUES (7, 'offline-7', 'offline', '{}', '127.0.0.1', 'notifying', NULL, 7, 7);
             INSERT INTO entry_instances VALUES (7, 'A', 'a', '10.0.0.1', 80, 1, 'UP', 'OUT_OF_SERVICE', 'done', NULL);
             INSERT INTO entry_nodes VALUES (7, 'g', 'GW', 'A', 'a', '127.0.0.1:1', 'retrying', 'why', 3, NULL);",
        )
        .execute(&pool)
        .await
        .unwrap();
        migrate(&pool).await.unwrap();
        migrate(&pool).await.unwrap();
        let (step, detail): (String, String) =
            sqlx::query_as("SELECT i.step, n.detail FROM entry_instances i JOIN entry_nodes n ON n.number = i.number")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!((step.as_str(), detail.as_str()), ("done", "why"));
        sqlx::raw_sql("UPDATE entry_nodes SET outcome = 'rejected'; UPDATE entry_instances SET step = 'uncertain';")
            .execute(&pool)
            .await
            .unwrap();
        sqlx::raw_sql("DELETE FROM entries").execute(&pool).await.unwrap();
        let (left,): (i64,) = sqlx::query_as("SELECT count(*) FROM entry_nodes").fetch_one(&pool).await.unwrap();
        assert_eq!(left, 0, "nodes go with their entry");
    }
}
