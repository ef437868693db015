use std::time::Duration;

use futures_util::FutureExt as _;

use super::*;

fn endpoint() -> Arc<Endpoint> {
    Arc::new(Endpoint::new("APP", "1", SocketAddr::from(([127, 0, 0, 2], 80))))
}

#[tokio::test]
async fn a_closed_endpoint_is_quiet_when_its_last_ticket_is_back() {
    let endpoint = endpoint();
    assert!(endpoint.start().is_none());
    assert_eq!(endpoint.starting(), 0);
    endpoint.open();
    let (written, dropped) = (endpoint.start().unwrap(), endpoint.start().unwrap());
    endpoint.close();
    assert!(endpoint.start().is_none());
    let quiet = endpoint.quiet();
    tokio::pin!(quiet);
    assert!(quiet.as_mut().now_or_never().is_none());
    drop(written.first_byte_written());
    assert!(quiet.as_mut().now_or_never().is_none());
    drop(dropped);
    assert_eq!(quiet.await, Quiet::Reached);
    assert_eq!(endpoint.requests(), 1);
}

#[tokio::test]
async fn opening_ends_the_wait() {
    let endpoint = endpoint();
    endpoint.open();
    let _ticket = endpoint.start().unwrap();
    endpoint.close();
    let quiet = endpoint.quiet();
    tokio::pin!(quiet);
    assert!(quiet.as_mut().now_or_never().is_none());
    endpoint.open();
    assert_eq!(quiet.await, Quiet::Reopened);
}

#[tokio::test]
async fn a_request_is_under_way_from_its_leave_to_the_end_of_its_answer() {
    let endpoint = endpoint();
    endpoint.open();
    assert!(endpoint.idle().now_or_never().is_some());
    let (written, dropped) = (endpoint.start().unwrap(), endpoint.start().unwrap());
    assert_eq!(endpoint.under_way(), 2);
    let idle = endpoint.idle();
    tokio::pin!(idle);
    assert!(idle.as_mut().now_or_never().is_none());
    let under_way = written.first_byte_written().unwrap();
    assert_eq!((endpoint.starting(), endpoint.under_way(), endpoint.requests()), (1, 2, 1));
    drop(dropped);
    assert!(idle.as_mut().now_or_never().is_none());
    drop(under_way);
    assert_eq!((endpoint.under_way(), endpoint.requests()), (0, 1));
    assert!(idle.now_or_never().is_some());
    // One that never writes a byte ends too.
    let never = endpoint.start().unwrap();
    let idle = endpoint.idle();
    tokio::pin!(idle);
    assert!(idle.as_mut().now_or_never().is_none());
    drop(never);
    assert!(idle.now_or_never().is_some());
}

#[test]
fn after_the_pause_only_the_first_may_go_there() {
    let endpoint = endpoint();
    assert!(endpoint.claim(5, 10) && endpoint.claim(5, 10));
    endpoint.set_refused_until(10);
    assert!(!endpoint.claim(9, 10));
    assert!(endpoint.claim(10, 10));
    // As one that looked before the first had renewed the pause.
    assert!(!endpoint.claim(10, 10) && !endpoint.claim(19, 10));
    assert!(endpoint.claim(20, 10));
    assert!(endpoint.set_connected());
    assert!(endpoint.claim(20, 10) && endpoint.claim(20, 10));
}

/// Ends the threads of a test, also when it fails.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Threads start requests as fast as they can while the endpoint is closed and opened: once it is quiet, the
/// count of first bytes stands still.
#[test]
fn no_first_byte_after_quiet() {
    let endpoint = endpoint();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop_on_drop = StopOnDrop(&stop);
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    if let Some(ticket) = endpoint.start() {
                        drop(ticket.first_byte_written());
                    }
                }
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for _ in 0..300 {
            let before = endpoint.requests();
            endpoint.open();
            while endpoint.requests() == before {
                std::thread::yield_now();
            }
            endpoint.close();
            let bounded = async { tokio::time::timeout(Duration::from_secs(10), endpoint.quiet()).await };
            assert_eq!(runtime.block_on(bounded), Ok(Quiet::Reached));
            let at_quiet = endpoint.requests();
            std::thread::yield_now();
            assert_eq!(endpoint.requests(), at_quiet);
        }
    });
}

/// Threads begin and end requests; whoever waits on a closed endpoint is woken by the last end, never missed.
#[test]
fn the_last_end_wakes_who_waits() {
    let endpoint = endpoint();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop_on_drop = StopOnDrop(&stop);
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let begun = endpoint.start().and_then(StartTicket::first_byte_written);
                    std::thread::yield_now();
                    drop(begun);
                }
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for _ in 0..300 {
            let before = endpoint.requests();
            endpoint.open();
            while endpoint.requests() == before {
                std::thread::yield_now();
            }
            endpoint.close();
            let bounded = async { tokio::time::timeout(Duration::from_secs(10), endpoint.idle()).await };
            assert_eq!(runtime.block_on(bounded), Ok(()));
        }
    });
}
