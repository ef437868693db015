use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::*;

async fn file() -> File {
    let options = SqliteConnectOptions::new().in_memory(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    sqlx::raw_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)").execute(&pool).await.unwrap();
    File::new(pool.clone(), pool)
}

async fn numbers(file: &File) -> Vec<i64> {
    sqlx::query_scalar("SELECT n FROM t ORDER BY n").fetch_all(file.pool()).await.unwrap()
}

fn insert(n: i64) -> Statement {
    sql("INSERT INTO t (n) VALUES (?)").bind(n)
}

#[tokio::test]
async fn what_is_kept_comes_before_what_follows_and_with_the_commit() {
    let file = file().await;
    let mut batch = file.write().await.unwrap();
    for n in 0..100 {
        batch.later(insert(n)).await.unwrap();
    }
    let seen = batch.fetch_all(sql("SELECT n FROM t WHERE n < ?").bind(7)).await.unwrap();
    assert_eq!(seen.len(), 7);
    batch.later(insert(200)).await.unwrap();
    let changed = batch.execute(sql("UPDATE t SET n = n + ? WHERE n < ?").bind(1_000).bind(3)).await.unwrap();
    assert_eq!(changed, 3, "of the last statement alone");
    batch.later(insert(201)).await.unwrap();
    batch.commit().await.unwrap();
    let numbers = numbers(&file).await;
    assert_eq!((numbers.len(), numbers.contains(&201), numbers.contains(&2)), (102, true, false));
}

#[tokio::test]
async fn rows_are_those_of_their_statement() {
    let file = file().await;
    let mut batch = file.write().await.unwrap();
    for n in 0..3 {
        batch.later(insert(n)).await.unwrap();
    }
    batch.commit().await.unwrap();
    let below = |n| sql("SELECT n FROM t WHERE n < ?").bind(n);
    let batch = file.read().await.unwrap();
    let each = batch.fetch_each(vec![below(2), below(0), below(9)]).await.unwrap();
    assert_eq!(each.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 3]);
}

#[tokio::test]
async fn without_a_commit_nothing_happened_and_the_connection_serves_on() {
    let file = file().await;
    let mut dropped = file.write().await.unwrap();
    dropped.execute(insert(1)).await.unwrap();
    drop(dropped);
    let mut kept = file.write().await.unwrap();
    kept.later(insert(2)).await.unwrap();
    drop(kept);
    let mut committed = file.write().await.unwrap();
    committed.later(insert(3)).await.unwrap();
    committed.commit().await.unwrap();
    assert_eq!(numbers(&file).await, [3]);
}

#[tokio::test]
async fn writers_queue() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("t.db")).create_if_missing(true);
    // Who does not wait here fails at once.
    let options = options.busy_timeout(std::time::Duration::ZERO);
    let pool = || SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
    let file = File::new(pool(), pool());
    sqlx::raw_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)").execute(file.pool()).await.unwrap();
    // Both connections stand.
    file.note().await.unwrap().commit().await.unwrap();
    let mut first = file.write().await.unwrap();
    first.execute(insert(1)).await.unwrap();
    let second = tokio::spawn({
        let file = file.clone();
        async move {
            let mut second = file.note().await?;
            second.later(insert(2)).await?;
            second.commit().await
        }
    });
    for n in 100..200 {
        first.execute(insert(n)).await.unwrap();
    }
    assert!(!second.is_finished(), "the first one is not over");
    drop(first);
    second.await.unwrap().unwrap();
    assert_eq!(numbers(&file).await, [2]);
}

#[tokio::test]
async fn a_statement_that_fails_fails_the_commit() {
    let file = file().await;
    let mut batch = file.write().await.unwrap();
    batch.later(insert(1)).await.unwrap();
    batch.later(insert(1)).await.unwrap();
    assert!(batch.commit().await.unwrap_err().is_duplicate());
    assert!(numbers(&file).await.is_empty());
}
