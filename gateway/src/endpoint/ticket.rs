//! What a request holds of an endpoint: leave to begin, then that it is under way.

use std::sync::Arc;

use super::Endpoint;

/// Leave to write the first byte of one request to one endpoint. Dropped when none will be written.
#[derive(Debug)]
pub(crate) struct StartTicket {
    /// Taken with the first byte.
    endpoint: Option<Arc<Endpoint>>,
}

/// A request whose first byte was written to an endpoint. Dropped with the end of its answer, however that comes.
#[derive(Debug)]
pub(crate) struct UnderWay {
    endpoint: Arc<Endpoint>,
    is_upgraded: bool,
}

impl StartTicket {
    pub(super) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint: Some(endpoint) }
    }

    /// The first byte is written. Counted before the ticket is given back, so that a writer who sees an endpoint
    /// quiet also sees its final count.
    pub(crate) fn first_byte_written(mut self) -> Option<UnderWay> {
        let endpoint = self.endpoint.take()?;
        endpoint.traffic.begin();
        endpoint.give_start_back();
        Some(UnderWay { endpoint, is_upgraded: false })
    }
}

impl UnderWay {
    /// Its answer was 101: from now on it is an upgraded connection, which ends with this too.
    pub(crate) fn set_upgraded(&mut self) {
        if !self.is_upgraded {
            self.is_upgraded = true;
            self.endpoint.traffic.begin_upgrade();
        }
    }
}

impl Drop for StartTicket {
    fn drop(&mut self) {
        if let Some(endpoint) = &self.endpoint {
            endpoint.give_start_back();
            endpoint.tell_if_idle();
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.is_upgraded {
            self.endpoint.traffic.end_upgrade();
        }
        self.endpoint.traffic.end();
        self.endpoint.tell_if_idle();
    }
}
