//! Migrations: SQL files, embedded, carried out one after the other, each recorded with its number.

use super::StoreError;
use super::dialect::Dialect;
use super::sql::{Pool, Value, Work, raw, sql};

/// One step. `number` rises; a database that is at a number has all steps up to it.
struct Migration {
    number: i64,
    text: &'static str,
    on: On,
}

/// Where a step is carried out.
#[derive(PartialEq, Eq)]
enum On {
    Sqlite,
    Servers,
    All,
}

const MIGRATIONS: [Migration; 6] = [
    Migration { number: 1, text: include_str!("../../migrations/0001-downline.sql"), on: On::Sqlite },
    Migration { number: 2, text: include_str!("../../migrations/0002-open-outcomes.sql"), on: On::Sqlite },
    Migration { number: 2, text: include_str!("../../migrations/0002-server.sql"), on: On::Servers },
    Migration { number: 3, text: include_str!("../../migrations/0003-shared.sql"), on: On::All },
    Migration { number: 4, text: include_str!("../../migrations/0004-audit.sql"), on: On::All },
    Migration { number: 5, text: include_str!("../../migrations/0005-announced-gateways.sql"), on: On::All },
];

pub(super) async fn migrate(pool: &Pool) -> Result<(), StoreError> {
    let dialect = pool.dialect();
    // Nodes that start together wait for each other.
    let mut work = pool.write().await?;
    dialect.lock_schema(&mut work).await?;
    let version = version(&mut work, dialect).await?;
    let known = MIGRATIONS.iter().map(|migration| migration.number).max().unwrap_or_default();
    if version > known {
        return Err(StoreError::Corrupt(format!(
            "its schema has version {version}, this program knows up to {known}: it was written by a newer version"
        )));
    }
    for migration in &MIGRATIONS {
        let is_meant = migration.on == On::All || (migration.on == On::Servers) == dialect.is_shared();
        if !is_meant || migration.number <= version {
            continue;
        }
        for statement in dialect.statements(migration.text) {
            raw(&mut work, statement).await?;
        }
        set_version(&mut work, dialect, migration.number).await?;
        log::info!("sync-speed's database ({dialect}) is at schema version {}", migration.number);
    }
    dialect.unlock_schema(&mut work).await?;
    work.commit().await
}

async fn version(work: &mut Work, dialect: Dialect) -> Result<i64, StoreError> {
    if dialect == Dialect::Sqlite {
        let row = sql("PRAGMA user_version").fetch_optional(work).await?;
        return row.map_or(Ok(0), |row| row.int("user_version"));
    }
    raw(work, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)".to_owned()).await?;
    let row = sql("SELECT version FROM schema_version").fetch_optional(work).await?;
    row.map_or(Ok(0), |row| row.int("version"))
}

async fn set_version(work: &mut Work, dialect: Dialect, number: i64) -> Result<(), StoreError> {
    if dialect == Dialect::Sqlite {
        return raw(work, format!("PRAGMA user_version = {number}")).await;
    }
    let number = Value::from(number);
    sql("DELETE FROM schema_version").execute(work).await?;
    sql("INSERT INTO schema_version (version) VALUES (?)").bind(number).execute(work).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    use super::*;
    use crate::store::sql::File;

    #[tokio::test]
    async fn what_the_first_version_wrote_is_kept() {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let sqlite = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::raw_sql(MIGRATIONS[0].text).execute(&sqlite).await.unwrap();
        sqlx::raw_sql(
            "INSERT INTO entries VALUES (7, 'offline-7', 'offline', '{}', '127.0.0.1', 'notifying', NULL, 7, 7);
             INSERT INTO entry_instances VALUES (7, 'A', 'a', '10.0.0.1', 80, 1, 'UP', 'OUT_OF_SERVICE', 'done', NULL);
             INSERT INTO entry_nodes VALUES (7, 'g', 'GW', 'A', 'a', '127.0.0.1:1', 'retrying', 'why', 3, NULL);
             PRAGMA user_version = 1;",
        )
        .execute(&sqlite)
        .await
        .unwrap();
        let pool = Pool::Sqlite(File::new(sqlite.clone(), sqlite.clone()));
        migrate(&pool).await.unwrap();
        migrate(&pool).await.unwrap();
        let (step, detail): (String, String) =
            sqlx::query_as("SELECT i.step, n.detail FROM entry_instances i JOIN entry_nodes n ON n.number = i.number")
                .fetch_one(&sqlite)
                .await
                .unwrap();
        assert_eq!((step.as_str(), detail.as_str()), ("done", "why"));
        let (last,): (i64,) = sqlx::query_as("SELECT last FROM numbers").fetch_one(&sqlite).await.unwrap();
        assert_eq!(last, 7, "numbers go on from the last entry");
        sqlx::raw_sql("UPDATE entry_nodes SET outcome = 'rejected'; UPDATE entry_instances SET step = 'uncertain';")
            .execute(&sqlite)
            .await
            .unwrap();
        sqlx::raw_sql("DELETE FROM entries").execute(&sqlite).await.unwrap();
        let (left,): (i64,) = sqlx::query_as("SELECT count(*) FROM entry_nodes").fetch_one(&sqlite).await.unwrap();
        assert_eq!(left, 0, "nodes go with their entry");
    }

    #[tokio::test]
    async fn a_newer_version_is_not_touched() {
        let sqlite = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(SqliteConnectOptions::new().in_memory(true))
            .await
            .unwrap();
        sqlx::raw_sql("PRAGMA user_version = 99").execute(&sqlite).await.unwrap();
        let refused = migrate(&Pool::Sqlite(File::new(sqlite.clone(), sqlite))).await.unwrap_err().to_string();
        assert!(refused.contains("schema has version 99"), "{refused}");
    }
}
