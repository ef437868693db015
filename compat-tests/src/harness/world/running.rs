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
