//! One operation of the Eureka API: what is sent, and what its answers mean.

use std::time::Duration;

use http::Method;

use super::path;
use crate::error::ClientError;

/// The operation, whichever URL it goes to.
pub(super) struct Call<T> {
    pub(super) method: Method,
    /// Below the service URL, encoded, query included.
    pub(super) path: String,
    /// Ours shows what it has changed, if that is preferred.
    pub(super) prefers_representation: bool,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
    /// For errors and logs.
    pub(super) described: String,
    /// What an answer below 500 means.
    pub(super) read: fn(u16, &[u8]) -> Reading<T>,
    pub(super) size: AnswerSize,
}

/// What an answer means.
pub(super) enum Reading<T> {
    /// The operation's outcome.
    Answer(T),
    /// The registry says no.
    Refused,
    /// This registry cannot serve it now, another may.
    Unavailable,
    /// Not what a registry sends, and why.
    Unparsable(String),
}

/// How much may come back, and how long it may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerSize {
    /// Nothing, an instance, or an error page.
    Small,
    /// A list of all applications: read away from the async threads.
    List,
}

/// One instance with its metadata, or an error page: what the codec takes.
const SMALL_ANSWER_BYTES_MAX: usize = eurus_model::limits::INSTANCE_BYTES_MAX;
/// After decompression. 100,000 instances are about 110 MB; this process must hold it and its decoded form.
const LIST_ANSWER_BYTES_MAX: usize = 256 << 20;
/// A registry that sends its list byte by byte must not hold the fetch loop for ever.
const LIST_DURATION_MAX: Duration = Duration::from_secs(120);

impl AnswerSize {
    pub(super) const fn bytes_max(self) -> usize {
        match self {
            Self::Small => SMALL_ANSWER_BYTES_MAX,
            Self::List => LIST_ANSWER_BYTES_MAX,
        }
    }

    /// From connecting to the last byte; `small` is what a small answer may take.
    pub(super) fn duration_max(self, small: Duration) -> Duration {
        match self {
            Self::Small => small,
            Self::List => LIST_DURATION_MAX.max(small),
        }
    }
}

/// The path of an application.
pub(super) fn app_path(app: &str) -> Result<String, ClientError> {
    let app = path::segment(app).map_err(|why| ClientError::config("application name", why))?;
    Ok(format!("apps/{app}"))
}

/// The path of an instance.
pub(super) fn instance_path(app: &str, id: &str) -> Result<String, ClientError> {
    let id = path::segment(id).map_err(|why| ClientError::config("instance id", why))?;
    Ok(format!("{}/{id}", app_path(app)?))
}
