//! Settings of all nodes of a kind, over whatever a seed says: as to switch a safeguard off.

use std::fmt;
use std::str::FromStr;

use super::super::scenario::Scenario;

const KINDS: [&str; 3] = ["registries", "gateways", "sync-speeds"];

/// `gateways:eurus.gateway.fetch-listener.enabled=false`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    kind: &'static str,
    key: String,
    value: String,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{}' is not of the form KIND:KEY=VALUE (KIND: {}), as gateways:eureka.client.disable-delta=true",
                text.escape_debug(),
                KINDS.join(", ")
            )
        };
        let (kind, setting) = text.split_once(':').ok_or_else(wrong)?;
        let (key, value) = setting.split_once('=').ok_or_else(wrong)?;
        let kind = KINDS.into_iter().find(|known| *known == kind).ok_or_else(wrong)?;
        if key.trim().is_empty() {
            return Err(wrong());
        }
        Ok(Self { kind, key: key.trim().to_owned(), value: value.trim().to_owned() })
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}={}", self.kind, self.key, self.value)
    }
}

impl Override {
    /// Every node of its kind has it from now on.
    pub(super) fn apply_to(&self, scenario: &mut Scenario) {
        let nodes = match self.kind {
            "registries" => &mut scenario.registries,
            "gateways" => &mut scenario.gateways,
            _ => &mut scenario.sync_speeds,
        };
        for part in nodes {
            part.settings.retain(|(key, _)| *key != self.key);
            part.settings.push((self.key.clone(), self.value.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_is_read_and_written_alike() {
        let text = "gateways:eurus.gateway.fetch-listener.enabled=false";
        assert_eq!(text.parse::<Override>().unwrap().to_string(), text);
        for wrong in ["", "gateways", "gateways:a", "nodes:a=b", "gateways:=b"] {
            assert!(wrong.parse::<Override>().unwrap_err().contains("KIND:KEY=VALUE"), "{wrong}");
        }
    }
}
