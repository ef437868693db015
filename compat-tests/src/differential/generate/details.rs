//! What only some clients say of themselves: a group, another health check, a data centre of Amazon's.

use serde_json::Value;

use super::Dice;

const DEFAULT_CLASS: &str = "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo";
const AMAZON_CLASS: &str = "com.netflix.appinfo.AmazonInfo";
const AMAZON: [(&str, &str); 4] = [
    ("instance-id", "i-0a1b2c"),
    ("availability-zone", "us-east-1c"),
    ("local-ipv4", "10.1.2.3"),
    ("public-hostname", "ec2-1-2-3-4.compute-1.amazonaws.com"),
];

/// Where an instance runs.
#[derive(Clone, Copy)]
pub(super) enum DataCenter {
    Own,
    Netflix,
    Amazon,
}

impl DataCenter {
    fn class(self) -> &'static str {
        if matches!(self, Self::Amazon) { AMAZON_CLASS } else { DEFAULT_CLASS }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Own => "MyOwn",
            Self::Netflix => "Netflix",
            Self::Amazon => "Amazon",
        }
    }

    /// Whether it names the instance.
    pub(super) fn has_id(self) -> bool {
        !self.metadata().is_empty()
    }

    fn metadata(self) -> &'static [(&'static str, &'static str)] {
        if matches!(self, Self::Amazon) { &AMAZON } else { &[] }
    }

    /// Amazon's without its name, which Java does not look for: it reads nothing that stands behind the metadata.
    pub(super) fn json(self) -> Value {
        let metadata = self.metadata().iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        match self {
            Self::Own | Self::Netflix => serde_json::json!({ "@class": self.class(), "name": self.name() }),
            Self::Amazon => serde_json::json!({ "@class": self.class(), "metadata": metadata.collect::<Value>() }),
        }
    }

    pub(super) fn xml(self) -> String {
        let entries = self.metadata().iter().map(|(name, value)| format!("<{name}>{value}</{name}>"));
        let entries: String = entries.collect();
        let metadata = if entries.is_empty() { entries } else { format!("<metadata>{entries}</metadata>") };
        format!(r#"<dataCenterInfo class="{}"><name>{}</name>{metadata}</dataCenterInfo>"#, self.class(), self.name())
    }
}

/// Fields of text that most clients leave out.
pub(super) type Details = Vec<(&'static str, &'static str)>;

impl Dice<'_> {
    pub(super) fn data_center(&mut self) -> DataCenter {
        match self.rng.u32(0..16) {
            0 => DataCenter::Netflix,
            1 | 2 => DataCenter::Amazon,
            _ => DataCenter::Own,
        }
    }

    pub(super) fn details(&mut self) -> Details {
        let all = [
            ("asgName", "~t~-group"),
            ("appGroupName", "~T~-GROUP"),
            ("secureHealthCheckUrl", "https://host:443/h?a=1&b=2"),
        ];
        all.into_iter().filter(|_| self.once_in(6)).collect()
    }
}
