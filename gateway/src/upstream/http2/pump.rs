//! A caller's body on its way to an instance over HTTP/2, as fast as the instance opens its windows.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};
use hyper::body::Body as _;

use crate::upstream::upload::Upload;

/// The body, lent: whoever waits for the answer may take it back.
pub(super) struct Taken(Rc<RefCell<Option<Upload>>>);

/// Ends with the body, or with the stream.
pub(super) struct Pump {
    stream: SendStream<Bytes>,
    body: Taken,
}

impl Taken {
    pub(super) fn new(body: &Rc<RefCell<Option<Upload>>>) -> Self {
        Self(Rc::clone(body))
    }
}

impl Pump {
    pub(super) fn new(stream: SendStream<Bytes>, body: Taken) -> Self {
        Self { stream, body }
    }

    /// Until the instance takes more; `false`: it takes none any more.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if self.stream.poll_reset(cx).is_ready() {
            return Poll::Ready(false);
        }
        self.stream.reserve_capacity(1);
        while self.stream.capacity() == 0 {
            match ready!(self.stream.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Poll::Ready(false),
            }
        }
        Poll::Ready(true)
    }

    /// Sends a part; whether it was not the last.
    fn send(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut body = self.body.0.borrow_mut();
        let Some(upload) = &mut *body else { return Poll::Ready(false) };
        let part = ready!(Pin::new(&mut *upload).poll_frame(cx));
        let is_last = upload.is_end_stream();
        let sent = match part {
            None => self.stream.send_data(Bytes::new(), true).map(|()| false),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => self.stream.send_data(data, is_last).map(|()| !is_last),
                Err(frame) => match frame.into_trailers() {
                    Ok(trailers) => self.stream.send_trailers(trailers).map(|()| false),
                    Err(_) => Ok(true),
                },
            },
            // What has come of it is no request: the instance never gets its end. Who waits for the answer is told.
            Some(Err(_)) => {
                self.stream.send_reset(Reason::CANCEL);
                Ok(false)
            }
        };
        // A stream that takes no more tells its answer why.
        Poll::Ready(sent.unwrap_or(false))
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if !ready!(self.poll_room(cx)) || !ready!(self.send(cx)) {
                return Poll::Ready(());
            }
        }
    }
}
