//! A node that runs: in this process, or as a process of its own.

use crate::Failure;
use crate::stack::Service;

use super::outside::Outside;

/// See the module.
#[derive(Default)]
pub(crate) enum Running {
    /// It does not.
    #[default]
    Not,
    /// In this process.
    Inside(Service),
    /// As a process of its own.
    Outside(Outside),
}

impl Running {
    pub(crate) fn is_up(&self) -> bool {
        !matches!(self, Self::Not)
    }

    /// Whether it runs and does not stand still.
    pub(crate) fn is_up_and_going(&self) -> bool {
        self.is_up() && !self.is_paused()
    }

    /// Whether it stands still, so that nobody can look at it.
    pub(crate) fn is_paused(&self) -> bool {
        matches!(self, Self::Outside(outside) if outside.is_paused)
    }

    pub(crate) fn outside(&mut self) -> Option<&mut Outside> {
        match self {
            Self::Outside(outside) => Some(outside),
            Self::Not | Self::Inside(_) => None,
        }
    }

    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        self.end().await
    }

    /// Ends it without a goodbye.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        match std::mem::take(self) {
            Self::Not => Ok(()),
            Self::Inside(service) => service.kill().await,
            Self::Outside(mut outside) => outside.kill(),
        }
    }

    /// Ends it gracefully.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        match std::mem::take(self) {
            Self::Not => Ok(()),
            Self::Inside(service) => service.stop().await,
            Self::Outside(outside) => outside.stop().await,
        }
    }
}

/// Stops all of them in this order.
///
/// # Errors
/// The first that came up, when all have been told to stop.
pub(super) async fn stop_all(nodes: impl Iterator<Item = (String, Running)>) -> Result<(), Failure> {
    let mut first = Ok(());
    for (name, running) in nodes {
        let stopped = running.stop().await.map_err(|failure| Failure::new(format!("{name}: {failure}")));
        first = first.and(stopped);
    }
    first
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use eurus_service::Shutdown;

    use super::*;

    #[tokio::test]
    async fn one_that_does_not_stop_in_good_order_leaves_no_other_running() {
        let ended = Arc::new(AtomicUsize::new(0));
        let node = |name: &str, fails: bool| {
            let ended = Arc::clone(&ended);
            let run = |shutdown: Shutdown| {
                Box::pin(async move {
                    shutdown.wait().await;
                    ended.fetch_add(1, Ordering::Relaxed);
                    if fails { Err("it broke") } else { Ok(()) }
                }) as _
            };
            (name.to_owned(), Running::Inside(Service::start("node", Shutdown::new(), run)))
        };
        let nodes = [node("a", false), node("b", true), node("c", true), node("d", false)];
        assert_eq!(stop_all(nodes.into_iter()).await.unwrap_err().to_string(), "b: node: it broke");
        assert_eq!(ended.load(Ordering::Relaxed), 4);
    }
}
