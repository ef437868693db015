//! The copy by hand, for a harness: brought up to date now. A client without one is exactly what it is in production.

use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::client::EurekaClient;
use crate::error::ClientError;

/// Put into a [`ClientConfig`](crate::ClientConfig) before the client is made; it finds the client while that lives. Cheap to
/// clone.
#[derive(Clone, Default)]
pub struct CopyAccess(Arc<Mutex<Weak<EurekaClient>>>);

impl CopyAccess {
    pub(crate) fn attach(&self, client: &Arc<EurekaClient>) {
        *self.0.lock() = Arc::downgrade(client);
    }

    /// Fetches the whole list now. `None`: the client does not live.
    ///
    /// # Errors
    /// Of [`EurekaClient::refresh`].
    pub async fn refresh(&self) -> Option<Result<(), ClientError>> {
        let client = self.0.lock().upgrade()?;
        Some(client.refresh().await)
    }
}

impl fmt::Debug for CopyAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CopyAccess")
    }
}
