//! What happens at a named point inside a service.

use std::ops::RangeInclusive;

use eurus_service::faults::{About, Point, Possible};

use super::super::layer::Kind;
use super::super::reading::{Item, Wrong};
use super::names::Names;

/// How often a rule may apply, and from which passing on.
const PASSES: RangeInclusive<usize> = 1..=1_000_000;

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injection {
    /// The service goes on so much later, milliseconds.
    Delay(i64),
    /// The step fails.
    Fail,
    /// The step is left out, and taken for done.
    Skip,
    /// The service is gone.
    Kill,
}

/// A rule for one node and one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    /// Whose.
    pub node: String,
    /// Where.
    pub point: &'static Point,
    /// What.
    pub injection: Injection,
    /// Only where it is about this instance or gateway.
    pub about: Option<String>,
    /// From which passing on; the first is 1.
    pub from: usize,
    /// How many times; `None`: from then on always.
    pub times: Option<usize>,
}

/// The points of a kind of node, its Eureka client's among them.
pub fn points_of(kind: Kind) -> Vec<&'static Point> {
    match kind {
        Kind::Registry => eurus_registry::points::ALL.to_vec(),
        Kind::Gateway => eurus_gateway::points::all(),
        Kind::SyncSpeed => eurus_sync_speed::points::all(),
        Kind::Caller => Vec::new(),
    }
}

impl FaultRule {
    /// `{node: sync-speed-1, point: gateway-call, do: fail, about: gateway-1, from: 2, times: 1}`
    pub(super) fn read(item: &Item<'_>, names: &Names) -> Result<Self, Wrong> {
        let fields = item.fields(&["node", "point", "do", "by", "about", "from", "times"])?;
        let node_item = fields.need("node")?;
        let node = names.service(node_item)?;
        let kind = names.nodes.iter().find(|(name, _)| *name == node).map_or(Kind::Caller, |(_, kind)| *kind);
        let points: Vec<(&str, &'static Point)> =
            points_of(kind).into_iter().map(|point| (point.name, point)).collect();
        let point = fields.need("point")?.one_of(&points)?;
        let doing = fields.need("do")?;
        let injection = match (doing.text()?, fields.get("by")) {
            ("delay", Some(by)) => Injection::Delay(by.span_ms()?),
            ("delay", None) => return Err(doing.wrong("by how much? by: 5s")),
            (_, Some(by)) => return Err(by.wrong("only a delay has it")),
            ("kill", None) => Injection::Kill,
            ("fail", None) if matches!(point.possible, Possible::Failing | Possible::FailingOrSkipping) => {
                Injection::Fail
            }
            ("skip", None) if matches!(point.possible, Possible::Skipping | Possible::FailingOrSkipping) => {
                Injection::Skip
            }
            (other, None) => {
                let allowed = possible(point);
                return Err(
                    doing.wrong(format!("'{}' is not possible there (allowed: {allowed})", other.escape_debug()))
                );
            }
        };
        let about = fields.get("about").map(|about| whom(point, about, names)).transpose()?;
        let times = match fields.get("times") {
            Some(times) if times.text().is_ok_and(|text| text == "always") => None,
            Some(times) => Some(times.count(PASSES)?),
            None => Some(1),
        };
        let from = fields.get("from").map_or(Ok(1), |from| from.count(PASSES))?;
        Ok(Self { node, point, injection, about, from, times })
    }

    /// For reports.
    pub fn in_words(&self) -> String {
        let what = match self.injection {
            Injection::Delay(ms) => format!("delay {} by {ms} ms", self.node),
            Injection::Fail => format!("fail {}", self.node),
            Injection::Skip => format!("skip {}", self.node),
            Injection::Kill => format!("kill {}", self.node),
        };
        let about = self.about.as_ref().map_or(String::new(), |about| format!(" about {about}"));
        format!("{what} at {}{about}", self.point.name)
    }
}

fn whom(point: &Point, item: &Item<'_>, names: &Names) -> Result<String, Wrong> {
    match point.about {
        About::Instance => names.instance(item),
        About::Gateway => names.node(item, Kind::Gateway),
        About::Nobody => Err(item.wrong(format!("{} is about nobody but the node itself: leave it out", point.name))),
    }
}

/// What can be done at a point, in words.
pub fn possible(point: &Point) -> &'static str {
    match point.possible {
        Possible::Passing => "delay, kill",
        Possible::Failing => "delay, kill, fail",
        Possible::Skipping => "delay, kill, skip",
        Possible::FailingOrSkipping => "delay, kill, fail, skip",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the documentation.
    fn table() -> String {
        let row = |point: &Point, of: &str| {
            format!("| `{}` | {of} | {} | {} | {} |\n", point.name, point.what, possible(point), about(point))
        };
        let of_gateways = points_of(Kind::Gateway);
        let of_sync_speeds = points_of(Kind::SyncSpeed);
        let own = |points: &[&'static Point], others: &[&'static Point], of: &str| -> String {
            points.iter().filter(|point| !others.contains(point)).map(|point| row(point, of)).collect()
        };
        let shared = of_gateways.iter().filter(|point| of_sync_speeds.contains(point));
        [
            own(&of_sync_speeds, &of_gateways, "sync-speed"),
            own(&of_gateways, &of_sync_speeds, "gateway"),
            shared.map(|point| row(point, "gateway, sync-speed")).collect(),
            own(&points_of(Kind::Registry), &[], "registry"),
        ]
        .concat()
    }

    fn about(point: &Point) -> &'static str {
        match point.about {
            About::Nobody => "",
            About::Instance => "an instance",
            About::Gateway => "a gateway",
        }
    }

    fn read(fault: &str) -> Result<(), String> {
        let source = format!(
            "name: x\nlength: 9s\nregistries: {{r: {{}}}}\ngateways: {{g: {{}}}}\nsync-speeds: {{s: {{}}}}\n\
             steps: [{{at: 1s, fault: {fault}}}]\nexpect: [failed: {{is: 0}}]\n"
        );
        super::super::Scenario::parse("x.yaml", &source).map(drop).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn what_is_not_possible_is_refused() {
        assert_eq!(read("{node: s, point: gateway-call, do: skip, about: g, from: 2, times: always}"), Ok(()));
        assert_eq!(read("{node: g, point: fetch, do: delay, by: 5s}"), Ok(()));
        for (fault, expected) in [
            ("{node: s, point: gateway-calls, do: kill}", "'gateway-calls' is not one of: select, record,"),
            ("{node: r, point: gateway-call, do: kill}", "'gateway-call' is not one of: change,"),
            ("{node: x, point: change, do: kill}", "there is no node 'x' (known: r, g, s)"),
            ("{node: s, point: record, do: fail}", "'fail' is not possible there (allowed: delay, kill)"),
            ("{node: s, point: registry-call, do: skip}", "(allowed: delay, kill, fail)"),
            ("{node: s, point: record, do: delay}", "by how much? by: 5s"),
            ("{node: s, point: record, do: kill, by: 5s}", "only a delay has it"),
            ("{node: s, point: record, do: kill, times: 0}", "times"),
            ("{node: s, point: gateway-call, do: fail, about: h}", "there is no gateway 'h' (known: g)"),
            ("{node: s, point: record, do: kill, about: g}", "record is about nobody but the node itself"),
            ("{node: g, point: order-published, do: fail}", "(allowed: delay, kill, skip)"),
        ] {
            let words = read(fault).unwrap_err();
            assert!(words.contains(expected), "{fault}\n  says {words}\n  not  {expected}");
        }
    }

    #[test]
    #[allow(clippy::disallowed_methods)] // Reading a file is all that happens here.
    fn the_page_lists_all_points() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/harness.md")).unwrap();
        assert!(page.contains(&table()), "docs/harness.md should say:\n{}", table());
    }

    #[test]
    fn names_of_points_are_unique_in_a_node() {
        for kind in [Kind::Registry, Kind::Gateway, Kind::SyncSpeed] {
            let mut names: Vec<&str> = points_of(kind).iter().map(|point| point.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{kind:?}");
        }
    }
}
