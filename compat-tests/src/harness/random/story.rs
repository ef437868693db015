//! What a scenario's steps come to: who runs when, what is disturbed from when until when, which orders are given. It
//! tells whether each step can be carried out and whether every disturbance ends.

mod instances;

use std::collections::{BTreeMap, BTreeSet};

use super::super::layer::Layer;
use super::super::scenario::{Action, CacheFault, FaultRule, How, Injection, LinkFault, Scenario};
use instances::Instances;

/// Points at which a registry takes in what it is told.
pub(super) const CHANGES: [&str; 2] = ["change", "changed"];

/// An order to a sync-speed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) at_ms: i64,
    pub(super) instance: String,
    pub(super) is_offline: bool,
}

/// What is disturbed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Disturbed {
    /// A node that does not run.
    Node(String),
    /// A registry's cache that is not brought up to date, or says what it said before.
    Cache(String, Layer),
    /// A link.
    Link(String),
    /// A node with a fault inside that comes again and again.
    Inside(String),
    /// A node with a fault inside that comes a few times, at a point.
    Once(String, &'static str),
}

/// From its begin to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) what: Disturbed,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

/// A cache says again what it said then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PutBack {
    pub(super) at_ms: i64,
    pub(super) remembered_ms: i64,
    pub(super) registry: String,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    pub(super) orders: Vec<Order>,
    pub(super) spans: Vec<Span>,
    pub(super) put_backs: Vec<PutBack>,
    open: BTreeMap<Disturbed, i64>,
    /// Read-write caches that have missed something until they are refreshed.
    behind: BTreeSet<String>,
    remembered: BTreeMap<(String, Layer), i64>,
    /// A point is to kill them: whether they have come to it, nobody knows until a `kill` makes it certain.
    perhaps_dead: BTreeSet<String>,
}

impl Story {
    /// `None`: a step cannot be carried out, or a disturbance does not end.
    pub(super) fn of(scenario: &Scenario) -> Option<Self> {
        let mut story = Self::default();
        let mut instances = Instances::of(scenario);
        let mut steps: Vec<_> = scenario.steps.iter().collect();
        steps.sort_by_key(|step| step.at_ms);
        for step in steps {
            instances.live_until(step.at_ms);
            let is_possible = match &step.action {
                Action::Stop(node) | Action::Kill(node) | Action::Run(node) | Action::Restart(node) => {
                    instances.forgotten_by(node);
                    story.node(node, &step.action, step.at_ms)
                }
                Action::Cache(node, layer, fault) => story.cache(node, *layer, *fault, step.at_ms),
                Action::Link(link, fault) => story.link(link, *fault, step.at_ms),
                Action::Fault(rule) => {
                    if CHANGES.contains(&rule.point.name) {
                        instances.forgotten_by(&rule.node);
                    }
                    let is_known = |name: &String| instances.has_started(name) || is_gateway(scenario, name);
                    rule.about.as_ref().is_none_or(is_known) && story.fault(scenario, rule, step.at_ms)
                }
                Action::ClearFaults(node) => {
                    story.clear(node, step.at_ms);
                    true
                }
                Action::Offline(instance, by, _)
                | Action::OfflineAddress(instance, by)
                | Action::Online(instance, by) => {
                    story.orders.extend(orders_of(scenario, step.at_ms, &step.action, instance));
                    (story.runs(by) || story.perhaps_dead.contains(by)) && instances.has_started(instance)
                }
                action => instances.act(action, |registry| story.hears(registry)),
            };
            if !is_possible {
                return None;
            }
        }
        story.end_bounded(scenario.length_ms + scenario.rest_ms);
        let is_over = story.open.is_empty() && story.behind.is_empty() && story.perhaps_dead.is_empty();
        is_over.then_some(story)
    }

    fn runs(&self, node: &str) -> bool {
        !self.open.contains_key(&Disturbed::Node(node.to_owned()))
    }

    /// It takes in what it is told, for certain.
    fn hears(&self, registry: &str) -> bool {
        let is_changing =
            |what: &Disturbed| matches!(what, Disturbed::Once(node, at) if node == registry && CHANGES.contains(at));
        self.runs(registry) && !self.open.keys().any(is_changing)
    }

    fn node(&mut self, name: &str, action: &Action, at_ms: i64) -> bool {
        let what = Disturbed::Node(name.to_owned());
        if self.perhaps_dead.contains(name) {
            let is_armed = self.open.keys().any(|what| matches!(what, Disturbed::Once(node, _) if node == name));
            return matches!(action, Action::Kill(_)) && !is_armed && self.perhaps_dead.remove(name);
        }
        match action {
            Action::Stop(_) | Action::Kill(_) => self.begin(what, at_ms),
            Action::Run(_) => self.end(&what, at_ms),
            _ => self.begin(what.clone(), at_ms) && self.end(&what, at_ms),
        }
    }

    fn cache(&mut self, node: &str, layer: Layer, fault: CacheFault, at_ms: i64) -> bool {
        let key = (node.to_owned(), layer);
        let what = Disturbed::Cache(node.to_owned(), layer);
        let is_read_write = layer == Layer::ReadWrite;
        let is_done = match fault {
            CacheFault::Freeze => self.begin(what, at_ms),
            CacheFault::Thaw => self.end(&what, at_ms),
            CacheFault::Refresh => {
                if is_read_write {
                    self.behind.remove(node);
                }
                true
            }
            CacheFault::Remember => {
                self.remembered.insert(key, at_ms);
                true
            }
            CacheFault::PutBack => match self.remembered.get(&key) {
                Some(&remembered_ms) => {
                    self.put_backs.push(PutBack { at_ms, remembered_ms, registry: node.to_owned() });
                    // Until the next tick after it.
                    self.spans.push(Span { what, from_ms: at_ms, to_ms: at_ms + 30_000 });
                    true
                }
                None => false,
            },
            CacheFault::SpoilHash => true,
        };
        if is_read_write && matches!(fault, CacheFault::Freeze | CacheFault::Thaw | CacheFault::PutBack) {
            self.behind.insert(node.to_owned());
        }
        is_done && (layer.kind() == super::super::layer::Kind::Gateway || self.runs(node))
    }

    fn fault(&mut self, scenario: &Scenario, rule: &FaultRule, at_ms: i64) -> bool {
        let node = rule.node.clone();
        if rule.injection == Injection::Kill {
            // Others who are gone for an unknown time would be missed.
            let is_sync_speed = scenario.sync_speeds.iter().any(|part| part.name == node);
            if !is_sync_speed || rule.times != Some(1) || !self.begin(Disturbed::Node(node.clone()), at_ms) {
                return false;
            }
            self.perhaps_dead.insert(node.clone());
        }
        let what = match rule.times {
            None => Disturbed::Inside(node),
            Some(_) => Disturbed::Once(node, rule.point.name),
        };
        self.open.entry(what).or_insert(at_ms);
        true
    }

    fn clear(&mut self, name: &str, at_ms: i64) {
        self.end_all(at_ms, |what| matches!(what, Disturbed::Inside(node) | Disturbed::Once(node, _) if node == name));
    }

    /// What comes a few times need not be cleared.
    fn end_bounded(&mut self, at_ms: i64) {
        self.end_all(at_ms, |what| matches!(what, Disturbed::Once(..)));
    }

    fn end_all(&mut self, at_ms: i64, is_meant: impl Fn(&Disturbed) -> bool) {
        let meant: Vec<Disturbed> = self.open.keys().filter(|what| is_meant(what)).cloned().collect();
        for what in meant {
            self.end(&what, at_ms);
        }
    }

    fn link(&mut self, link: &str, fault: LinkFault, at_ms: i64) -> bool {
        let what = Disturbed::Link(link.to_owned());
        match fault {
            LinkFault::Mend => self.end(&what, at_ms),
            LinkFault::Cut | LinkFault::Reset | LinkFault::Slow(_) => self.begin(what, at_ms),
            LinkFault::Hold | LinkFault::Delay(_) | LinkFault::Twice | LinkFault::SpoilHash => self.begin(what, at_ms),
            LinkFault::DeliverAgain => true,
        }
    }

    fn begin(&mut self, what: Disturbed, at_ms: i64) -> bool {
        self.open.insert(what, at_ms).is_none()
    }

    fn end(&mut self, what: &Disturbed, at_ms: i64) -> bool {
        let from_ms = self.open.remove(what);
        self.spans.extend(from_ms.map(|from_ms| Span { what: what.clone(), from_ms, to_ms: at_ms }));
        from_ms.is_some()
    }
}

/// A rolling one is about all of an application; one that expires ends in another order.
fn orders_of(scenario: &Scenario, at_ms: i64, action: &Action, instance: &str) -> Vec<Order> {
    let how = if let Action::Offline(_, _, how) = action { how.clone() } else { How::default() };
    let is_offline = !matches!(action, Action::Online(..));
    let app_of = |name: &str| scenario.producers.iter().find(|part| part.name == name).map(|part| &part.app);
    let is_meant = |name: &str| name == instance || (how.rolling.is_some() && app_of(name) == app_of(instance));
    let meant = scenario.producers.iter().map(|part| part.name.as_str()).filter(|name| is_meant(name));
    let mut orders = Vec::new();
    for name in meant {
        orders.push(Order { at_ms, instance: name.to_owned(), is_offline });
        let ends = how.expires_after_ms.map(|after_ms| at_ms + after_ms);
        orders.extend(ends.map(|at_ms| Order { at_ms, instance: name.to_owned(), is_offline: false }));
    }
    orders
}

fn is_gateway(scenario: &Scenario, name: &str) -> bool {
    scenario.gateways.iter().any(|part| part.name == name)
}
