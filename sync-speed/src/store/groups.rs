//! Which gateway groups serve an application.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::sql::sql;
use super::{Store, StoreError};

/// Groups by application.
pub(super) type Groups = BTreeMap<String, BTreeSet<String>>;

impl Store {
    /// The groups stored for an application (upper case); empty when there are none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn groups_of(&self, app: &str) -> Result<BTreeSet<String>, StoreError> {
        Ok(self.all_groups().await?.get(app).cloned().unwrap_or_default())
    }

    /// All that is stored, by application.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn all_groups(&self) -> Result<Arc<Groups>, StoreError> {
        let (version, known) = self.known_groups.get();
        if let Some(groups) = known {
            return Ok(groups);
        }
        let mut by_app = Groups::new();
        for row in sql("SELECT app, group_name FROM gateway_groups").read_all(&self.pool).await? {
            by_app.entry(row.text("app")?).or_default().insert(row.text("group_name")?);
        }
        let groups = Arc::new(by_app);
        if !self.is_shared() {
            self.known_groups.remember(version, &groups);
        }
        Ok(groups)
    }

    /// Replaces the groups of an application.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    pub async fn put_groups(&self, app: &str, groups: &BTreeSet<String>) -> Result<(), StoreError> {
        let (store, app, groups) = (self.clone(), app.to_owned(), groups.clone());
        self.known_groups.while_writing(async move { store.try_put_groups(&app, &groups).await }).await
    }

    async fn try_put_groups(&self, app: &str, groups: &BTreeSet<String>) -> Result<(), StoreError> {
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
        let (store, app) = (self.clone(), app.to_owned());
        self.known_groups.while_writing(async move { store.try_delete_groups(&app).await }).await
    }

    async fn try_delete_groups(&self, app: &str) -> Result<bool, StoreError> {
        let mut work = self.pool.write().await?;
        let deleted = sql("DELETE FROM gateway_groups WHERE app = ?").bind(app).execute(&mut work).await?;
        work.commit().await?;
        Ok(deleted > 0)
    }
}
