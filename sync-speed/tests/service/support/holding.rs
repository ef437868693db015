//! A plan that holds the service up at one point until the test lets it go on.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use eurus_service::Faults;
use eurus_service::faults::{FaultPlan, Point, Way};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub(crate) struct Holding(Arc<Shared>);

struct Shared {
    point: &'static Point,
    /// Who comes before goes on, and so does everybody after the one that is held up.
    nth: Option<usize>,
    came: AtomicUsize,
    reached: Semaphore,
    released: Semaphore,
}

impl Holding {
    pub(crate) fn at(point: &'static Point) -> Self {
        Self::of(point, None)
    }

    /// Only the nth who comes there, counted from 1.
    pub(crate) fn nth(nth: usize, point: &'static Point) -> Self {
        Self::of(point, Some(nth))
    }

    fn of(point: &'static Point, nth: Option<usize>) -> Self {
        let came = AtomicUsize::new(0);
        Self(Arc::new(Shared { point, nth, came, reached: Semaphore::new(0), released: Semaphore::new(0) }))
    }

    pub(crate) fn faults(&self) -> Faults {
        Faults::planned(Arc::new(self.clone()))
    }

    /// Waits until the service is there.
    pub(crate) async fn reached(&self) {
        self.0.reached.acquire().await.unwrap().forget();
    }

    /// Lets it go on, this time and ever after.
    pub(crate) fn release(&self) {
        self.0.released.add_permits(1);
    }
}

impl FaultPlan for Holding {
    fn pass<'a>(&'a self, point: &'static Point, _: &'a str) -> Pin<Box<dyn Future<Output = Way> + Send + 'a>> {
        Box::pin(async move {
            if point != self.0.point {
                return Way::On;
            }
            let came = self.0.came.fetch_add(1, Ordering::SeqCst) + 1;
            if self.0.nth.is_none_or(|nth| nth == came) {
                self.0.reached.add_permits(1);
                drop(self.0.released.acquire().await.unwrap());
            }
            Way::On
        })
    }
}
