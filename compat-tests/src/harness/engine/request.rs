//! Requests: through gateways, and straight from the lists of simulated callers.

use super::super::history::Happening;
use super::super::scenario::Through;
use super::super::world::Listed;
use super::patience::WaitsFor;
use super::{Engine, Task};
use crate::Failure;

impl Engine {
    /// One request of a load, and the next one.
    pub(super) async fn request_of(&mut self, place: usize) -> Result<(), Failure> {
        let load = self.scenario.loads[place].clone();
        let now_ms = self.world.now_ms();
        let until_ms = load.until_ms.unwrap_or(self.scenario.length_ms);
        let every_ms = 1_000 / i64::try_from(load.per_second).unwrap_or(1_000);
        if now_ms + every_ms <= until_ms {
            self.plan(now_ms + every_ms, Task::Request(place));
        }
        self.request(&load.through, &load.app).await.map(drop)
    }

    /// One request; the instance that answered, or what went wrong.
    pub(in crate::harness) async fn request(
        &mut self,
        through: &Through,
        app: &str,
    ) -> Result<Result<String, String>, Failure> {
        let started_ms = self.world.now_ms();
        let (name, url, waits_for) = match through {
            Through::Gateway(name) => {
                let found = self.world.gateways.iter().find(|one| one.part.name == *name);
                let gateway = found.ok_or_else(|| Failure::new(format!("there is no gateway {name}")))?;
                let url = format!("{}/{}/harness", gateway.address().url, app.to_lowercase());
                (name.clone(), Ok(url), WaitsFor::Points(gateway.faults.clone()))
            }
            Through::Caller(name) => (name.clone(), self.next_of(name, app)?, WaitsFor::Nothing),
        };
        let outcome = match url {
            Ok(url) => {
                let http = self.world.stack.http.clone();
                self.answer_of(tokio::spawn(async move { ask(&http, &url).await }), waits_for).await?
            }
            Err(why) => Err(why),
        };
        let outcome = outcome.map(|id| self.world.names.get(&id).cloned().unwrap_or(id));
        self.note_begun();
        self.note(Happening::Ended { through: name, started_ms, outcome: outcome.clone() });
        Ok(outcome)
    }

    /// Where a simulated caller goes next: round robin over its list, without looking whether anybody is there.
    fn next_of(&mut self, name: &str, app: &str) -> Result<Result<String, String>, Failure> {
        let found = self.world.callers.iter_mut().find(|one| one.part.name == name);
        let caller = found.ok_or_else(|| Failure::new(format!("there is no caller {name}")))?;
        let of_app: Vec<&Listed> = caller.list.iter().filter(|one| one.app.eq_ignore_ascii_case(app)).collect();
        let Some(chosen) = of_app.get(caller.next % of_app.len().max(1)) else {
            return Ok(Err(format!("its list shows no instance of {app}")));
        };
        let url = format!("http://{}/harness", chosen.address);
        caller.next += 1;
        Ok(Ok(url))
    }

    /// A simulated caller copies its gateway's list, unless it is frozen; and again later.
    pub(super) async fn poll(&mut self, place: usize) -> Result<(), Failure> {
        if self.scenario.is_ribbon(&self.world.callers[place].part.name) {
            let apps = self.apps();
            return self.world.begin_ribbon(place, &apps);
        }
        let (refresh_ms, is_frozen) = (self.world.callers[place].part.refresh_ms, self.world.callers[place].is_frozen);
        self.plan(self.world.now_ms() + refresh_ms, Task::Poll(place));
        if is_frozen { Ok(()) } else { self.copy_list(place).await }
    }

    pub(super) async fn copy_list(&mut self, place: usize) -> Result<(), Failure> {
        let gateway = self.world.callers[place].part.gateway.clone();
        let gateway = self.world.gateways.iter().position(|one| one.part.name == gateway);
        let Some(gateway) = gateway.filter(|gateway| self.world.gateways[*gateway].running.is_up_and_going()) else {
            return Ok(());
        };
        let mut list = Vec::new();
        for (instance, app, view) in self.instances_of(gateway).await? {
            // Ribbon lists what its client's copy says is UP: it knows no marks.
            if view["fetched_status"] == "UP"
                && let Some(address) = view["address"].as_str()
            {
                list.push(Listed { instance, app, address: address.to_owned() });
            }
        }
        self.world.callers[place].list = list;
        Ok(())
    }
}

pub(super) async fn ask(http: &reqwest::Client, url: &str) -> Result<String, String> {
    let answer = http.get(url).send().await.map_err(|error| format!("{error:#}"))?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(|error| format!("{error:#}"))?;
    if status != 200 {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body).escape_debug()));
    }
    let value: serde_json::Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    Ok(value["instanceId"].as_str().unwrap_or_default().to_owned())
}
