//! The end of a connection whose caller may still be sending. A socket that is closed with bytes unread resets the
//! connection, and with it goes the answer that says why: what still comes is read and thrown away, for a while.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, copy, sink};
use tokio::time::timeout;

/// How long at most. A caller that reads its answer closes long before.
const LINGER_MAX: Duration = Duration::from_secs(2);

/// How much at most: what is on its way in buffers, and what a caller sends until it looks for an answer.
const LINGER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Until the caller closes; our side is shut down already.
pub(super) async fn linger(stream: impl AsyncRead + Unpin) {
    let mut rest = stream.take(LINGER_BYTES_MAX);
    // Whatever comes of it, the connection is closed then.
    let _ = timeout(LINGER_MAX, copy(&mut rest, &mut sink())).await;
}
