//! Gateways that announced themselves: told of orders although the registry's list may not show them yet.

use std::sync::Arc;

use super::sql::{Row, sql};
use super::{Store, StoreError};
use crate::nodes::Announced;

/// Gateways that are remembered at a time.
const ANNOUNCED_MAX: i64 = 10_000;

/// What became of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// Who names nodes from now on, in whichever process, names this one too.
    Yes,
    /// There are too many.
    Full,
}

impl Store {
    /// Remembers a gateway until a moment.
    ///
    /// # Errors
    /// When the database fails; nothing is remembered then.
    pub async fn announce(&self, node: &Announced, now_ms: i64, until_ms: i64) -> Result<Remembered, StoreError> {
        let (store, node) = (self.clone(), node.clone());
        let writing = async move {
            match store.try_announce(&node, now_ms, until_ms).await {
                // The same gateway announced itself twice at one time: the other one's row is there.
                Err(error) if error.is_conflict() || error.is_duplicate() => {
                    store.try_announce(&node, now_ms, until_ms).await
                }
                remembered => remembered,
            }
        };
        self.known_announced.while_writing(writing).await
    }

    async fn try_announce(&self, node: &Announced, now_ms: i64, until_ms: i64) -> Result<Remembered, StoreError> {
        let mut work = self.pool.write().await?;
        sql("DELETE FROM announced_gateways WHERE until_ms <= ?").bind(now_ms).execute(&mut work).await?;
        sql("DELETE FROM announced_gateways WHERE group_name = ? AND node = ?")
            .bind(&node.group)
            .bind(&node.id)
            .execute(&mut work)
            .await?;
        let row = sql("SELECT COUNT(*) AS known FROM announced_gateways").fetch_optional(&mut work).await?;
        if row.map_or(Ok(0), |row| row.int("known"))? >= ANNOUNCED_MAX {
            return Ok(Remembered::Full);
        }
        sql("INSERT INTO announced_gateways (group_name, node, admin, until_ms) VALUES (?, ?, ?, ?)")
            .bind(&node.group)
            .bind(&node.id)
            .bind(&node.admin.to_string())
            .bind(until_ms)
            .execute(&mut work)
            .await?;
        work.commit().await?;
        Ok(Remembered::Yes)
    }

    /// A gateway says that it leaves.
    ///
    /// # Errors
    /// When the database fails: it is forgotten when its time is over.
    pub async fn forget_announced(&self, group: &str, node: &str) -> Result<(), StoreError> {
        let (store, group, node) = (self.clone(), group.to_owned(), node.to_owned());
        self.known_announced.while_writing(async move { store.try_forget_announced(&group, &node).await }).await
    }

    async fn try_forget_announced(&self, group: &str, node: &str) -> Result<(), StoreError> {
        let mut work = self.pool.write().await?;
        sql("DELETE FROM announced_gateways WHERE group_name = ? AND node = ?")
            .bind(group)
            .bind(node)
            .execute(&mut work)
            .await?;
        work.commit().await
    }

    /// All whose time is not over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn announced(&self, now_ms: i64) -> Result<Vec<Announced>, StoreError> {
        let all = self.all_announced().await?;
        let known = all.iter().filter(|(_, until_ms)| *until_ms > now_ms);
        Ok(known.map(|(announced, _)| announced.clone()).collect())
    }

    /// Each with the end of its time.
    async fn all_announced(&self) -> Result<Arc<Vec<(Announced, i64)>>, StoreError> {
        let (version, known) = self.known_announced.get();
        if let Some(all) = known {
            return Ok(all);
        }
        let rows = sql("SELECT group_name, node, admin, until_ms FROM announced_gateways ORDER BY group_name, node")
            .read_all(&self.pool)
            .await?;
        let all = Arc::new(rows.iter().map(announced_of).collect::<Result<Vec<_>, _>>()?);
        if !self.is_shared() {
            self.known_announced.remember(version, &all);
        }
        Ok(all)
    }
}

fn announced_of(row: &Row) -> Result<(Announced, i64), StoreError> {
    let admin = row.text("admin")?;
    let admin = admin.parse().map_err(|_| StoreError::Corrupt(format!("'{admin}' in column admin")))?;
    Ok((Announced { id: row.text("node")?, group: row.text("group_name")?, admin }, row.int("until_ms")?))
}
