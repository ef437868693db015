//! An entry until its end: by its events; where sync-speed serves none, by asking again and again.

use eurus_service::{Clock, Timer};

use super::answer::Entry;
use super::events::{Event, Parser};
use super::report;
use super::screen::Screen;
use super::server::{self, NoAnswer, Reply, Server};
use super::transport::Answering;

/// Between two looks where there are no events.
const POLL_MS: i64 = 1_000;
/// Failures in a row after which nobody can be there: about a minute.
const FAILURES_MAX: u32 = 10;
const RETRY_BASE_MS: i64 = 500;
const RETRY_MAX_MS: i64 = 8_000;
/// A connection on which nothing came for so long is looked at anew: what is behind it may be gone without a word.
const QUIET_MS: i64 = 30_000;

/// How it ended.
pub(super) enum Followed {
    /// Nothing will change any more: the entry, and as it came.
    Ended(Box<Entry>, String),
    /// The user's time is over.
    OutOfTime(Option<Box<Entry>>),
    /// sync-speed will not show it.
    Refused(Reply),
    /// Nobody answers.
    Lost(NoAnswer),
}

pub(super) struct Following<'a> {
    server: &'a Server,
    id: &'a str,
    says_changes: bool,
    screen: &'a Screen,
    clock: &'a Clock,
    /// What was shown last, and as it came.
    last: Option<(Box<Entry>, String)>,
    /// sync-speed serves no events.
    polls: bool,
    failures: u32,
}

/// What came of one connection.
enum Heard {
    /// The entry is at its end.
    End,
    /// It stands as before.
    NotYet,
    /// The connection broke off.
    Broken(String),
    /// There are no events here.
    NoEvents,
    Refused(Reply),
}

impl<'a> Following<'a> {
    pub(super) fn new(
        server: &'a Server,
        id: &'a str,
        says_changes: bool,
        screen: &'a Screen,
        clock: &'a Clock,
    ) -> Self {
        Self { server, id, says_changes, screen, clock, last: None, polls: false, failures: 0 }
    }

    pub(super) async fn until_its_end(mut self) -> Followed {
        let screen = self.screen;
        let mut timer = self.clock.timer("time to watch");
        let timeout_s = self.server.timeout_s;
        let id = self.id.to_owned();
        let followed = screen.during(&id, async {
            tokio::select! {
                followed = self.follow() => Some(followed),
                () = bounded_by(&mut timer, timeout_s) => None,
            }
        });
        let followed = followed.await;
        followed.unwrap_or_else(|| Followed::OutOfTime(self.last.map(|(entry, _)| entry)))
    }

    async fn follow(&mut self) -> Followed {
        loop {
            let heard = if self.polls { self.look().await } else { self.listen().await };
            let why = match heard {
                Ok(Heard::End) => match self.last.take() {
                    Some((entry, raw)) => return Followed::Ended(entry, raw),
                    None => NoAnswer::Lost("the events ended without the entry".to_owned()),
                },
                Ok(Heard::Refused(reply)) => return Followed::Refused(reply),
                Ok(Heard::NoEvents) => {
                    self.polls = true;
                    continue;
                }
                Ok(Heard::NotYet) => {
                    self.pause_ms(POLL_MS).await;
                    continue;
                }
                Ok(Heard::Broken(why)) => NoAnswer::Lost(why),
                Err(no_answer) => no_answer,
            };
            self.failures += 1;
            let is_first = self.last.is_none();
            if self.failures >= FAILURES_MAX || (is_first && !matches!(why, NoAnswer::Lost(_))) {
                return Followed::Lost(why);
            }
            let wait_ms = (RETRY_BASE_MS << (self.failures - 1)).min(RETRY_MAX_MS);
            self.screen.progress(&format!("{}: connecting again ({})", self.id, why.why()));
            self.pause_ms(wait_ms).await;
        }
    }

    /// With a timer of its own: one that is awake while a socket is waited for would stop a manual clock.
    async fn pause_ms(&self, duration_ms: i64) {
        self.clock.timer("following an entry").sleep_ms(duration_ms).await;
    }

    /// One connection of events.
    async fn listen(&mut self) -> Result<Heard, NoAnswer> {
        let response = self.server.events(self.id).await?;
        let content_type = response.header("content-type").unwrap_or_default();
        let is_stream = content_type.split(';').next().is_some_and(|essence| essence.trim() == "text/event-stream");
        match response.status() {
            200 if is_stream => self.hear(response).await,
            200 | 405 | 406 | 501 => Ok(Heard::NoEvents),
            404 => {
                let reply = server::read(response).await?;
                let is_unknown_path = reply.problem().is_none_or(|problem| problem.error == "no-such-path");
                Ok(if is_unknown_path { Heard::NoEvents } else { Heard::Refused(reply) })
            }
            // It is starting, stopping, or has no room for one more listener.
            429 | 500.. => Ok(Heard::Broken(format!("answered {}", response.status()))),
            _ => Ok(Heard::Refused(server::read(response).await?)),
        }
    }

    async fn hear(&mut self, mut response: Answering) -> Result<Heard, NoAnswer> {
        let mut timer = self.clock.timer("events");
        let mut parser = Parser::default();
        loop {
            let chunk = tokio::select! {
                chunk = response.chunk() => chunk,
                () = timer.sleep_ms(QUIET_MS) => return self.look().await,
            };
            let Some(bytes) = chunk? else {
                return Ok(Heard::Broken("the connection was closed".to_owned()));
            };
            let events = parser.feed(&bytes).map_err(|_| NoAnswer::Lost("an event is too large".to_owned()))?;
            for event in events {
                if let Some(heard) = self.take(event).await? {
                    return Ok(heard);
                }
            }
        }
    }

    async fn take(&mut self, event: Event) -> Result<Option<Heard>, NoAnswer> {
        match event.name.as_str() {
            "entry" => {
                let entry = Entry::parse(&event.data)
                    .ok_or_else(|| NoAnswer::Lost("an event holds something that is no entry".to_owned()))?;
                Ok(self.saw(entry, event.data).then_some(Heard::End))
            }
            // Whoever comes after the end hears of nothing else.
            "end" => match &self.last {
                Some((entry, _)) if entry.is_at_its_end() => Ok(Some(Heard::End)),
                _ => self.look().await.map(Some),
            },
            _ => Ok(None),
        }
    }

    /// One look.
    async fn look(&mut self) -> Result<Heard, NoAnswer> {
        let reply = self.server.entry(self.id).await?;
        match reply.entry() {
            Ok(entry) => Ok(if self.saw(entry, reply.text) { Heard::End } else { Heard::NotYet }),
            Err(_) if matches!(reply.status, 429 | 500..) => Err(NoAnswer::Lost(format!("answered {}", reply.status))),
            Err(_) => Ok(Heard::Refused(reply)),
        }
    }

    /// Shows what changed; whether it is at its end.
    fn saw(&mut self, entry: Entry, raw: String) -> bool {
        self.failures = 0;
        let is_at_its_end = entry.is_at_its_end();
        let last = self.last.as_ref().map(|(last, _)| &**last);
        let is_new = last.is_none_or(|last| *last != entry);
        // Why it waits, each reason once; at its end it is shown in full.
        let says_why = !is_at_its_end && last.is_none_or(|last| last.note != entry.note);
        let waits = entry.note.as_deref().filter(|_| says_why);
        let summary = report::summary(&entry);
        self.screen.progress(&summary);
        if is_new && self.says_changes {
            match self.screen.is_json() {
                true => self.screen.say_raw(&raw),
                // Its end is shown in full.
                false if !is_at_its_end => self.screen.say(&summary),
                false => {}
            }
        }
        if let Some(why) = waits.filter(|_| !self.screen.is_json()) {
            match self.says_changes {
                true => self.screen.say(&report::note(why)),
                false => self.screen.complain(&format!("{}: {why}", self.id)),
            }
        }
        self.last = Some((Box::new(entry), raw));
        is_at_its_end
    }
}

async fn bounded_by(timer: &mut Timer, timeout_s: Option<u64>) {
    match timeout_s {
        Some(timeout_s) => timer.sleep_ms(i64::try_from(timeout_s).unwrap_or(i64::MAX / 1_000) * 1_000).await,
        None => timer.idle().await,
    }
}
