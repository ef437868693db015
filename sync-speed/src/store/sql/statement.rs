//! A statement with its values.

use futures_util::TryFutureExt as _;
use sqlx::database::Database;
use sqlx::{Encode, Executor, IntoArguments, Type};

use super::{Pool, Row, Work};
use crate::store::StoreError;
use crate::store::dialect;

/// What a statement is given, and a column holds: every column of ours is one of the two.
#[derive(Clone, Debug)]
pub(in crate::store) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

/// SQL with a `?` for each value.
pub(in crate::store) struct Statement {
    pub(super) text: &'static str,
    pub(super) values: Vec<Value>,
}

/// Begins a statement. Only constants: nothing that somebody sent becomes SQL.
pub(in crate::store) fn sql(text: &'static str) -> Statement {
    Statement { text, values: Vec::new() }
}

impl Statement {
    /// The value of the next `?`.
    pub(in crate::store) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Its outcome is not looked at: it may be carried out with what follows, at the latest with the commit, which fails
    /// if it does.
    pub(in crate::store) async fn later(self, work: &mut Work) -> Result<(), StoreError> {
        match work {
            Work::Sqlite(batch) => batch.later(self).await,
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            _ => self.execute(work).await.map(|_| ()),
        }
    }

    /// How many rows it changed.
    pub(in crate::store) async fn execute(self, work: &mut Work) -> Result<u64, StoreError> {
        Ok(match work {
            Work::Sqlite(batch) => batch.execute(self).await?,
            #[cfg(feature = "mysql")]
            Work::MySql(transaction) => query::<sqlx::MySql>(self).execute(&mut **transaction).await?.rows_affected(),
            #[cfg(feature = "postgres")]
            Work::Postgres(transaction) => {
                query::<sqlx::Postgres>(self).execute(&mut **transaction).await?.rows_affected()
            }
        })
    }

    /// All rows.
    pub(in crate::store) async fn fetch_all(self, work: &mut Work) -> Result<Vec<Row>, StoreError> {
        match work {
            Work::Sqlite(batch) => Ok(batch.fetch_all(self).await?.into_iter().map(Row::Sqlite).collect()),
            #[cfg(feature = "mysql")]
            Work::MySql(transaction) => rows(self, &mut **transaction, Row::MySql).await,
            #[cfg(feature = "postgres")]
            Work::Postgres(transaction) => rows(self, &mut **transaction, Row::Postgres).await,
        }
    }

    /// The first row.
    pub(in crate::store) async fn fetch_optional(self, work: &mut Work) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(work).await?.into_iter().next())
    }

    /// All rows, outside of any transaction.
    pub(in crate::store) async fn read_all(self, pool: &Pool) -> Result<Vec<Row>, StoreError> {
        match pool {
            Pool::Sqlite(file) => rows(self, file.pool(), Row::Sqlite).await,
            #[cfg(feature = "mysql")]
            Pool::MySql(pool) => rows(self, pool, Row::MySql).await,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => rows(self, pool, Row::Postgres).await,
        }
    }

    /// The first row, outside of any transaction.
    pub(in crate::store) async fn read_optional(self, pool: &Pool) -> Result<Option<Row>, StoreError> {
        Ok(self.read_all(pool).await?.into_iter().next())
    }
}

async fn rows<'c, D, E>(statement: Statement, on: E, wrap: fn(D::Row) -> Row) -> Result<Vec<Row>, StoreError>
where
    D: Database + dialect::Placeholders,
    E: Executor<'c, Database = D>,
    D::Arguments: IntoArguments<D>,
    for<'q> Option<i64>: Encode<'q, D> + Type<D>,
    for<'q> Option<String>: Encode<'q, D> + Type<D>,
{
    let fetched = query::<D>(statement).fetch_all(on).map_err(StoreError::from).await?;
    Ok(fetched.into_iter().map(wrap).collect())
}

fn query<'q, D>(statement: Statement) -> sqlx::query::Query<'q, D, D::Arguments>
where
    D: Database + dialect::Placeholders,
    D::Arguments: IntoArguments<D>,
    for<'e> Option<i64>: Encode<'e, D> + Type<D>,
    for<'e> Option<String>: Encode<'e, D> + Type<D>,
{
    bound(sqlx::query(D::placed(statement.text)), statement.values)
}

/// A query with its values.
pub(super) fn bound<'q, D>(
    mut query: sqlx::query::Query<'q, D, D::Arguments>,
    values: Vec<Value>,
) -> sqlx::query::Query<'q, D, D::Arguments>
where
    D: Database,
    D::Arguments: IntoArguments<D>,
    for<'e> Option<i64>: Encode<'e, D> + Type<D>,
    for<'e> Option<String>: Encode<'e, D> + Type<D>,
{
    for value in values {
        query = match value {
            Value::Int(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
        };
    }
    query
}

/// A statement of a migration, without values, and not prepared: some cannot be.
pub(in crate::store) async fn raw(work: &mut Work, text: String) -> Result<(), StoreError> {
    match work {
        Work::Sqlite(batch) => batch.raw(text).await?,
        #[cfg(feature = "mysql")]
        Work::MySql(transaction) => {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut **transaction).await.map(|_| ())?;
        }
        #[cfg(feature = "postgres")]
        Work::Postgres(transaction) => {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut **transaction).await.map(|_| ())?;
        }
    }
    Ok(())
}
