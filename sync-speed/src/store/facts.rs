//! Single numbers that are remembered by name.

use super::sql::sql;
use super::{Store, StoreError};

impl Store {
    /// What was kept last; `None`: nothing ever.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn fact(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let row = sql("SELECT last FROM numbers WHERE name = ?").bind(name).read_optional(&self.pool).await?;
        row.map(|row| row.int("last")).transpose()
    }

    /// In place of what was kept before.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn keep_fact(&self, name: &str, value: i64) -> Result<(), StoreError> {
        if self.replace_fact(name, value).await? {
            return Ok(());
        }
        match self.add_fact(name, value).await {
            // Another node was quicker, or it was the same value: some databases count no row then.
            Err(error) if error.is_duplicate() => self.replace_fact(name, value).await.map(drop),
            added => added,
        }
    }

    async fn replace_fact(&self, name: &str, value: i64) -> Result<bool, StoreError> {
        let mut work = self.pool.write().await?;
        let replaced =
            sql("UPDATE numbers SET last = ? WHERE name = ?").bind(value).bind(name).execute(&mut work).await?;
        work.commit().await?;
        Ok(replaced == 1)
    }

    async fn add_fact(&self, name: &str, value: i64) -> Result<(), StoreError> {
        let mut work = self.pool.write().await?;
        sql("INSERT INTO numbers (name, last) VALUES (?, ?)").bind(name).bind(value).execute(&mut work).await?;
        work.commit().await
    }
}
