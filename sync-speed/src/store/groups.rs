//! Which gateway groups serve an application.

use std::collections::{BTreeMap, BTreeSet};

use super::sql::sql;
use super::{Store, StoreError};

impl Store {
    /// The groups stored for an application (upper case); empty when there are none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn groups_of(&self, app: &str) -> Result<BTreeSet<String>, StoreError> {
        let rows = sql("SELECT group_name FROM gateway_groups WHERE app = ?").bind(app).read_all(&self.pool).await?;
        rows.iter().map(|row| row.text("group_name")).collect()
    }

    /// All that is stored, by application.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_groups(&self) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
        let mut by_app: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in sql("SELECT app, group_name FROM gateway_groups").read_all(&self.pool).await? {
            by_app.entry(row.text("app")?).or_default().insert(row.text("group_name")?);
        }
        Ok(by_app)
    }

    /// Replaces the groups of an application.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    pub async fn put_groups(&self, app: &str, groups: &BTreeSet<String>) -> Result<(), StoreError> {
        let mut work = self.pool.write().await?;
        sql("DELETE FROM gateway_groups WHERE app = ?").bind(app).execute(&mut work).await?;
        for group in groups {
            sql("INSERT INTO gateway_groups (app, group_name) VALUES (?, ?)")
                .bind(app)
                .bind(group)
                .execute(&mut work)
                .await?;
        }
        work.commit().await
    }

    /// Forgets the groups of an application; whether there were any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_groups(&self, app: &str) -> Result<bool, StoreError> {
        let mut work = self.pool.write().await?;
        let deleted = sql("DELETE FROM gateway_groups WHERE app = ?").bind(app).execute(&mut work).await?;
        work.commit().await?;
        Ok(deleted > 0)
    }
}
