//! Self-preservation in plain words: where Eureka shows its red EMERGENCY, this says what goes on and what to do.

use super::frame::text;
use crate::http::Call;
use crate::self_preservation::{SelfPreservationMode, SelfPreservationView};

/// The renewals of a full minute are known only then.
const FIRST_COUNT_AFTER_MS: i64 = 120_000;

/// How it stands with self-preservation; nothing while all is well.
pub(super) fn banner(call: &Call<'_>) -> String {
    let view = call.registry.store().self_preservation(call.now_ms);
    words(&view, call.now_ms - call.registry.started_ms())
}

fn words(view: &SelfPreservationView, uptime_ms: i64) -> String {
    if view.leases == 0 {
        return String::new();
    }
    match view.mode {
        SelfPreservationMode::Netflix if view.enough_renewals => String::new(),
        SelfPreservationMode::Netflix if view.over > 0 => emergency(view),
        SelfPreservationMode::Netflix => not_at_present(view, uptime_ms),
        SelfPreservationMode::PerApp if view.kept > 0 => format!(
            "<p class=\"alarm\"><strong>{} of {} instances below did not renew in time and are kept for a while.</strong> \
             {} {WHAT_TO_DO}</p>\n",
            view.kept,
            view.leases,
            text(&view.in_words())
        ),
        SelfPreservationMode::Off if is_below(view) && uptime_ms >= FIRST_COUNT_AFTER_MS => format!(
            "<p class=\"alarm\"><strong>Self-preservation is off, and few renewals come.</strong> {} Instances that do \
             not renew are removed although the network may be at fault. Look whether they can reach this registry; \
             <code>eureka.server.enable-self-preservation=true</code> keeps them.</p>\n",
            count(view)
        ),
        SelfPreservationMode::PerApp | SelfPreservationMode::Off => String::new(),
    }
}

const WHAT_TO_DO: &str = "If those instances still run, look why their heartbeats do not arrive; once they do this \
     message goes away. If they are really gone cancel them (<code>DELETE /eureka/apps/APPLICATION/INSTANCE</code>)";

fn is_below(view: &SelfPreservationView) -> bool {
    i64::from(view.renewals_last_minute) <= view.threshold
}

fn count(view: &SelfPreservationView) -> String {
    format!(
        "{} renewals came in the last minute; for leases to end it must be more than {}.",
        view.renewals_last_minute, view.threshold
    )
}

fn emergency(view: &SelfPreservationView) -> String {
    format!(
        "<p class=\"alarm\"><strong>EMERGENCY: {} of {} instances below did not renew in time and are kept all the \
         same.</strong> {} When so many fall silent at once the network is the more likely culprit, so nothing is removed \
         (self-preservation): what is listed may be gone. {WHAT_TO_DO}. With \
         <code>eurus.registry.self-preservation=per-app</code> (read at the start) one application's trouble keeps only its own.</p>\n",
        view.over,
        view.leases,
        count(view)
    )
}

fn not_at_present(view: &SelfPreservationView, uptime_ms: i64) -> String {
    let why = if uptime_ms < FIRST_COUNT_AFTER_MS {
        "This registry has just started: renewals are counted by full minutes."
    } else {
        "Every instance below has renewed in time; should one fall silent now it would stay listed until more renew. \
         That is usual with a few instances, or with heartbeats rarer than every 30 s \
         (<code>eureka.server.expected-client-renewal-interval-seconds</code>)."
    };
    format!("<p class=\"note\">Leases do not end at present (self-preservation). {} {why}</p>\n", count(view))
}

#[cfg(test)]
mod tests {
    use SelfPreservationMode::{Netflix, Off, PerApp};

    use super::*;

    #[test]
    fn the_banner_says_what_is_so() {
        let (emergency, note) =
            ("<p class=\"alarm\"><strong>EMERGENCY: 4 of 10", "<p class=\"note\">Leases do not end");
        // mode, renewals, threshold, instances, over, uptime -> begins with
        let table = [
            (Netflix, 20, 17, 10, 0, 600_000, ""),
            (Netflix, 20, 17, 10, 4, 600_000, ""),
            (Netflix, 0, 1, 0, 0, 600_000, ""),
            (Netflix, 0, 17, 10, 4, 600_000, emergency),
            (Netflix, 2, 3, 1, 0, 600_000, note),
            (Netflix, 0, 17, 10, 0, 5_000, note),
            (Off, 3, 17, 10, 0, 600_000, "<p class=\"alarm\"><strong>Self-preservation is off"),
            (Off, 20, 17, 10, 0, 600_000, ""),
            (Off, 0, 17, 10, 0, 5_000, ""),
            (Off, 0, 1, 0, 0, 600_000, ""),
            (PerApp, 0, 17, 10, 0, 600_000, ""),
            (PerApp, 0, 17, 10, 4, 600_000, "<p class=\"alarm\"><strong>4 of 10"),
        ];
        for (mode, renewals_last_minute, threshold, leases, over, uptime_ms, beginning) in table {
            let view = SelfPreservationView {
                mode,
                leases,
                over,
                kept: if mode == Off { 0 } else { over },
                renewals_last_minute,
                threshold,
                enough_renewals: mode != Netflix || i64::from(renewals_last_minute) > threshold,
                global: None,
                apps: Vec::new(),
            };
            let words = words(&view, uptime_ms);
            assert!(words.starts_with(beginning) && words.is_empty() == beginning.is_empty(), "{view:?}: {words}");
        }
    }
}
