//! The two text formats: OpenMetrics 1.0, which Prometheus asks for, and the older one, which everything else reads.
//!
//! Written here because the library for it (`prometheus-client`) writes only the first; its counters, with a lock and a
//! hash map on every addition, are not for our request paths, and without those its part would be these lines.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::counting::{BOUNDS_NS, Labels, Observed};

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The older one, 0.0.4.
    Prometheus,
}

/// A metric: what all its series have in common.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Without the `_total` of counters.
    name: &'static str,
    kind: Kind,
    help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Units that a name may end with.
const UNITS: [&str; 2] = ["seconds", "bytes"];

impl Family {
    /// What only grows.
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Counter, help }
    }

    /// What is now.
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Gauge, help }
    }

    /// How long something took.
    pub const fn histogram(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Histogram, help }
    }
}

/// Names and values of a series' labels. Values may be anything: they are escaped.
pub type Pairs<'a> = Vec<(&'static str, &'a str)>;

/// The text, growing.
pub struct Text {
    syntax: Syntax,
    out: String,
}

impl Text {
    /// Empty.
    pub fn new(syntax: Syntax) -> Self {
        Self { syntax, out: String::with_capacity(64 << 10) }
    }

    /// A counter without labels.
    pub fn counter(&mut self, family: &Family, value: u64) {
        self.counters(family, [(Vec::new(), value)]);
    }

    /// Every series, those at zero too: a rate sees the first event only when there was a zero before it.
    pub fn grid<L: Labels>(&mut self, family: &Family, totals: Vec<(L, u64)>) {
        self.counters(family, totals.into_iter().map(|(labels, count)| (labels.pairs(), count)));
    }

    /// A counter with labels.
    pub fn counters<'a>(&mut self, family: &Family, series: impl IntoIterator<Item = (Pairs<'a>, u64)>) {
        self.head(family);
        for (pairs, count) in series {
            self.sample(family.name, "_total", &pairs, &count.to_string());
        }
    }

    /// A counter that is no whole number.
    pub fn counter_f64(&mut self, family: &Family, value: f64) {
        self.head(family);
        self.sample(family.name, "_total", &[], &value.to_string());
    }

    /// A gauge without labels.
    #[allow(clippy::cast_precision_loss)] // Counts and bytes: far below 2^52.
    pub fn gauge(&mut self, family: &Family, value: u64) {
        self.gauges(family, [(Vec::new(), value as f64)]);
    }

    /// A gauge with labels.
    pub fn gauges<'a>(&mut self, family: &Family, series: impl IntoIterator<Item = (Pairs<'a>, f64)>) {
        self.head(family);
        for (pairs, value) in series {
            self.sample(family.name, "", &pairs, &value.to_string());
        }
    }

    /// Series of which nothing was observed yet are left out: there are hundreds.
    pub fn histograms<L: Labels>(&mut self, family: &Family, totals: Vec<(L, Observed)>) {
        self.histograms_of(family, totals.into_iter().map(|(labels, observed)| (labels.pairs(), observed)));
    }

    /// The same of labels that are known only when it runs.
    #[allow(clippy::cast_precision_loss)] // Of nanoseconds, as seconds.
    pub fn histograms_of<'a>(&mut self, family: &Family, series: impl IntoIterator<Item = (Pairs<'a>, Observed)>) {
        self.head(family);
        for (pairs, observed) in series.into_iter().filter(|(_, observed)| observed.count() > 0) {
            let mut so_far = 0;
            for (place, count) in observed.buckets.iter().enumerate() {
                so_far += count;
                let bound = BOUNDS_NS.get(place).map_or("+Inf".to_owned(), |bound_ns| bound_text(*bound_ns));
                self.bucket(family.name, &pairs, &bound, so_far);
            }
            self.sample(family.name, "_count", &pairs, &so_far.to_string());
            self.sample(family.name, "_sum", &pairs, &(observed.sum_ns as f64 / 1e9).to_string());
        }
    }

    /// All of it.
    pub fn finish(mut self) -> String {
        if self.syntax == Syntax::OpenMetrics {
            self.out.push_str("# EOF\n");
        }
        self.out
    }

    fn head(&mut self, family: &Family) {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // The older format calls a counter by its series' name.
        let suffix = if family.kind == Kind::Counter && self.syntax == Syntax::Prometheus { "_total" } else { "" };
        let Family { name, help, .. } = family;
        self.line(format_args!("# HELP {name}{suffix} {help}"));
        self.line(format_args!("# TYPE {name}{suffix} {kind}"));
        let unit = UNITS.iter().find(|unit| name.ends_with(*unit)).filter(|_| self.syntax == Syntax::OpenMetrics);
        if let Some(unit) = unit {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
    }

    fn sample(&mut self, name: &str, suffix: &str, pairs: &[(&str, &str)], value: &str) {
        let labels = labels(pairs.iter().copied());
        self.line(format_args!("{name}{suffix}{labels} {value}"));
    }

    fn bucket(&mut self, name: &str, pairs: &[(&str, &str)], bound: &str, count: u64) {
        let labels = labels(pairs.iter().copied().chain([("le", bound)]));
        self.line(format_args!("{name}_bucket{labels} {count}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = self.out.write_fmt(line);
        self.out.push('\n');
    }
}

/// `{name="value",…}`.
fn labels<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

/// As both formats want it: names of services and instances are other people's words.
fn escaped(value: &str) -> Cow<'_, str> {
    if !value.contains(['\\', '"', '\n']) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// In seconds, with a point: `1` and `1.0` would be two different labels to some readers.
#[allow(clippy::cast_precision_loss)] // Bounds are round.
fn bound_text(bound_ns: u64) -> String {
    let text = (bound_ns as f64 / 1e9).to_string();
    if text.contains('.') { text } else { text + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_written_as_specified() {
        let written = |syntax| {
            let mut text = Text::new(syntax);
            text.counters(&Family::counter("a_bytes", "Help."), [(vec![("x", "y"), ("z", "w")], 5)]);
            text.gauge(&Family::gauge("b", "More."), 7);
            text.finish()
        };
        assert_eq!(
            written(Syntax::OpenMetrics),
            "# HELP a_bytes Help.\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\na_bytes_total{x=\"y\",z=\"w\"} 5\n\
             # HELP b More.\n# TYPE b gauge\nb 7\n# EOF\n"
        );
        assert_eq!(
            written(Syntax::Prometheus),
            "# HELP a_bytes_total Help.\n# TYPE a_bytes_total counter\na_bytes_total{x=\"y\",z=\"w\"} 5\n\
             # HELP b More.\n# TYPE b gauge\nb 7\n"
        );
    }

    #[test]
    fn other_peoples_words_stay_in_their_place() {
        let mut text = Text::new(Syntax::Prometheus);
        text.gauges(&Family::gauge("a", "Help."), [(vec![("x", "\\\"}\nb 1")], 1.0)]);
        assert!(text.finish().ends_with("a{x=\"\\\\\\\"}\\nb 1\"} 1\n"));
    }

    #[test]
    fn buckets_are_cumulative_and_bounds_are_seconds() {
        let mut observed = Observed { sum_ns: 1_500_012_000, ..Observed::default() };
        (observed.buckets[1], observed.buckets[15], observed.buckets[19]) = (2, 1, 1);
        let mut text = Text::new(Syntax::Prometheus);
        text.histograms(&Family::histogram("h_seconds", "Help."), vec![((), observed), ((), Observed::default())]);
        let text = text.finish();
        for line in [
            "h_seconds_bucket{le=\"0.00001\"} 0",
            "h_seconds_bucket{le=\"0.000025\"} 2",
            "h_seconds_bucket{le=\"0.5\"} 2",
            "h_seconds_bucket{le=\"1.0\"} 3",
            "h_seconds_bucket{le=\"+Inf\"} 4",
            "h_seconds_count 4",
            "h_seconds_sum 1.500012",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in {text}");
        }
        assert_eq!(text.lines().count(), 2 + BOUNDS_NS.len() + 1 + 2, "what was never observed is left out");
    }
}
