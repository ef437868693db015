//! One round: everybody is taken offline share by share, and brought back; somebody dies meanwhile.

use serde_json::{Value, json};

use super::asking::Asking;
use super::cluster::Cluster;
use super::entry::Entry;
use super::killer;
use super::plan::{During, Plan};
use super::shops::APP;
use super::watch::Watch;
use crate::Failure;
use crate::harness::node::NodeKind;
use crate::java::until::Patience;
use crate::load::Load;

/// Requests that must have come and gone after everybody agrees, before it is said that none began where none may.
const REQUESTS_AFTER: usize = 100;
const REQUESTS_WITHIN_MS: i64 = 60_000;
/// How often a request is sent anew that failed because the registry died.
const ANEW_MAX: u32 = 5;

/// How long the requests of a round took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    pub(super) offline_ms: i64,
    pub(super) online_ms: i64,
}

pub(super) struct Round<'a> {
    pub(super) number: u32,
    pub(super) plan: &'a Plan,
    pub(super) cluster: &'a mut Cluster,
    pub(super) watch: &'a mut Watch,
    pub(super) loads: &'a [Load],
}

impl Round<'_> {
    /// What happened, in words, and how long it took.
    ///
    /// # Errors
    /// When something is not completed in time: the state is unclear then.
    pub(super) async fn play(mut self) -> Result<(String, Took), Failure> {
        let (offline, offline_words, offline_ms) = self.request(During::Offline).await?;
        // At once: when the whole is done, so is every share.
        self.watch.look_at_all().await?;
        self.watch.ledger.each_is_done_once(&offline);
        self.settle("OUT_OF_SERVICE").await?;
        let deaths = self.watch.places.registry_deaths();
        for instance in &offline.instances {
            let at = (&self.watch.shops, &self.watch.http);
            self.watch.closed.close(&instance.instance_id, deaths, at).await?;
        }
        self.let_requests_pass().await?;
        self.watch.look_at_all().await?;
        self.watch.closed.open_all();
        let (_, online_words, online_ms) = self.request(During::Online).await?;
        self.settle("UP").await?;
        self.watch.until_none_is_open().await?;
        Ok((format!("{}; {offline_words}; {online_words}", self.plan), Took { offline_ms, online_ms }))
    }

    /// Sent, disturbed where the plan says so, and completed.
    async fn request(&mut self, which: During) -> Result<(Entry, String, i64), Failure> {
        let undisturbed = Plan::undisturbed();
        self.watch.is_closing = which == During::Offline;
        let mut plan = if self.plan.during == which { self.plan } else { &undisturbed };
        let mut times = 0;
        loop {
            times += 1;
            let began_ms = self.watch.clock.now_ms();
            let entry = self.once(which, plan, times).await?;
            let took_ms = self.watch.clock.now_ms() - began_ms;
            if entry.is_done() {
                let again = if times > 1 { format!(", asked {times} times") } else { String::new() };
                return Ok((entry.clone(), format!("{} done in {took_ms} ms{again}", entry.id), took_ms));
            }
            // A registry that dies may be a reason to do nothing, and to say so: it is asked anew. No other death is. A way
            // back brings back those whom it can, and says who is left.
            let says_so = entry.state == "failed" || (which == During::Online && entry.leaves_somebody_out());
            let is_excused = says_so && self.plan.kills(NodeKind::Registry) > 0 && times <= ANEW_MAX;
            Failure::unless(is_excused, || {
                format!("an acknowledged request is not carried out: {}", entry.in_words())
            })?;
            plan = &undisturbed;
        }
    }

    async fn once(&mut self, which: During, plan: &Plan, times: u32) -> Result<Entry, Failure> {
        let (path, body) = match which {
            During::Offline => ("/offline", json!({"app": APP, "rolling": {"percent": 10, "minUp": 0}, "force": true})),
            During::Online => ("/online", json!({"app": APP})),
        };
        let places = std::sync::Arc::clone(&self.watch.places);
        let (http, clock) = (self.watch.http.clone(), self.watch.clock.clone());
        let key = format!("round-{}{path}-{times}", self.number).replace('/', "-");
        let asking = Asking {
            places: &places,
            http: &http,
            clock: &clock,
            path,
            body: Value::clone(&body),
            key,
            first: plan.asked,
        };
        let is_way_back = which == During::Online && self.plan.during == During::Offline && times == 1;
        let wakes = if is_way_back { self.plan } else { plan };
        let killing = async {
            if is_way_back {
                return killer::wake_on_the_way_back(self.cluster, wakes, &clock).await;
            }
            killer::carry_out(self.cluster, plan, &clock).await
        };
        let completing = async {
            let (id, _) = asking.until_acknowledged().await?;
            self.watch.until_final(&id).await
        };
        let (killed, entry) = tokio::join!(killing, completing);
        killed?;
        let entry = entry?;
        self.cluster.start_all()?;
        self.cluster.until_healthy(&http, &clock).await?;
        Ok(entry)
    }

    /// Until nothing is open and all agree.
    async fn settle(&mut self, status: &str) -> Result<(), Failure> {
        self.watch.until_none_is_open().await?;
        self.watch.until_agreed(status).await
    }

    async fn let_requests_pass(&mut self) -> Result<(), Failure> {
        let ended = || self.loads.iter().map(Load::ended).sum::<usize>();
        let until = ended() + REQUESTS_AFTER;
        let mut patience = Patience::new(&self.watch.clock, REQUESTS_WITHIN_MS);
        while ended() < until {
            patience.wait("requests go on").await?;
        }
        Ok(())
    }
}
