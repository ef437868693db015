//! The control loop that takes over what changed in the configuration: who may call, and what each may do. All of it or
//! nothing: what is wrong leaves the last good one in force.

use std::path::PathBuf;
use std::sync::Arc;

use eurus_service::properties::{FilesState, Rereading};
use eurus_service::{ConfigError, Shutdown, Timer};

use crate::access::{AccessRules, Door};
use crate::config::SyncSpeedConfig;

/// How often files are looked at.
const LOOK_EVERY_MS: i64 = 1_000;

/// See the module.
pub struct Reload {
    rereading: Rereading,
    door: Arc<Door>,
    /// What the files looked like when they were last read.
    seen: Option<FilesState>,
    looked_at: Vec<PathBuf>,
}

/// One look at the files.
struct Look {
    state: FilesState,
    /// `None`: nothing has changed.
    read: Option<Result<(AccessRules, Vec<PathBuf>), ConfigError>>,
}

impl Reload {
    /// For the rules behind this door.
    pub fn new(rereading: Rereading, door: Arc<Door>) -> Self {
        Self { rereading, door, seen: None, looked_at: Vec::new() }
    }

    /// Until the signal.
    pub async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        let rereading = self.rereading.clone();
        // The first look is a reading: something may have changed since the start.
        loop {
            self.look().await;
            tokio::select! {
                () = timer.sleep_ms(LOOK_EVERY_MS) => {}
                () = rereading.asked() => self.seen = None,
                () = shutdown.wait() => return,
            }
        }
    }

    async fn look(&mut self) {
        let (rereading, seen, looked_at) = (self.rereading.clone(), self.seen.clone(), self.looked_at.clone());
        let look = match tokio::task::spawn_blocking(move || look(&rereading, seen, &looked_at)).await {
            Ok(look) => look,
            Err(error) => return log::error!("the configuration could not be looked at: {error}"),
        };
        self.seen = Some(look.state);
        match look.read {
            None => {}
            Some(Ok((rules, looked_at))) => {
                if looked_at != self.looked_at {
                    // They may have changed since they were read: once more, then what they look like is known.
                    self.looked_at = looked_at;
                    self.seen = None;
                }
                self.take_over(rules);
            }
            Some(Err(error)) => log::error!(
                "the changed configuration is not taken over, what was in force stays in force: {error}; mend it, it is \
                 read again when it changes"
            ),
        }
    }

    fn take_over(&self, rules: AccessRules) {
        let before = self.door.rules();
        if *before == rules {
            return;
        }
        let what = differences(&before, &rules).join("; ");
        self.door.replace(rules);
        log::warn!("the configuration has changed and is in force from the next request on: {what}");
    }
}

fn look(rereading: &Rereading, seen: Option<FilesState>, looked_at: &[PathBuf]) -> Look {
    // Before the reading: a change during it is seen by the next look.
    let state = FilesState::of(looked_at);
    if seen.as_ref() == Some(&state) {
        return Look { state, read: None };
    }
    Look { state, read: Some(read(rereading)) }
}

/// All of it is checked, also what takes effect with the next start.
fn read(rereading: &Rereading) -> Result<(AccessRules, Vec<PathBuf>), ConfigError> {
    let (properties, looked_at) = rereading.read()?;
    Ok((SyncSpeedConfig::from_properties(&properties, PathBuf::new())?.access, looked_at))
}

/// For a person; no token.
fn differences(before: &AccessRules, after: &AccessRules) -> Vec<String> {
    let list = |items: &[ipnetwork::IpNetwork]| match items {
        [] => "none".to_owned(),
        items => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let mut found = Vec::new();
    let mut differs = |key: &str, is_same: bool, now: String| {
        if !is_same {
            found.push(format!("eurus.sync-speed.{key} is now {now}"));
        }
    };
    differs("allow", before.segments.allow == after.segments.allow, list(&after.segments.allow));
    differs("deny", before.segments.deny == after.segments.deny, list(&after.segments.deny));
    differs("trusted-proxies", before.trusted_proxies == after.trusted_proxies, list(&after.trusted_proxies));
    differs("token", before.token == after.token, if after.token.is_some() { "another" } else { "none" }.to_owned());
    let names: Vec<&str> = after.callers.iter().map(|caller| caller.name.as_str()).collect();
    differs("callers", before.callers == after.callers, format!("[{}], some of them changed", names.join(", ")));
    differs("apps", before.apps == after.apps, after.apps.to_string());
    differs("keep-percent", before.keep == after.keep, after.keep.percent.to_string());
    differs("rate-per-minute", before.rate == after.rate, after.rate.burst.to_string());
    let groups: Vec<&str> = after.gateway_groups.iter().map(String::as_str).collect();
    let is_same = before.gateway_groups == after.gateway_groups;
    differs("gateway-groups-allowed", is_same, format!("[{}]", groups.join(", ")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Keep, Token};
    use crate::selection::OptedIn;

    #[test]
    fn what_changed_is_said_and_no_token() {
        let before = AccessRules::stock();
        assert!(differences(&before, &before.clone()).is_empty());
        let mut after = before.clone();
        after.segments.deny = vec!["10.0.0.9/32".parse().unwrap()];
        after.token = Token::new("TOPSECRET".to_owned());
        after.apps = OptedIn::All;
        after.keep = Keep { percent: 50, force_overrides: false };
        after.rate = crate::access::buckets::Rate::per_minute(5);
        after.gateway_groups = ["EDGE".to_owned()].into();
        let said = differences(&before, &after).join("; ");
        for part in [
            "deny is now 10.0.0.9/32",
            "token is now another",
            "apps is now *",
            "keep-percent is now 50",
            "rate-per-minute is now 5",
            "gateway-groups-allowed is now [EDGE]",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("TOPSECRET") && !said.contains("speed.allow"), "{said}");
    }
}
