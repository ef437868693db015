//! Offlines that hold: done, and not ended by an online, a newer one, a newer registration, or their expiry.

use super::journal_read::registration_of;
use super::sql::{Row, Work, sql};
use super::{Store, StoreError};
use crate::registration::Registration;

/// Offlines that one statement reads.
const PAGE: i64 = 10_000;
/// Offlines that are looked at, oldest first. Beyond, the newest wait until some have ended, and the log says so.
const HELD_MAX: usize = 100_000;

/// An instance that is kept out of service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The entry that took it out.
    pub number: i64,
    /// Its id.
    pub entry: String,
    /// Upper case.
    pub app: String,
    /// The instance.
    pub instance_id: String,
    /// In this registration.
    pub registration: Registration,
    /// When the entry last changed.
    pub updated_ms: i64,
    /// When it is brought back by itself.
    pub expires_ms: Option<i64>,
}

/// An instance that an offline keeps out, as it was when that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptOut {
    /// Upper case.
    pub(crate) app: String,
    pub(crate) instance_id: String,
    pub(crate) registration: Registration,
    pub(crate) port: i32,
}

impl Store {
    /// All that hold, oldest first; and how many more there are than are looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held(&self) -> Result<(Vec<Held>, i64), StoreError> {
        self.held_by(PAGE, HELD_MAX).await
    }

    pub(super) async fn held_by(&self, page: i64, most: usize) -> Result<(Vec<Held>, i64), StoreError> {
        let mut all: Vec<Held> = Vec::new();
        loop {
            let (number, app, id) =
                all.last().map_or((-1, "", ""), |last| (last.number, &*last.app, &*last.instance_id));
            let rows =
                sql("SELECT e.number, e.id, e.updated_ms, e.expires_ms, i.app, i.instance_id, i.ip, i.service_up_ms \
                 FROM entry_instances i JOIN entries e ON e.number = i.number \
                 WHERE i.step = 'done' AND i.ended_ms IS NULL AND e.kind = 'offline' AND (i.number > ? OR \
                   (i.number = ? AND (i.app > ? OR (i.app = ? AND i.instance_id > ?)))) \
                 ORDER BY i.number, i.app, i.instance_id LIMIT ?")
                .bind(number)
                .bind(number)
                .bind(app)
                .bind(app)
                .bind(id)
                .bind(page)
                .read_all(&self.pool)
                .await?;
            let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < page);
            for row in &rows {
                all.push(held(row)?);
            }
            if is_last {
                return Ok((all, 0));
            }
            if all.len() >= most {
                let more = self.count_held().await?.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX));
                all.truncate(most);
                return Ok((all, more.max(0)));
            }
        }
    }

    async fn count_held(&self) -> Result<i64, StoreError> {
        let row = sql("SELECT COUNT(*) AS held FROM entry_instances i JOIN entries e ON e.number = i.number \
             WHERE i.step = 'done' AND i.ended_ms IS NULL AND e.kind = 'offline'")
        .read_optional(&self.pool)
        .await?;
        row.map_or(Ok(0), |row| row.int("held"))
    }

    /// Whether one of them still does.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn is_held(&self, number: i64, app: &str, instance_id: &str) -> Result<bool, StoreError> {
        let held = sql("SELECT step FROM entry_instances \
             WHERE number = ? AND app = ? AND instance_id = ? AND step = 'done' AND ended_ms IS NULL")
        .bind(number)
        .bind(app)
        .bind(instance_id)
        .read_optional(&self.pool)
        .await?;
        Ok(held.is_some())
    }

    /// What is kept out of an application; or everywhere.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn kept_out(&self, app: Option<&str>) -> Result<Vec<KeptOut>, StoreError> {
        let rows = sql("SELECT i.app, i.instance_id, i.ip, i.service_up_ms, i.port \
             FROM entry_instances i JOIN entries e ON e.number = i.number \
             WHERE i.step = 'done' AND i.ended_ms IS NULL AND e.kind = 'offline' AND (? = '' OR i.app = ?) \
             ORDER BY i.app, i.instance_id, i.number")
        .bind(app.unwrap_or_default())
        .bind(app.unwrap_or_default())
        .read_all(&self.pool)
        .await?;
        let kept_out = |row: &Row| {
            let port = i32::try_from(row.int("port")?).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            let (app, instance_id) = (row.text("app")?, row.text("instance_id")?);
            Ok(KeptOut { app, instance_id, registration: registration_of(row)?, port })
        };
        rows.iter().map(kept_out).collect()
    }

    /// It holds no longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(&self, held: &Held, why: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut work = self.pool.write().await?;
        sql("UPDATE entry_instances SET ended_ms = ?, end_reason = ? \
             WHERE number = ? AND app = ? AND instance_id = ? AND ended_ms IS NULL")
        .bind(now_ms)
        .bind(why)
        .bind(held.number)
        .bind(&held.app)
        .bind(&held.instance_id)
        .execute(&mut work)
        .await?;
        work.commit().await?;
        self.changed(held.number);
        Ok(())
    }

    /// This node's turn at what one node alone does, for so long. Whoever has it has it again.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn leads(&self, what: &str, now_ms: i64, until_ms: i64) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(true);
        }
        match self.try_lead(what, now_ms, until_ms).await {
            Err(error) if error.is_conflict() || error.is_duplicate() => Ok(false),
            led => led,
        }
    }

    async fn try_lead(&self, what: &str, now_ms: i64, until_ms: i64) -> Result<bool, StoreError> {
        let mut work = self.pool.write().await?;
        let led = sql("UPDATE turns SET holder = ?, until_ms = ? WHERE app = ? AND (until_ms < ? OR holder = ?)")
            .bind(&*self.owner)
            .bind(until_ms)
            .bind(what)
            .bind(now_ms)
            .bind(&*self.owner)
            .execute(&mut work)
            .await?;
        if led == 0 {
            if sql("SELECT app FROM turns WHERE app = ?").bind(what).fetch_optional(&mut work).await?.is_some() {
                return Ok(false);
            }
            sql("INSERT INTO turns (app, holder, until_ms) VALUES (?, ?, ?)")
                .bind(what)
                .bind(&*self.owner)
                .bind(until_ms)
                .execute(&mut work)
                .await?;
        }
        work.commit().await?;
        Ok(true)
    }
}

fn held(row: &Row) -> Result<Held, StoreError> {
    Ok(Held {
        number: row.int("number")?,
        entry: row.text("id")?,
        app: row.text("app")?,
        instance_id: row.text("instance_id")?,
        registration: registration_of(row)?,
        updated_ms: row.int("updated_ms")?,
        expires_ms: row.maybe_int("expires_ms")?,
    })
}

/// What is done now about an instance ends what was done before: that is part of the same transaction.
pub(super) async fn end_older(
    work: &mut Work,
    number: i64,
    (app, instance_id): (&str, &str),
    now_ms: i64,
) -> Result<(), StoreError> {
    sql("UPDATE entry_instances SET ended_ms = ?, end_reason = 'a newer entry' \
         WHERE app = ? AND instance_id = ? AND number < ? AND step = 'done' AND ended_ms IS NULL")
    .bind(now_ms)
    .bind(app)
    .bind(instance_id)
    .bind(number)
    .later(work)
    .await?;
    Ok(())
}
