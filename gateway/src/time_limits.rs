//! What a route allows for one request: how long it may take in all, and how long nothing of its answer may move. The first
//! holds from the request's head on, the second once the answer's head is there; both are looked at beside the connection that
//! the answer leaves on, since a caller that takes nothing does not even ask for more. Without such a route there is neither
//! timer nor look.

use std::fmt;
use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Timeout, timeout_at};

use crate::endpoint::Endpoint;
use crate::error::{ErrorKind, RequestError, Retry};
use crate::routes::Route;
use crate::terms::TimeOuts;
use crate::upstream::upload::Progress;

/// How many looks in a row must find that nothing moved: what stands still is cut after the limit and before one and a half
/// times as long.
const STILL_LOOKS: u32 = 2;

type Timer = Pin<Box<Timeout<Pending<()>>>>;

/// How long a request may take in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole {
    limit: Duration,
    over: Instant,
}

/// Of an answer under way.
pub(crate) struct TimeLimits {
    route: Arc<Route>,
    endpoint: Arc<Endpoint>,
    whole: Option<Whole>,
    idle: Option<Duration>,
    /// Where the request's body stands: what moves of it counts too.
    upload: Option<Rc<Progress>>,
    timer: Timer,
    /// What had moved at the last look, and how many looks have found nothing new.
    seen: (u32, u64),
    still_looks: u32,
}

/// An answer that is cut: of which route and instance, and by which limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) why: Why,
    route: String,
    instance: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It has taken so long in all.
    Whole(Duration),
    /// Nothing of it has moved for so long.
    Idle(Duration),
}

impl Whole {
    /// Of a request whose head is there.
    pub(crate) fn begin(time_outs: &TimeOuts) -> Option<Self> {
        time_outs.whole.map(|limit| Self { limit, over: Instant::now() + limit })
    }

    /// When the time is over.
    pub(crate) fn over(&self) -> Instant {
        self.over
    }

    /// Why a request failed that has no answer by then.
    pub(crate) fn in_words(&self) -> String {
        format!("the request took longer than {} ms in all (its route's whole-timeout)", self.limit.as_millis())
    }
}

/// Waits for one step of a try, and no longer than the request may take.
///
/// # Errors
/// The step's own, or that the time is over.
pub(crate) async fn within<T, F>(
    whole: Option<Whole>,
    endpoint: &Endpoint,
    step: Pin<&mut F>,
) -> Result<T, RequestError>
where
    F: Future<Output = Result<T, RequestError>>,
{
    let Some(whole) = whole else { return step.await };
    timeout_at(whole.over, step).await.unwrap_or_else(|_| {
        Err(RequestError {
            kind: ErrorKind::ResponseTimeout,
            retry: Retry::No,
            message: whole.in_words(),
            service: Some(endpoint.application().to_owned()),
            instance: Some(endpoint.to_string()),
        })
    })
}

impl TimeLimits {
    /// Of an answer whose head is there; `None`: its route has neither limit.
    pub(crate) fn of_answer(
        route: Option<&Arc<Route>>,
        whole: Option<Whole>,
        endpoint: &Arc<Endpoint>,
        upload: Option<&Rc<Progress>>,
    ) -> Option<Box<Self>> {
        let route = route.filter(|route| whole.is_some() || route.terms.time_outs.idle.is_some())?;
        let mut limits = Self {
            idle: route.terms.time_outs.idle,
            route: Arc::clone(route),
            endpoint: Arc::clone(endpoint),
            whole,
            upload: upload.cloned(),
            timer: Box::pin(timeout_at(Instant::now(), pending())),
            seen: (0, 0),
            still_looks: 0,
        };
        limits.set_timer();
        Some(Box::new(limits))
    }

    /// How long nothing may move.
    pub(crate) fn idle(&self) -> Option<Duration> {
        self.idle
    }

    pub(crate) fn whole(&self) -> Option<Whole> {
        self.whole
    }

    /// Ready when it must be cut; `moves`: a number that changes with what moves.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, moves: u32) -> Poll<Cut> {
        loop {
            // It ends with its time, and with nothing else.
            let (Ok(()) | Err(_)) = ready!(self.timer.as_mut().poll(cx));
            if let Some(why) = self.look(moves) {
                let (route, instance) = (self.route.definition.id.clone(), self.endpoint.to_string());
                return Poll::Ready(Cut { why, route, instance });
            }
            self.set_timer();
        }
    }

    fn look(&mut self, moves: u32) -> Option<Why> {
        if let Some(whole) = self.whole.filter(|whole| whole.over <= Instant::now()) {
            return Some(Why::Whole(whole.limit));
        }
        let idle = self.idle?;
        let seen = (moves, self.upload.as_ref().map_or(0, |upload| upload.bytes()));
        self.still_looks = if seen == self.seen { self.still_looks + 1 } else { 0 };
        self.seen = seen;
        (self.still_looks >= STILL_LOOKS).then_some(Why::Idle(idle))
    }

    fn set_timer(&mut self) {
        let next_look = self.idle.map(|idle| Instant::now() + idle / STILL_LOOKS);
        if let Some(next) = [next_look, self.whole.map(|whole| whole.over)].into_iter().flatten().min() {
            self.timer.set(timeout_at(next, pending()));
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { why, route, instance } = self;
        let route = route.escape_debug();
        match why {
            Why::Whole(limit) => write!(
                f,
                "route {route}: {instance} had not answered to the end after {} ms in all (whole-timeout)",
                limit.as_millis()
            ),
            Why::Idle(limit) => write!(
                f,
                "route {route}: nothing moved of the answer of {instance} for {} ms (idle-timeout)",
                limit.as_millis()
            ),
        }
    }
}

/// Without the timer.
impl fmt::Debug for TimeLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeLimits").field("whole", &self.whole).field("idle", &self.idle).finish_non_exhaustive()
    }
}
