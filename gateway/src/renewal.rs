//! Certificates that change while the gateway runs. Their files are looked at; what has changed is read as a whole and holds
//! for the next connection, with callers or with instances, or is wrong and leaves what was in force in force. And whoever forgot to renew one is told.

mod shown;

use std::collections::HashSet;
use std::sync::Arc;

use eurus_service::counting::Label as _;
use eurus_service::properties::{FilesState, Settling};
use eurus_service::tls::edge::Expiry;
use eurus_service::{Clock, Shutdown, Timer};

use crate::config::GatewayConfig;
use crate::tally::{Renewal, Tally};
use crate::timestamp::Timestamp;
use crate::worker::Shared;
use shown::Shown;

/// How often files are looked at. What has changed must look the same twice: it is in force within 3 s.
const LOOK_EVERY_MS: i64 = 1_000;
/// How long before its end a certificate is warned of.
const WARN_BEFORE_MS: i64 = 14 * 86_400_000;

/// See the module.
struct Renewals {
    shown: Shown,
    settling: Settling,
    tally: Arc<Tally>,
    said: Said,
}

/// Follows the files until the stop; nothing where none are configured.
pub(crate) fn start(config: &GatewayConfig, shared: &Shared, clock: &Clock, stop: &Shutdown) {
    let to_callers = config.tls.as_ref().map(|config| Shown::ToCallers(config.tls.clone()));
    let has_files = shared.instance_tls.files().is_some();
    let to_instances = has_files.then(|| Shown::ToInstances(Arc::clone(&shared.instance_tls)));
    for shown in to_callers.into_iter().chain(to_instances) {
        let settling = Settling::new(shown.state());
        let timer = clock.timer(shown.timer());
        let renewals = Renewals { shown, settling, tally: Arc::clone(&shared.tally), said: Said::default() };
        tokio::spawn(renewals.run(clock.clone(), timer, stop.clone()));
    }
}

impl Renewals {
    async fn run(mut self, clock: Clock, mut timer: Timer, stop: Shutdown) {
        loop {
            self.warn(clock.now_ms());
            tokio::select! {
                () = timer.sleep_ms(LOOK_EVERY_MS) => {}
                () = stop.wait() => return,
            }
            let shown = self.shown.clone();
            match tokio::task::spawn_blocking(move || FilesState::of(&shown.files())).await {
                Ok(state) if self.settling.look(&state) => self.renew().await,
                Ok(_) => {}
                Err(error) => log::error!("the files of certificates could not be looked at: {error}"),
            }
        }
    }

    async fn renew(&mut self) {
        let (shown, side) = (self.shown.clone(), self.shown.side());
        let outcome = match tokio::task::spawn_blocking(move || shown.renew()).await {
            Ok(outcome) => outcome.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let counted = if outcome.is_ok() { Renewal::Done } else { Renewal::Failed };
        self.tally.mine().renewals.count((side, counted));
        match outcome {
            Ok(()) => {
                let ends = self.shown.expiries();
                let ends: Vec<_> =
                    ends.iter().map(|one| format!("{} until {}", one.name, Timestamp(one.at_ms))).collect();
                log::info!(
                    "files of TLS with {} have changed, {}: {}",
                    side.text(),
                    self.shown.effect(),
                    ends.join(", ").escape_debug()
                );
            }
            Err(why) => log::error!(
                "files of TLS with {} have changed and are not taken over, what was in force stays in force: {why}; mend \
                 it, they are read again when they change",
                side.text()
            ),
        }
    }

    fn warn(&mut self, now_ms: i64) {
        let whom = self.shown.side().text();
        for (Expiry { name, at_ms }, is_over) in self.said.due(&self.shown.expiries(), now_ms) {
            let (name, end) = (name.escape_debug(), Timestamp(at_ms));
            if is_over {
                log::error!("the certificate {name} for {whom} is over since {end}, they refuse it: renew its files");
            } else {
                log::warn!("the certificate {name} for {whom} ends at {end}: renew its files before");
            }
        }
    }
}

/// What was said of which certificate's end, and whether it was over by then.
#[derive(Default)]
struct Said(HashSet<(Expiry, bool)>);

impl Said {
    /// What is to be said now: once when a certificate will soon be over, and once when it is.
    fn due(&mut self, expiries: &[Expiry], now_ms: i64) -> Vec<(Expiry, bool)> {
        let near = expiries.iter().filter(|expiry| expiry.at_ms.saturating_sub(now_ms) <= WARN_BEFORE_MS);
        let said = near.map(|expiry| (expiry.clone(), expiry.at_ms <= now_ms));
        said.filter(|said| self.0.insert(said.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_said_before_and_when_it_is_there_and_of_a_new_one_anew() {
        let expiry = |at_ms| Expiry { name: "default".to_owned(), at_ms };
        let (old, new) = (expiry(WARN_BEFORE_MS + 10), expiry(3 * WARN_BEFORE_MS));
        let mut said = Said::default();
        let mut due = |expiry: &Expiry, now_ms| said.due(std::slice::from_ref(expiry), now_ms);
        assert_eq!(due(&old, 9), []);
        assert_eq!(due(&old, 10), [(old.clone(), false)]);
        assert_eq!(due(&old, 11), []);
        assert_eq!(due(&old, old.at_ms), [(old.clone(), true)]);
        assert_eq!(due(&old, old.at_ms + 1), []);
        assert_eq!(due(&new, old.at_ms + 1), []);
        assert_eq!(due(&new, new.at_ms - 1), [(new.clone(), false)]);
    }
}
