//! A strict reader of both text formats, written from their specifications: what is odd fails the test.

use std::collections::{BTreeMap, BTreeSet};

/// All metrics of one answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exposition {
    /// By name without suffix.
    pub(crate) families: BTreeMap<String, Family>,
    /// By name and labels as written.
    pub(crate) samples: BTreeMap<String, f64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    /// Names of labels, `le` left out.
    pub(crate) labels: BTreeSet<String>,
}

impl Exposition {
    pub(crate) fn of(text: &str, is_open_metrics: bool) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        assert!(text.ends_with('\n') && !text.contains('\r'), "lines end with a line feed");
        let body = if is_open_metrics {
            let (end, body) = lines.split_last().unwrap();
            assert_eq!(*end, "# EOF");
            body
        } else {
            &lines[..]
        };
        let mut read = Self::default();
        let mut current = String::new();
        for line in body {
            match line.strip_prefix("# ") {
                Some(about) => read.describe(about, &mut current, is_open_metrics),
                None => read.sample(line, &current),
            }
        }
        read.check_histograms();
        read
    }

    /// `HELP`, `TYPE`, `UNIT`, in this order, before the samples.
    fn describe(&mut self, about: &str, current: &mut String, is_open_metrics: bool) {
        let mut words = about.splitn(3, ' ');
        let (keyword, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let is_counter = name.ends_with("_total");
        assert!(!(is_open_metrics && is_counter), "OpenMetrics describes a counter without its suffix: {about}");
        let name = name.strip_suffix("_total").unwrap_or(name);
        match keyword {
            "HELP" => {
                assert!(rest.ends_with('.') && !rest.contains('\\') && !rest.contains('"'), "{about}");
                let family = Family { help: rest.to_owned(), ..Family::default() };
                assert!(self.families.insert(name.to_owned(), family).is_none(), "described twice: {name}");
                name.clone_into(current);
            }
            "TYPE" => {
                assert_eq!(name, current, "TYPE follows its HELP");
                assert!(["counter", "gauge", "histogram"].contains(&rest), "{about}");
                assert!(is_open_metrics || is_counter == (rest == "counter"), "{about}");
                rest.clone_into(&mut self.families.get_mut(name).unwrap().kind);
            }
            "UNIT" => {
                assert!(is_open_metrics && name == current && name.ends_with(&format!("_{rest}")), "{about}");
            }
            _ => panic!("unknown: {about}"),
        }
    }

    fn sample(&mut self, line: &str, current: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("open: {line}"))),
            None => (series, ""),
        };
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        let family = self.families.get_mut(current).unwrap_or_else(|| panic!("not described: {line}"));
        let suffix = name.strip_prefix(current).unwrap_or_else(|| panic!("not of {current}: {line}"));
        let allowed: &[&str] = match family.kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_count", "_sum"],
            _ => panic!("no TYPE: {line}"),
        };
        assert!(allowed.contains(&suffix), "{line}");
        assert!(value.is_finite() && (family.kind == "gauge" || value >= 0.0), "{line}");
        let mut names = BTreeSet::new();
        for pair in labels.split(',').filter(|pair| !pair.is_empty()) {
            let (label, text) = pair.split_once('=').unwrap_or_else(|| panic!("{line}"));
            let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            let is_plain = |text: &str| !text.is_empty() && !text.contains(['"', '\\', '{', '}']);
            assert!(text.is_some_and(is_plain), "{line}");
            assert!(label.chars().all(|one| one.is_ascii_lowercase() || one == '_'), "{line}");
            assert!(names.insert(label.to_owned()), "a label twice: {line}");
        }
        assert_eq!(names.remove("le"), suffix == "_bucket", "{line}");
        let earlier = self.samples.keys().any(|known| known.starts_with(&format!("{current}{suffix}")));
        assert!(family.labels == names || !earlier, "labels differ from those of other series: {line}");
        family.labels = names;
        assert!(self.samples.insert(series.to_owned(), value).is_none(), "twice: {line}");
    }

    /// Buckets rise in bound and count; the last one is the count.
    fn check_histograms(&self) {
        let mut buckets: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (series, count) in &self.samples {
            let Some((name, labels)) = series.split_once("_bucket{") else { continue };
            let (rest, bound) = labels.strip_suffix("\"}").unwrap().rsplit_once("le=\"").unwrap();
            assert!(bound == "+Inf" || bound.contains('.'), "a bound is written with a point: {series}");
            let bound: f64 = bound.parse().unwrap();
            let rest = rest.trim_end_matches(',');
            let labels = if rest.is_empty() { String::new() } else { format!("{{{rest}}}") };
            buckets.entry(format!("{name}_count{labels}")).or_default().push((bound, *count));
        }
        let counts = self.samples.keys().filter(|series| series.split('{').next().unwrap().ends_with("_count"));
        assert_eq!(counts.count(), buckets.len(), "a count for each histogram");
        for (count, mut buckets) in buckets {
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert_eq!(buckets.len(), 20, "{count}");
            assert!(buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1), "{count} {buckets:?}");
            assert_eq!(buckets.last(), Some(&(f64::INFINITY, self.samples[&count])), "{count}");
            assert!(self.samples.contains_key(&count.replace("_count", "_sum")), "{count}");
        }
    }

    /// The value of a series of the registry; its prefix is left out.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        self.samples.get(&format!("eurus_registry_{series}")).copied()
    }
}
