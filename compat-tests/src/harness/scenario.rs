//! A scenario: what runs, what happens to it and when, what must be seen. Read from YAML; every key is described in
//! `docs/harness.md`.

mod action;
mod expectation;
mod fault;
mod fault_rule;
mod how;
mod limits;
mod links;
mod names;
mod parts;
mod program;
mod step;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_programs;
mod writer;

use super::reading::{Item, Wrong};
use super::yaml::Tree;

pub use action::Action;
pub use expectation::{Bound, Expectation, Sees};
pub use fault::{CacheFault, LinkFault};
pub use fault_rule::{FaultRule, Injection, points_of, possible};
pub use how::How;
pub use links::between as links_between;
pub use parts::{CallerPart, LoadPart, NodePart, ProducerPart, Through};
pub use program::{Program, Time};
pub use step::Step;

use names::Names;
pub use writer::write;

/// The longest scenario, and the longest time after its last step in which the lists may come to rest.
const LENGTH_MS_MAX: i64 = 24 * 3_600_000;
/// The published worst case after which everybody has heard of a change: three caches of 30 s, and some room.
const REST_MS: i64 = 120_000;
const KEYS: &[&str] = &[
    "name",
    "about",
    "time",
    "start",
    "length",
    "rest",
    "registries",
    "gateways",
    "sync-speeds",
    "callers",
    "producers",
    "load",
    "steps",
    "expect",
];

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The file, for messages.
    pub file: String,
    /// In a few words.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// How its time passes.
    pub time: Time,
    /// How long after a tick of the registries' read-only caches it begins, milliseconds.
    pub start_ms: i64,
    /// How long it lasts, milliseconds.
    pub length_ms: i64,
    /// How long everything may come to rest after that, before gateways and registries are compared.
    pub rest_ms: i64,
    /// By name, in the file's order; so all lists here.
    pub registries: Vec<NodePart>,
    /// Gateways.
    pub gateways: Vec<NodePart>,
    /// sync-speeds.
    pub sync_speeds: Vec<NodePart>,
    /// Simulated callers with a Ribbon list.
    pub callers: Vec<CallerPart>,
    /// Instances.
    pub producers: Vec<ProducerPart>,
    /// Requests.
    pub loads: Vec<LoadPart>,
    /// Names of the links between the nodes.
    pub links: Vec<String>,
    /// What happens.
    pub steps: Vec<Step>,
    /// What must be seen.
    pub expectations: Vec<Expectation>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// The first thing that is wrong, with file, line, key and what is allowed.
    pub fn parse(file: &str, source: &str) -> Result<Self, Wrong> {
        Self::read(file, source, true)
    }

    /// The same for nodes that a test drives: neither length nor expectations need be there.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_to_serve(file: &str, source: &str) -> Result<Self, Wrong> {
        Self::read(file, source, false)
    }

    fn read(file: &str, source: &str, is_whole: bool) -> Result<Self, Wrong> {
        let tree = Tree::parse(source).map_err(|why| Wrong::in_file(file, why))?;
        let whole = Item::whole(file, &tree);
        let fields = whole.fields(KEYS)?;
        let mut names = Names::default();
        let registries = named(fields.get("registries"), |name, item| NodePart::registry(name, item, &mut names))?;
        let gateways = named(fields.get("gateways"), |name, item| NodePart::gateway(name, item, &mut names))?;
        let sync_speeds = named(fields.get("sync-speeds"), |name, item| NodePart::sync_speed(name, item, &mut names))?;
        names.links = links::between(&gateways, &sync_speeds);
        let callers = named(fields.get("callers"), |name, item| CallerPart::read(name, item, &mut names))?;
        let producers =
            named(fields.get("producers"), |name, item| ProducerPart::read(name, item, &mut names))?.concat();
        let loads = listed(fields.get("load"), |item| LoadPart::read(item, &names))?;
        let steps = listed(fields.get("steps"), |item| Step::read(item, &mut names))?;
        let expectations = listed(fields.get("expect"), |item| Expectation::read(item, &names))?;
        if registries.is_empty() {
            return Err(fields.wrong("there is no registry: registries: {registry-1: {}}"));
        }
        if is_whole && fields.get("expect").is_none() {
            return Err(fields.wrong("nothing is expected: expect: [...]; an empty list: that the rules hold"));
        }
        let length_ms = match fields.get("length") {
            None if !is_whole => LENGTH_MS_MAX,
            _ => length_ms(fields.need("length")?)?,
        };
        let time = fields.get("time").map_or(Ok(Time::Virtual), |time| time.one_of(&Time::WORDS))?;
        let scenario = Self {
            file: file.to_owned(),
            name: fields.need("name")?.text()?.to_owned(),
            about: fields.get("about").map_or(Ok(""), Item::text)?.trim().to_owned(),
            time,
            start_ms: fields.span_ms("start", 0)?,
            length_ms,
            rest_ms: fields.span_ms("rest", if time == Time::Real { 0 } else { REST_MS })?,
            registries,
            gateways,
            sync_speeds,
            callers,
            producers,
            loads,
            links: names.links,
            steps,
            expectations,
        };
        limits::fits(&scenario, &fields)?;
        program::fits(&scenario, &fields)?;
        Ok(scenario)
    }
}

fn length_ms(length: &Item<'_>) -> Result<i64, Wrong> {
    let length_ms = length.span_ms()?;
    if length_ms > LENGTH_MS_MAX {
        return Err(length.wrong("more than 24h"));
    }
    Ok(length_ms)
}

fn named<'a, T>(
    item: Option<&Item<'a>>,
    mut read: impl FnMut(&'a str, &Item<'a>) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    let Some(item) = item else { return Ok(Vec::new()) };
    item.entries()?.iter().map(|(name, item)| read(name, item)).collect()
}

fn listed<'a, T>(item: Option<&Item<'a>>, read: impl FnMut(&Item<'a>) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    let Some(item) = item else { return Ok(Vec::new()) };
    item.list()?.iter().map(read).collect()
}
