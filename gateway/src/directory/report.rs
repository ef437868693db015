//! What the log says about orders and marks.

use std::sync::Arc;

use crate::directive::{Directive, DirectiveKind};
use crate::down_service_cache::{DownServiceCacheConfig, EndReason, Ended, Mark, Recorded, Reviewed};
use crate::service::Service;
use crate::timestamp::Timestamp;

/// An order came.
pub(super) fn directed(directive: &Directive, recorded: Recorded, is_known: bool, service: Option<&Arc<Service>>) {
    let (in_rotation, all) = service.map_or((0, 0), |service| (service.rotation.len(), service.instances.len()));
    match recorded {
        Recorded::Superseded { last_number } => {
            log::info!("{directive}: too late, number {last_number} came first; nothing changed");
        }
        Recorded::DownAlready { last_number } => {
            log::info!(
                "{directive}: too late, the downline {last_number} came first; the instance is down by that one"
            );
        }
        Recorded::OtherRegistration { service_up_ms } => log::warn!(
            "{directive}: not carried out. It means the registration of {}, and the registry's copy shows a later one, \
             of {}; nothing was kept. Give the order for that one if it is meant too",
            Timestamp(directive.registration.service_up_ms),
            Timestamp(service_up_ms)
        ),
        Recorded::Applied if !is_known => {
            log::warn!("{directive}: the registry's copy does not show this instance; it is marked in case it appears");
        }
        Recorded::Applied => {
            log::info!("{directive}: applied; {in_rotation} of {all} instances in rotation");
            if directive.kind == DirectiveKind::Downline && in_rotation == 0 {
                log::warn!("{}: no instance is left in rotation; its callers get 503", directive.application);
            }
        }
    }
}

/// A fetched copy met the marks.
pub(super) fn reviewed(reviewed: &Reviewed, config: &DownServiceCacheConfig) {
    for mark in &reviewed.outlived {
        log::info!(
            "{}: a copy fetched {} ms or more after it does not agree yet; the mark stays until one does, at most {} ms in all",
            mark.directive,
            config.window_ms,
            config.bound_ms
        );
    }
    for Ended { mark, reason } in &reviewed.ended {
        ended(mark, *reason, config);
    }
}

fn ended(mark: &Mark, reason: EndReason, config: &DownServiceCacheConfig) {
    let directive = &mark.directive;
    match reason {
        EndReason::Confirmed { lag_ms } if mark.outlived_window => log::warn!(
            "{directive}: confirmed by the registry's copy only {lag_ms} ms after the window of {} ms: its caches lag",
            config.window_ms
        ),
        EndReason::Confirmed { .. } => log::info!("{directive}: confirmed by the registry's copy; the mark ends"),
        EndReason::WindowOver => {
            log::info!("{directive}: the window of {} ms is over; the mark ends", config.window_ms);
        }
        EndReason::Absent => log::info!(
            "{directive}: the registry's copy does not show the instance {} ms later; the mark ends",
            config.bound_ms
        ),
        EndReason::NewerRegistration => {
            log::info!("{directive}: the instance has registered anew; the mark was not meant for that and ends");
        }
        EndReason::Unconfirmed { shown } => log::warn!(
            "{directive}: {} ms later the registry's copy still says {shown}: the mark ends unconfirmed and {shown} counts. \
             Somebody may have changed the status at the registry since; if not, give the order again",
            config.bound_ms
        ),
    }
}
