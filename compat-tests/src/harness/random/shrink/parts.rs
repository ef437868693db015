//! Scenarios with one part less, or one plainer.

use super::super::super::scenario::{Action, NodePart, ProducerPart, Scenario, Through, links_between};

/// Each leaves one thing out, larger things first.
pub(super) fn candidates(scenario: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    let nodes = scenario.gateways.iter().chain(&scenario.sync_speeds).chain(&scenario.registries);
    all.extend(nodes.map(|part| without_node(scenario, &part.name)));
    all.extend((0..scenario.producers.len()).rev().filter_map(|place| without_instance(scenario, place)));
    all.extend((0..scenario.loads.len()).map(|place| with(scenario, |one| drop(one.loads.remove(place)))));
    all.extend(plainer_nodes(scenario));
    all.extend((0..scenario.producers.len()).map(|place| with(scenario, |one| plain(&mut one.producers, place))));
    all
}

pub(super) fn with(scenario: &Scenario, change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut changed = scenario.clone();
    change(&mut changed);
    changed
}

/// Without it, its links and loads, and what is done to it. Who knows that registry is not there either.
fn without_node(scenario: &Scenario, name: &str) -> Scenario {
    with(scenario, |one| {
        for nodes in [&mut one.registries, &mut one.gateways, &mut one.sync_speeds] {
            nodes.retain(|part| part.name != name && !part.registries.iter().any(|registry| registry == name));
        }
        one.producers.retain(|part| !part.registries.iter().any(|registry| registry == name));
        without_orphans(one);
    })
}

/// The last of its group: those before it keep their names.
fn without_instance(scenario: &Scenario, place: usize) -> Option<Scenario> {
    let (key, number) = scenario.producers[place].name.rsplit_once('-')?;
    let next = format!("{key}-{}", number.parse::<usize>().ok()? + 1);
    let is_last = scenario.producers.iter().all(|part| part.name != next);
    is_last.then(|| {
        with(scenario, |one| {
            one.producers.remove(place);
            without_orphans(one);
        })
    })
}

/// Steps and loads of whom there is no more.
fn without_orphans(scenario: &mut Scenario) {
    scenario.links = links_between(&scenario.gateways, &scenario.sync_speeds);
    let nodes = [&scenario.registries, &scenario.gateways, &scenario.sync_speeds];
    let mut names: Vec<&str> = nodes.into_iter().flatten().map(|part| part.name.as_str()).collect();
    names.extend(scenario.producers.iter().map(|part| part.name.as_str()));
    names.extend(scenario.links.iter().map(String::as_str));
    let names: Vec<String> = names.into_iter().map(ToOwned::to_owned).collect();
    let is_there = |name: &str| names.iter().any(|known| known == name);
    scenario.steps.retain(|step| named(&step.action).into_iter().all(is_there));
    let apps: Vec<String> = scenario.producers.iter().map(|part| part.app.clone()).collect();
    scenario.loads.retain(|load| {
        let (Through::Gateway(through) | Through::Caller(through)) = &load.through;
        is_there(through) && apps.contains(&load.app)
    });
}

/// Whom and what an action names.
fn named(action: &Action) -> Vec<&str> {
    match action {
        Action::Fault(rule) => std::iter::once(&rule.node).chain(&rule.about).map(String::as_str).collect(),
        Action::Stop(name)
        | Action::Run(name)
        | Action::Restart(name)
        | Action::Kill(name)
        | Action::Pause(name)
        | Action::Resume(name)
        | Action::ClearFaults(name)
        | Action::Cache(name, _, _)
        | Action::Link(name, _) => vec![name],
        _ => action.instance().into_iter().chain(action.asks()).collect(),
    }
}

/// One setting less, or a clock that is right.
fn plainer_nodes(scenario: &Scenario) -> Vec<Scenario> {
    let lists: [fn(&mut Scenario) -> &mut Vec<NodePart>; 3] =
        [|one| &mut one.registries, |one| &mut one.gateways, |one| &mut one.sync_speeds];
    let mut all = Vec::new();
    for list in lists {
        let mut scratch = scenario.clone();
        for (place, part) in list(&mut scratch).iter().enumerate() {
            all.extend(
                (0..part.settings.len())
                    .map(|setting| with(scenario, |one| drop(list(one)[place].settings.remove(setting)))),
            );
            all.push(with(scenario, |one| list(one)[place].ahead_ms = 0));
        }
    }
    all
}

/// Its whole group as it would be by default, so that it is written as one line.
fn plain(producers: &mut [ProducerPart], place: usize) {
    let key = producers[place].name.rsplit_once('-').map(|(key, _)| key.to_owned());
    let of_group = producers.iter_mut().filter(|part| part.name.rsplit_once('-').map(|(key, _)| key.to_owned()) == key);
    for part in of_group {
        part.start_ms = part.start_ms.map(|_| 0);
        (part.heartbeat_ms, part.lease_ms, part.ahead_ms) = (Some(30_000), 90_000, 0);
    }
}
