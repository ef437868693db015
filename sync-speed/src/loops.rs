//! The control loops: each runs until it is told to stop. One that ends before takes the service with it: without it
//! requests would be answered, and gateways not told.

use eurus_service::Shutdown;
use tokio::task::{Id, JoinError, JoinSet};

use crate::error::RunError;

/// All loops of the service.
#[derive(Default)]
pub(crate) struct Loops {
    running: JoinSet<()>,
    names: Vec<(Id, &'static str)>,
}

impl Loops {
    pub(crate) fn spawn(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let id = self.running.spawn(work).id();
        self.names.push((id, name));
    }

    /// Waits for a loop that ends although nobody stopped it.
    pub(crate) async fn broken(&mut self, shutdown: &Shutdown) -> RunError {
        match self.running.join_next_with_id().await {
            Some(Err(error)) => self.broke_off(&error),
            Some(Ok((id, ()))) if !shutdown.is_triggered() => {
                RunError::Loop { name: self.name(id), how: "ended by itself".to_owned() }
            }
            // The end has come: the server stops by itself.
            Some(Ok(_)) | None => std::future::pending().await,
        }
    }

    /// Ends them where they are.
    pub(crate) async fn abort(mut self) {
        self.running.shutdown().await;
    }

    /// Waits until all have ended.
    pub(crate) async fn join(mut self) {
        while let Some(ended) = self.running.join_next_with_id().await {
            if let Err(error) = ended {
                log::error!("{}", self.broke_off(&error));
            }
        }
    }

    fn broke_off(&self, error: &JoinError) -> RunError {
        RunError::Loop { name: self.name(error.id()), how: format!("broke off: {error}") }
    }

    fn name(&self, id: Id) -> &'static str {
        self.names.iter().find(|(known, _)| *known == id).map_or("?", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_loop_that_ends_is_named() {
        let shutdown = Shutdown::new();
        for (work, part) in [
            (std::future::ready(()).boxed(), "its loop for recovery ended by itself"),
            (async { panic!("no more") }.boxed(), "its loop for recovery broke off: "),
        ] {
            let mut loops = Loops::default();
            loops.spawn("fetching", std::future::pending());
            loops.spawn("recovery", work);
            let broken = loops.broken(&shutdown).await.to_string();
            assert!(broken.contains(part), "{broken}");
        }
    }

    #[tokio::test]
    async fn one_that_was_stopped_is_not_broken() {
        let shutdown = Shutdown::new();
        shutdown.trigger();
        let mut loops = Loops::default();
        loops.spawn("recovery", std::future::ready(()));
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), loops.broken(&shutdown)).await.is_err());
        loops.join().await;
    }
}
