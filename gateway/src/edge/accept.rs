//! Accepts connections until told to stop, then lets the requests under way finish.

use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use eurus_service::{Shutdown, Timer};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Seat;
use super::converse::converse;
use super::door::Door;
use super::per_ip::{PerIp, Place};
use crate::tally::Limit;
use crate::worker::Worker;

/// After the operating system refused to accept a connection (out of file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Until told to stop, and the requests under way have finished or their time is over.
pub(super) async fn accept(seat: Seat, timer: Timer, lines_timer: Option<Timer>) -> io::Result<()> {
    let door = Door::new(seat.plain, seat.tls)?;
    let connections_max = u32::try_from(seat.config.connections_max).unwrap_or(u32::MAX);
    let permits = Arc::new(Semaphore::new(connections_max as usize));
    let worker = Rc::new(Worker::new(seat.shared, seat.config, seat.clock, seat.faults));
    tokio::task::spawn_local(close_overdue(Rc::clone(&worker), timer, seat.stop.clone()));
    let (lines, stop) = (Rc::clone(&worker), seat.stop.clone());
    tokio::task::spawn_local(async move { lines.access_lines.follow(lines_timer, &stop).await });
    let mut was_full = false;
    loop {
        let is_full = permits.available_permits() == 0;
        if is_full && !was_full {
            worker.tally.limit(Limit::Connections);
            log::warn!(
                "{}: {connections_max} connections are open, the limit; further callers wait until one closes",
                seat.name
            );
        }
        was_full = is_full;
        let permit = tokio::select! {
            biased;
            () = seat.stop.wait() => break,
            permit = Arc::clone(&permits).acquire_owned() => permit.map_err(io::Error::other)?,
        };
        let accepted = tokio::select! {
            biased;
            () = seat.stop.wait() => break,
            accepted = door.accept() => accepted,
        };
        match accepted {
            Ok(guest) => {
                if let Some(place) = place(&worker, &seat.per_ip, guest.peer.ip()) {
                    let seats = (permit, place);
                    tokio::task::spawn_local(converse(Rc::clone(&worker), guest, seats, seat.stop.clone()));
                }
            }
            Err(error) => {
                log::warn!("{}: no connection can be accepted: {error}. Out of file descriptors?", seat.name);
                // Time-outs and stops end the pause alike.
                let _ = timeout(ACCEPT_PAUSE, seat.stop.wait()).await;
            }
        }
    }
    drop(door);
    let all_ended = async {
        tokio::select! {
            biased;
            () = seat.stop.aborted() => {}
            _ = permits.acquire_many(connections_max) => {}
        }
    };
    if timeout(seat.grace, all_ended).await.is_err() {
        let open = connections_max as usize - permits.available_permits();
        let (after_ms, upgraded) = (seat.grace.as_millis(), worker.upgraded.get());
        log::warn!(
            "{}: {open} connections were still busy after {after_ms} ms (eurus.gateway.shutdown-grace-ms), {upgraded} of \
             them upgraded ones such as WebSockets; cut off",
            seat.name
        );
    }
    Ok(())
}

/// A caller's place; `None`: it has too many connections, and this one is closed.
fn place(worker: &Worker, per_ip: &Arc<PerIp>, peer: IpAddr) -> Option<Place> {
    if worker.config.limits.trusts(peer) {
        return Some(PerIp::uncounted());
    }
    let place = per_ip.enter(peer);
    if place.is_none() {
        worker.tally.limit(Limit::ConnectionsPerIp);
    }
    if place.is_none()
        && let Some(unsaid) = worker.failures.note("connections of one address", worker.clock.now_ms())
    {
        let max = worker.config.limits.connections_per_ip_max;
        log::warn!(
            "{peer} has {max} connections, the limit (eurus.gateway.connections-per-ip-max); a further one was closed. A \
             proxy belongs into eurus.gateway.trusted-proxies{unsaid}"
        );
    }
    place
}

/// Instances that close many idle connections at once do so within this.
const CLOSING: Duration = Duration::from_millis(100);

/// Closes idle connections in time, also to addresses that are not called any more, and soon after their instances.
async fn close_overdue(worker: Rc<Worker>, mut timer: Timer, stop: Shutdown) {
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = timer.sleep_ms((worker.config.idle_ms / 2).max(1)) => {}
            () = worker.pool.stirred() => {
                // Real time: sockets have theirs.
                let _: Result<(), _> = timeout(CLOSING, pending()).await;
            }
        }
        worker.pool.close_overdue(worker.clock.now_ms());
    }
}
