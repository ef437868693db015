//! Which gateway groups serve an application.

use std::collections::{BTreeMap, BTreeSet};

use super::{Store, StoreError};

impl Store {
    /// The groups stored for an application (upper case); empty when there are none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn groups_of(&self, app: &str) -> Result<BTreeSet<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT group_name FROM gateway_groups WHERE app = ?")
            .bind(app)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(|(group,)| group).collect())
    }

    /// All that is stored, by application.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_groups(&self) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT app, group_name FROM gateway_groups").fetch_all(&self.pool).await?;
        let mut by_app: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (app, group) in rows {
            by_app.entry(app).or_default().insert(group);
        }
        Ok(by_app)
    }

    /// Replaces the groups of an application.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    pub async fn put_groups(&self, app: &str, groups: &BTreeSet<String>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM gateway_groups WHERE app = ?").bind(app).execute(&mut *transaction).await?;
        for group in groups {
            sqlx::query("INSERT INTO gateway_groups (app, group_name) VALUES (?, ?)")
                .bind(app)
                .bind(group)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets the groups of an application; whether there were any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_groups(&self, app: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM gateway_groups WHERE app = ?").bind(app).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }
}
