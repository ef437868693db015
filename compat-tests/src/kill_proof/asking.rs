//! A request with a key of its own, sent again until somebody acknowledges it: the same key is the same request, however
//! often it comes, and whichever sync-speed it comes to.

use eurus_service::Clock;
use serde_json::Value;

use super::cluster::Places;
use super::entry::Entry;
use crate::Failure;
use crate::java::until::Patience;

/// How long nobody may acknowledge.
const ACKNOWLEDGED_WITHIN_MS: i64 = 60_000;

pub(super) struct Asking<'a> {
    pub(super) places: &'a Places,
    pub(super) http: &'a reqwest::Client,
    pub(super) clock: &'a Clock,
    /// `/offline`, `/online`.
    pub(super) path: &'a str,
    pub(super) body: Value,
    pub(super) key: String,
    /// Which sync-speed is asked first; then the others in turn.
    pub(super) first: usize,
}

impl Asking<'_> {
    /// The entry's id, and how many times it was asked.
    ///
    /// # Errors
    /// When nobody acknowledges it in time, with the last answer.
    pub(super) async fn until_acknowledged(&self) -> Result<(String, u32), Failure> {
        let mut patience = Patience::new(self.clock, ACKNOWLEDGED_WITHIN_MS);
        let mut times = 0;
        for origin in self.places.sync_speeds.iter().cycle().skip(self.first) {
            times += 1;
            match self.ask(origin).await {
                Ok(id) => return Ok((id, times)),
                Err(failure) => patience.wait(&format!("POST {}: {failure}", self.path)).await?,
            }
        }
        Err(Failure::new("there is no sync-speed"))
    }

    async fn ask(&self, origin: &str) -> Result<String, Failure> {
        let url = format!("{origin}{}?async=true", self.path);
        let call = self.http.post(&url).header("idempotency-key", &self.key).json(&self.body);
        let answer = call.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        Failure::unless(status == 202, || format!("{status} {text}"))?;
        let entry: Entry = serde_json::from_str(&text)?;
        Ok(entry.id)
    }
}
