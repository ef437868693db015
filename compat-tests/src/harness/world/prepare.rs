//! Real time begins when the Java programs, which take seconds to start, are there: at a tick of the read-only caches.

use super::World;
use super::beginning::first_answer;
use super::outside::Outside;
use super::running::Running;
use crate::Failure;
use crate::java::until::Patience;

/// What a Java registry writes when its eviction timer begins, give or take a millisecond.
const OPENED: &str = "Changing status to UP";
/// How long a Java registry may take to that.
const OPENED_WITHIN_MS: i64 = 90_000;
/// What it writes a second or two before, with no timer begun yet.
const ALMOST: &str = "Discovery Client initialized at timestamp";
/// A Java client fetches so long before a tick: its timer drifts by some 10 ms a cycle.
const FETCHES_EARLIER_MS: i64 = 1_500;
/// Between the preparations and the begin, at least.
const PAUSE_MS: i64 = 500;

impl World {
    /// Starts the Java programs, and waits for the tick with which the scenario begins. `is_close`: Java registries are to
    /// evict right after a tick, and Java clients to fetch right before one.
    pub(in crate::harness) async fn prepare(&mut self, is_close: bool, tick_ms: i64) -> Result<(), Failure> {
        if !self.pace.is_real() {
            return Ok(());
        }
        let mut opened: Option<(i64, i64)> = None;
        for place in 0..self.registries.len() {
            if self.registries[place].is_java() {
                let opened_ms = self.prepare_registry(place, is_close.then_some(tick_ms)).await?;
                self.registries[place].opened_ms = Some(opened_ms);
                opened =
                    Some((opened_ms, self.registries[place].part.interval_ms("eviction-interval-timer-in-ms", 60_000)));
            }
        }
        for place in 0..self.gateways.len() {
            if self.gateways[place].is_java() {
                let outside = self.gateway_process(place).await?;
                self.gateways[place].running = Running::Outside(outside);
                if is_close {
                    self.place_fetches(place, tick_ms).await?;
                }
            }
        }
        let now_ms = self.pace.now_ms() + PAUSE_MS - self.start_ms;
        let mut tick = now_ms - now_ms.rem_euclid(tick_ms) + tick_ms;
        // Of two ticks within an eviction interval the one after which evictions come first.
        if let Some((opened_ms, eviction_ms)) = opened {
            while eviction_ms > tick_ms && (opened_ms - tick).rem_euclid(eviction_ms) >= tick_ms {
                tick += tick_ms;
            }
        }
        self.began_ms = tick + self.start_ms;
        self.pace.advance_ms(self.began_ms - self.pace.now_ms()).await
    }

    /// Begins a Java client, and has it stand still when its next fetch is due: it fetches when it goes on, and from then on by
    /// its interval. How long it takes to begin differs by seconds.
    async fn place_fetches(&mut self, place: usize, tick_ms: i64) -> Result<(), Failure> {
        self.begin_client(place);
        let gateway = &self.gateways[place];
        let (beginning, url) = (gateway.beginning.clone(), gateway.address().url);
        let mut patience = Patience::new(&self.stack.clock, OPENED_WITHIN_MS);
        while !beginning.is_done()? {
            patience.wait("a Java client begins").await?;
        }
        let answer = self.stack.http.get(format!("{url}/fetched")).send().await?.bytes().await?;
        let fetched: serde_json::Value = serde_json::from_slice(&answer)?;
        let ms_ago = fetched["fetchedMsAgo"].as_i64();
        let ms_ago = ms_ago.ok_or_else(|| Failure::new(format!("{url}/fetched says no time: {fetched}")))?;
        let gateway = &mut self.gateways[place];
        let due_ms =
            self.pace.now_ms() - ms_ago + gateway.part.interval_ms("registry-fetch-interval-seconds", 30) * 1_000;
        let earliest_ms = due_ms + PAUSE_MS;
        let until_ms = earliest_ms + (-FETCHES_EARLIER_MS - earliest_ms).rem_euclid(tick_ms);
        let outside = gateway.running.outside().ok_or_else(|| Failure::new("a Java client does not run"))?;
        outside.pause()?;
        self.pace.advance_ms(until_ms - self.pace.now_ms()).await?;
        outside.resume()
    }

    /// Starts a Java registry; when its eviction timer began. With a tick given, it stands still just before until the next
    /// one: how long a JVM takes to start differs by seconds, its last steps do not.
    async fn prepare_registry(&mut self, place: usize, tick_ms: Option<i64>) -> Result<i64, Failure> {
        let mut outside = self.registry_process(place)?;
        if let Some(tick_ms) = tick_ms {
            self.written(&mut outside, ALMOST).await?;
            outside.pause()?;
            self.pace.advance_ms((-self.pace.now_ms()).rem_euclid(tick_ms)).await?;
            outside.resume()?;
        }
        self.written(&mut outside, OPENED).await?;
        let opened_ms = self.pace.now_ms();
        let origin = self.registries[place].origin();
        outside.until_answers(&format!("{origin}/actuator/health"), &self.stack.http).await?;
        for page in ["store", "read-write", "eureka/apps"] {
            first_answer(&self.stack.http, &format!("{origin}/{page}")).await?;
        }
        self.registries[place].running = Running::Outside(outside);
        Ok(opened_ms)
    }

    async fn written(&self, outside: &mut Outside, words: &str) -> Result<(), Failure> {
        let mut patience = Patience::new(&self.stack.clock, OPENED_WITHIN_MS);
        while !outside.output()?.contains(words) {
            outside.is_there()?;
            patience.wait(&format!("a Java registry writes '{words}'")).await?;
        }
        Ok(())
    }
}
