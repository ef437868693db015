//! The instances, each a process that is started again at its address.

use std::net::SocketAddr;
use std::process::Command;

use eurus_service::Clock;

use super::cluster::ip;
use super::settings::Settings;
use crate::Failure;
use crate::process::PeerProcess;
use crate::stack::bind;

/// Last byte of the first one's address.
const FIRST_PLACE: u8 = 10;

pub(super) struct Fleet {
    all: Vec<Instance>,
    http: reqwest::Client,
    clock: Clock,
}

struct Instance {
    number: usize,
    at: SocketAddr,
    registry: String,
    settings: Settings,
    process: Option<PeerProcess>,
    /// It was told to.
    may_end: bool,
}

impl Fleet {
    /// Returns when all serve.
    pub(super) async fn start(
        settings: &Settings,
        registry: &str,
        http: &reqwest::Client,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let mut fleet = Self { all: Vec::new(), http: http.clone(), clock: clock.clone() };
        for number in 0..settings.instances {
            let place = u8::try_from(number).ok().and_then(|number| FIRST_PLACE.checked_add(number));
            let place = place.ok_or_else(|| Failure::new(format!("{} instances are too many", settings.instances)))?;
            let at = bind(SocketAddr::new(ip(place), 0))?.1;
            let (registry, settings) = (registry.to_owned(), settings.clone());
            fleet.all.push(Instance { number, at, registry, settings, process: None, may_end: false });
            fleet.start_one(number).await?;
        }
        Ok(fleet)
    }

    /// Returns when it serves.
    pub(super) async fn start_one(&mut self, instance: usize) -> Result<(), Failure> {
        let one = &mut self.all[instance];
        one.may_end = false;
        let mut process = one.start()?;
        process.until_answers(&format!("http://{}/health", one.at), &self.http, &self.clock).await?;
        one.process = Some(process);
        Ok(())
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self, instance: usize) -> Result<(), Failure> {
        self.all[instance].process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// SIGSTOP, or SIGCONT.
    pub(super) fn stand_still(&mut self, instance: usize, stands_still: bool) -> Result<(), Failure> {
        let process = self.process(instance)?;
        if stands_still { process.pause() } else { process.resume() }
    }

    pub(super) fn say(&mut self, instance: usize, word: &str) -> Result<(), Failure> {
        self.process(instance)?.say(word)
    }

    /// Tells it to end.
    pub(super) fn exit(&mut self, instance: usize) -> Result<(), Failure> {
        self.all[instance].may_end = true;
        self.say(instance, "exit")
    }

    /// Whether it has ended after it was told to.
    pub(super) fn has_ended(&mut self, instance: usize) -> Result<bool, Failure> {
        Ok(self.process(instance)?.ended()?.is_some())
    }

    /// An instance may end only when it was told to.
    pub(super) fn all_run(&mut self) -> Result<(), Failure> {
        for one in &mut self.all {
            let name = one.name();
            if let Some(process) = &mut one.process
                && !one.may_end
                && let Some(status) = process.ended()?
            {
                return Err(Failure::new(format!("{name}: {status}\n{}", process.end_of_output())));
            }
        }
        Ok(())
    }

    fn process(&mut self, instance: usize) -> Result<&mut PeerProcess, Failure> {
        let one = &mut self.all[instance];
        one.process.as_mut().ok_or_else(|| Failure::new(format!("instance {instance} does not run")))
    }
}

impl Instance {
    fn name(&self) -> String {
        format!("instance-{}", self.number)
    }

    fn start(&self) -> Result<PeerProcess, Failure> {
        let (program, arguments) = &self.settings.instance;
        let mut command = Command::new(program);
        command.args(arguments).arg("--number").arg(self.number.to_string()).arg("--at").arg(self.at.to_string());
        command.arg("--registry").arg(&self.registry);
        // Half of them ask the gateway for HTTP/2.
        if self.number % 2 == 1 {
            command.arg("--http2");
        }
        if let Some(sabotage) = self.settings.sabotage {
            command.arg("--sabotage").arg(sabotage.word());
        }
        PeerProcess::start_with_input(&self.name(), command, "it is what an instance is")
    }
}
