//! What differs between the databases.

use std::borrow::Cow;
use std::fmt;

use sqlx::AssertSqlSafe;

use super::StoreError;
use super::sql::Work;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use super::sql::sql;

/// Which SQL a database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Embedded, one process.
    Sqlite,
    /// MySQL and MariaDB.
    #[cfg(feature = "mysql")]
    MySql,
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres,
}

/// SQLite has one writer: whoever begins as a reader and goes on to write may find another one there.
pub(super) const SQLITE_WRITE: &str = "BEGIN IMMEDIATE";
pub(super) const SQLITE_READ: &str = "BEGIN";
#[cfg(feature = "postgres")]
pub(super) const POSTGRES_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
#[cfg(feature = "postgres")]
pub(super) const POSTGRES_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
#[cfg(feature = "mysql")]
pub(super) const MYSQL_WRITE: &str = "START TRANSACTION";
#[cfg(feature = "mysql")]
pub(super) const MYSQL_READ: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

impl Dialect {
    /// Whether other processes may work on the same database.
    pub(super) fn is_shared(self) -> bool {
        self != Self::Sqlite
    }

    /// The statements of a migration, with the words in braces as this database says them.
    pub(super) fn statements(self, migration: &str) -> Vec<String> {
        let words = self.words();
        migration
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n")
            .split(';')
            .map(str::trim)
            .filter(|statement| !statement.is_empty())
            .map(|statement| {
                words.iter().fold(statement.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
            })
            .collect()
    }

    /// What columns are. `{name}`: short, and may be a key. `{id}`: what clients chose, and may be a key.
    fn words(self) -> [(&'static str, &'static str); 5] {
        match self {
            Self::Sqlite => {
                [("{int}", "INTEGER"), ("{text}", "TEXT"), ("{name}", "TEXT"), ("{id}", "TEXT"), ("{table}", "STRICT")]
            }
            // Keys of InnoDB have 3,072 bytes at most, four to a character.
            #[cfg(feature = "mysql")]
            Self::MySql => [
                ("{int}", "BIGINT"),
                ("{text}", "TEXT"),
                ("{name}", "VARCHAR(128)"),
                ("{id}", "VARCHAR(250)"),
                ("{table}", "ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
            ],
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                [("{int}", "BIGINT"), ("{text}", "TEXT"), ("{name}", "TEXT"), ("{id}", "TEXT"), ("{table}", "")]
            }
        }
    }

    /// Keeps other nodes from changing the schema meanwhile.
    pub(super) async fn lock_schema(self, work: &mut Work) -> Result<(), StoreError> {
        match self {
            Self::Sqlite => {}
            #[cfg(feature = "mysql")]
            Self::MySql => {
                let row = sql("SELECT CAST(GET_LOCK('eurus-sync-speed-schema', 30) AS SIGNED) AS taken");
                let taken = row.fetch_optional(work).await?.map_or(Ok(None), |row| row.maybe_int("taken"))?;
                is_locked(taken)?;
            }
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                sql("SELECT 1 AS taken FROM pg_advisory_xact_lock(8090)").fetch_all(work).await?;
            }
        }
        // A transaction without a statement has nothing to wait for.
        let _ = work;
        Ok(())
    }

    /// The opposite, where the lock does not end with the transaction.
    pub(super) async fn unlock_schema(self, work: &mut Work) -> Result<(), StoreError> {
        #[cfg(feature = "mysql")]
        if self == Self::MySql {
            sql("SELECT CAST(RELEASE_LOCK('eurus-sync-speed-schema') AS SIGNED) AS freed").fetch_all(work).await?;
        }
        let _ = work;
        Ok(())
    }
}

/// MySQL's answer: 1, or 0 when it waited in vain, or NULL when it failed.
#[cfg(feature = "mysql")]
fn is_locked(taken: Option<i64>) -> Result<(), StoreError> {
    match taken {
        Some(1) => Ok(()),
        _ => Err(StoreError::SchemaLocked),
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            #[cfg(feature = "mysql")]
            Self::MySql => "MySQL",
            #[cfg(feature = "postgres")]
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// How a database wants its placeholders.
pub(super) trait Placeholders {
    /// The statement with its placeholders.
    fn placed(text: &'static str) -> AssertSqlSafe<Cow<'static, str>> {
        AssertSqlSafe(Cow::Borrowed(text))
    }
}

impl Placeholders for sqlx::Sqlite {}

#[cfg(feature = "mysql")]
impl Placeholders for sqlx::MySql {}

#[cfg(feature = "postgres")]
impl Placeholders for sqlx::Postgres {
    fn placed(text: &'static str) -> AssertSqlSafe<Cow<'static, str>> {
        AssertSqlSafe(Cow::Owned(numbered(text)))
    }
}

/// `?` becomes `$1`, `$2` … No statement of ours has a question mark in a literal.
#[cfg(feature = "postgres")]
fn numbered(text: &str) -> String {
    let mut numbered = String::with_capacity(text.len() + 16);
    for (place, part) in text.split('?').enumerate() {
        if place > 0 {
            numbered.push('$');
            numbered.push_str(&place.to_string());
        }
        numbered.push_str(part);
    }
    numbered
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered() {
        for (text, expected) in [
            ("SELECT 1", "SELECT 1"),
            ("SELECT a FROM b WHERE c = ? AND d > ?", "SELECT a FROM b WHERE c = $1 AND d > $2"),
            ("VALUES (?, ?)", "VALUES ($1, $2)"),
        ] {
            assert_eq!(numbered(text), expected);
        }
    }
}

#[cfg(all(test, feature = "mysql"))]
mod mysql_tests {
    use super::*;

    #[test]
    fn only_a_lock_that_was_given_is_one() {
        assert!(is_locked(Some(1)).is_ok());
        for refused in [Some(0), None] {
            let error = is_locked(refused).unwrap_err().to_string();
            assert!(error.contains("another node changes the tables"), "{error}");
        }
    }
}
