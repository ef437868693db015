//! The control loop: announces this gateway to every sync-speed and takes in the marks that they answer. First before
//! anything is served, then again and again, which also heals a gateway that was cut off while orders were given.
//!
//! Why no order falls between: sync-speed remembers the node first and reads the marks then; whoever records an order
//! there writes it first and looks for announced nodes then. One of the two sees the other.

use std::pin::Pin;
use std::sync::Arc;

use eurus_client::EurekaClient;
use eurus_service::faults::Way;
use eurus_service::properties::ConfigError;
use eurus_service::{Clock, Faults, Shutdown, Timer};
use futures_util::future::join_all;

use super::SyncSpeedConfig;
use super::call::{Announcement, SyncSpeed};
use super::live_marks::Answer;
use super::refusals::{Refusals, Reporter};
use super::standing::{Standing, State};
use super::transport::Transport;
use crate::directory::Directory;
use crate::points;

/// After a round in which somebody did not answer: the first wait, doubled each time, and the longest.
const RETRY_BASE_MS: i64 = 500;
const RETRY_MAX_MS: i64 = 5_000;
/// An announcement is renewed when this part of its life is over.
const RENEWALS_PER_LIFE: i64 = 3;
/// How often it is renewed, whatever an answer says.
const RENEW_MS: std::ops::RangeInclusive<i64> = 1_000..=30_000;

/// What the loop works with.
pub(crate) struct Parts {
    pub(crate) directory: Arc<Directory>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
}

/// See the module.
pub(crate) struct Announcer {
    sync_speeds: Vec<Asked>,
    own: Announcement,
    wait_ms: i64,
    retry_ms: i64,
    parts: Parts,
    timer: Timer,
    reporter: Option<Reporter>,
}

/// One sync-speed, and whether it answered the last time; `None`: it was not asked yet.
struct Asked {
    sync_speed: SyncSpeed,
    answered: Option<bool>,
}

/// What one round came to.
struct Round {
    /// Whether any sync-speed answered.
    any: bool,
    /// When to ask again.
    next_ms: i64,
}

impl Announcer {
    /// And where refused connections are noted. `None`: no sync-speed is configured.
    pub(crate) fn new(
        config: &SyncSpeedConfig,
        own: (&str, &str, Option<&str>),
        parts: Parts,
    ) -> Result<(Option<Self>, Refusals), ConfigError> {
        if config.urls.is_empty() {
            log::info!(
                "eurus.gateway.sync-speed.url is not set: after a start this gateway knows only of downlines that the \
                 registry's list shows, and sync-speed only of gateways that are registered"
            );
            return Ok((None, Refusals::default()));
        }
        let transport = Transport::new(config.tls_spoken())?;
        let sync_speeds =
            || config.urls.iter().map(|url| SyncSpeed::new(url.clone(), transport.clone(), config.token.clone()));
        let (node, group, admin) = own;
        let (refusals, reporter) = match config.report_refused {
            true => {
                let directory = Arc::clone(&parts.directory);
                let (refusals, reporter) = Reporter::new(node, sync_speeds().collect(), directory, &parts.clock);
                (refusals, Some(reporter))
            }
            false => (Refusals::default(), None),
        };
        parts.standing.set(State::Waiting);
        let announcer = Self {
            sync_speeds: sync_speeds().map(|sync_speed| Asked { sync_speed, answered: None }).collect(),
            own: Announcement {
                node: node.to_owned(),
                group: group.to_owned(),
                admin: admin.map(str::to_owned),
                leaving: false,
            },
            wait_ms: config.wait_ms,
            retry_ms: RETRY_BASE_MS,
            timer: parts.clock.timer("announcing"),
            parts,
            reporter,
        };
        Ok((Some(announcer), refusals))
    }

    /// Asks until one has answered, or the wait is over; when to ask again.
    async fn before_serving(&mut self) -> i64 {
        let deadline_ms = self.parts.clock.now_ms().saturating_add(self.wait_ms);
        loop {
            let Round { any, next_ms } = self.round().await;
            if any {
                return next_ms;
            }
            if self.parts.clock.now_ms() >= deadline_ms {
                log::error!(
                    "no sync-speed has answered within {} ms: this gateway serves WITHOUT the live marks, and may call \
                     instances that were taken offline until the registry's list shows it. Check \
                     eurus.gateway.sync-speed.url; it goes on asking",
                    self.wait_ms
                );
                self.parts.standing.set(State::Missing);
                return next_ms;
            }
            self.timer.sleep_until_ms(next_ms.min(deadline_ms)).await;
        }
    }

    /// Until the shutdown; then it says that it leaves.
    async fn renew(mut self, mut next_ms: i64, stop: &Shutdown) {
        loop {
            tokio::select! {
                biased;
                () = stop.wait() => break,
                () = self.timer.sleep_until_ms(next_ms) => {}
            }
            tokio::select! {
                biased;
                () = stop.wait() => break,
                round = self.round() => next_ms = round.next_ms,
            }
        }
        self.own.leaving = true;
        let said = join_all(self.sync_speeds.iter().map(|asked| asked.sync_speed.announce(&self.own))).await;
        for (asked, why) in self.sync_speeds.iter().zip(said).filter_map(|(asked, said)| Some((asked, said.err()?))) {
            log::debug!("sync-speed {} was not told that this gateway leaves: {why}", asked.sync_speed.url);
        }
    }

    /// Asks all of them at once: each may have a journal of its own.
    async fn round(&mut self) -> Round {
        let answers = match self.parts.faults.pass(&points::ANNOUNCE, "").await {
            Way::On | Way::Skips => {
                join_all(self.sync_speeds.iter().map(|asked| asked.sync_speed.announce(&self.own))).await
            }
            Way::Fails => self.sync_speeds.iter().map(|_| Err("made to fail by a fault plan".to_owned())).collect(),
        };
        self.parts.faults.pass(&points::LIVE_MARKS, "").await;
        let now_ms = self.parts.clock.now_ms();
        let mut lives_ms = Vec::new();
        for (asked, answer) in self.sync_speeds.iter_mut().zip(answers) {
            asked.note(answer.as_ref().err());
            if let Ok(answer) = answer {
                lives_ms.push(answer.ttl_ms);
                take_in(&self.parts.directory, &asked.sync_speed.url, answer, now_ms);
            }
        }
        let any = !lives_ms.is_empty();
        if any {
            self.parts.standing.set(State::Answered(now_ms));
        }
        let renew_ms = lives_ms.iter().min().map_or(RETRY_MAX_MS, |life_ms| life_ms / RENEWALS_PER_LIFE);
        let wait_ms = if lives_ms.len() == self.sync_speeds.len() {
            self.retry_ms = RETRY_BASE_MS;
            renew_ms.clamp(*RENEW_MS.start(), *RENEW_MS.end())
        } else {
            let wait_ms = self.retry_ms;
            self.retry_ms = (wait_ms * 2).min(RETRY_MAX_MS);
            wait_ms
        };
        Round { any, next_ms: now_ms.saturating_add(wait_ms) }
    }
}

impl Asked {
    /// Said when it changes.
    fn note(&mut self, failed: Option<&String>) {
        let url = &self.sync_speed.url;
        match (failed, self.answered) {
            (None, Some(false)) => log::info!("sync-speed {url} answers again"),
            (None, Some(true)) => {}
            (None, None) => log::info!("announced to sync-speed {url}"),
            (Some(why), Some(false)) => log::debug!("sync-speed {url}: {why}"),
            (Some(why), Some(true) | None) => log::warn!(
                "sync-speed {url} was not told of this gateway: {why}. Asked again; orders may not reach it meanwhile"
            ),
        }
        self.answered = Some(failed.is_none());
    }
}

fn take_in(directory: &Directory, url: &str, answer: Answer, now_ms: i64) {
    let number = answer.number;
    if answer.truncated {
        log::error!("sync-speed {url}: not all live marks fit into its answer: the oldest are not known here");
    }
    let directives = answer.into_directives();
    match directory.recall(&directives, now_ms) {
        Ok(0) => log::debug!("sync-speed {url}: {} live marks up to number {number}, all known", directives.len()),
        Ok(new) => log::info!("sync-speed {url}: {new} of {} live marks were not known here", directives.len()),
        Err(full) => log::error!("sync-speed {url}: {full}. Raise eurus.gateway.down-service-cache.marks-max"),
    }
}

/// Runs the registry's client once the live marks are there, and renews the announcement as long as it runs.
pub(crate) fn then_follow(
    announcer: Option<Announcer>,
    client: Arc<EurekaClient>,
    stop: Shutdown,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let Some(mut announcer) = announcer else {
        // Its timers exist from now on: a manual clock must know of them before the task is spawned.
        return Box::pin(client.run(stop));
    };
    Box::pin(async move {
        let next_ms = tokio::select! {
            biased;
            () = stop.wait() => announcer.parts.clock.now_ms(),
            next_ms = announcer.before_serving() => next_ms,
        };
        if stop.is_aborted() {
            return;
        }
        let following = client.run(stop.clone());
        let reporter = announcer.reporter.take();
        let reporting = async {
            if let Some(reporter) = reporter {
                reporter.run(&stop).await;
            }
        };
        let renewing = async {
            tokio::select! {
                biased;
                () = stop.aborted() => {}
                () = announcer.renew(next_ms, &stop) => {}
            }
        };
        tokio::join!(following, renewing, reporting);
    })
}
