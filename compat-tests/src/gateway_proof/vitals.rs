//! What the gateway's process, and its metrics, say of it.
#![allow(clippy::disallowed_methods)] // Reading /proc waits for no disk.

use std::collections::BTreeMap;

use crate::Failure;

/// Where a process is looked at.
fn of_process(pid: u32, what: &str) -> String {
    format!("/proc/{pid}/{what}")
}

/// Of a process, KiB.
pub(super) fn resident_kib(pid: u32) -> Result<u64, Failure> {
    let status = std::fs::read_to_string(of_process(pid, "status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.ok_or_else(|| Failure::new(format!("process {pid} does not say how much memory it has")))
}

/// File descriptors that it has open.
pub(super) fn descriptors(pid: u32) -> Result<usize, Failure> {
    Ok(std::fs::read_dir(of_process(pid, "fd"))?.count())
}

/// A scrape: value by series.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    pub(super) async fn of(admin: &str, http: &reqwest::Client) -> Result<Self, Failure> {
        Ok(Self::read(&http.get(format!("{admin}/metrics")).send().await?.text().await?))
    }

    fn read(text: &str) -> Self {
        let series = text.lines().filter(|line| !line.starts_with('#'));
        Self(
            series
                .filter_map(|line| line.rsplit_once(' '))
                .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
                .collect(),
        )
    }

    /// Of all series of this name, with this label's value if there is one.
    pub(super) fn sum(&self, name: &str, label: Option<&str>) -> u64 {
        let is_meant = |series: &str| match series.split_once('{') {
            Some((before, labels)) => before == name && label.is_none_or(|label| labels.contains(label)),
            None => series == name && label.is_none(),
        };
        // Whole numbers below 2^53.
        self.0.iter().filter(|(series, _)| is_meant(series)).map(|(_, value)| *value as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_added_up_by_name_and_label() {
        let text =
            "# HELP a_total x\na_total{class=\"2xx\",x=\"1\"} 5\na_total{class=\"5xx\"} 2\na_total_open 9\nopen 3\n";
        let metrics = Metrics::read(text);
        assert_eq!(metrics.sum("a_total", None), 7);
        assert_eq!(metrics.sum("a_total", Some("class=\"2xx\"")), 5);
        assert_eq!((metrics.sum("open", None), metrics.sum("none", None)), (3, 0));
    }

    #[test]
    fn this_process_has_memory_and_descriptors() {
        let pid = std::process::id();
        assert!(resident_kib(pid).unwrap() > 1_000);
        assert!(descriptors(pid).unwrap() > 2);
    }
}
