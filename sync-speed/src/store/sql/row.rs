//! A row, read by column name.

use sqlx::Row as _;

use crate::store::StoreError;

/// One row of any of the databases.
pub(in crate::store) enum Row {
    Sqlite(sqlx::sqlite::SqliteRow),
    #[cfg(feature = "mysql")]
    MySql(sqlx::mysql::MySqlRow),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// A number that is always there.
    pub(in crate::store) fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        self.maybe_int(column)?.ok_or_else(|| empty(column))
    }

    /// A text that is always there.
    pub(in crate::store) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.maybe_text(column)?.ok_or_else(|| empty(column))
    }

    pub(in crate::store) fn maybe_int(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            #[cfg(feature = "mysql")]
            Self::MySql(row) => row.try_get(column)?,
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(in crate::store) fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            #[cfg(feature = "mysql")]
            Self::MySql(row) => row.try_get(column)?,
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.try_get(column)?,
        })
    }
}

fn empty(column: &'static str) -> StoreError {
    StoreError::Corrupt(format!("nothing in column {column}"))
}
