//! What a running gateway consists of, and which part of it ended first: none should before it is told to.

use std::io;

use futures_util::future::select_all;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use crate::error::RunError;

/// A data-plane thread's name, and how it ended.
pub(crate) type WorkerEnd = (String, oneshot::Receiver<io::Result<()>>);

/// Everything that runs. A part that has ended is taken out.
pub(crate) struct Parts {
    pub(crate) workers: Vec<WorkerEnd>,
    pub(crate) admin: JoinHandle<io::Result<()>>,
    /// Fetching and registration.
    pub(crate) client: Option<JoinHandle<()>>,
}

impl Parts {
    /// Waits until a part ends on its own.
    pub(crate) async fn first_end(&mut self) -> RunError {
        let Self { workers, admin, client } = self;
        tokio::select! {
            ended = first_worker_end(workers) => ended,
            ended = admin => RunError::Admin(admin_end(ended)),
            ended = client_end(client) => ended,
        }
    }

    /// Waits for the data plane, which was told to stop. Each thread is bounded by the grace it was given.
    pub(crate) async fn workers_end(&mut self) {
        for (_, worker) in self.workers.drain(..) {
            let _ = worker.await;
        }
    }

    /// Waits for the registry client, which was told to stop.
    pub(crate) async fn client_end(&mut self) {
        if let Some(client) = self.client.take()
            && let Err(error) = client.await
        {
            log::error!("gateway: its registry client ended badly, it may still be registered: {error}");
        }
    }
}

async fn first_worker_end(workers: &mut Vec<WorkerEnd>) -> RunError {
    if workers.is_empty() {
        return std::future::pending().await;
    }
    let (outcome, place, _) = select_all(workers.iter_mut().map(|(_, ended)| ended)).await;
    let (name, _) = workers.swap_remove(place);
    let why = match outcome {
        Ok(Ok(())) => "it ended without being told to".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it panicked".to_owned(),
    };
    RunError::Worker { name, why }
}

fn admin_end(ended: Result<io::Result<()>, JoinError>) -> io::Error {
    match ended {
        Ok(Ok(())) => io::Error::other("it ended without being told to"),
        Ok(Err(error)) => error,
        Err(error) => io::Error::other(error),
    }
}

/// Without it the gateway would go on with a list that grows old, and say that it is healthy.
async fn client_end(client: &mut Option<JoinHandle<()>>) -> RunError {
    let Some(running) = client else { return std::future::pending().await };
    let why = match running.await {
        Ok(()) => "it ended without being told to".to_owned(),
        Err(error) => error.to_string(),
    };
    *client = None;
    RunError::ClientEnded(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(client: JoinHandle<()>) -> Parts {
        Parts { workers: Vec::new(), admin: tokio::spawn(std::future::pending()), client: Some(client) }
    }

    #[tokio::test]
    async fn a_registry_client_that_ends_or_panics_is_an_end() {
        let ends: [(JoinHandle<()>, &str); 2] = [
            (tokio::spawn(async {}), "it ended without being told to"),
            (tokio::spawn(async { panic!("a listener") }), "panicked"),
        ];
        for (client, expected) in ends {
            let mut parts = parts(client);
            let ended = parts.first_end().await.to_string();
            assert!(ended.contains("registry client") && ended.contains(expected), "{ended}");
            parts.client_end().await;
        }
    }

    #[tokio::test]
    async fn a_data_plane_thread_or_admin_api_that_ends_is_an_end() {
        let mut one = parts(tokio::spawn(std::future::pending()));
        let (ended, outcome) = oneshot::channel();
        one.workers.push(("data-0".to_owned(), outcome));
        drop(ended);
        assert!(matches!(one.first_end().await, RunError::Worker { name, .. } if name == "data-0"));
        one.admin = tokio::spawn(async { Ok(()) });
        assert!(matches!(one.first_end().await, RunError::Admin(_)));
    }
}
