//! What is different in every seed's scenario: a setting of all nodes of a kind, or a step that comes on top. It switches a
//! safeguard off.

use std::fmt;
use std::str::FromStr;

use super::super::scenario::{Scenario, Step};

const KINDS: [&str; 3] = ["registries", "gateways", "sync-speeds"];

/// Everybody whom a seed may have.
const EVERYBODY: &str = "
name: everybody
length: 24h
registries: {registry-1: {}, registry-2: {}}
gateways:
  gateway-1: {registries: [registry-1]}
  gateway-2: {registries: [registry-1]}
  gateway-3: {registries: [registry-1]}
sync-speeds: {sync-speed-1: {registries: [registry-1]}}
producers:
  shop: {count: 4, registries: [registry-1]}
  cart: {count: 4, registries: [registry-1]}
  mail: {count: 4, registries: [registry-1]}
  newcomer: {registries: [registry-1]}
expect: []
";

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Override {
    /// `gateways:eurus.gateway.fetch-listener.enabled=false`.
    Setting {
        /// Of which nodes.
        kind: &'static str,
        /// The product's own property.
        key: String,
        /// Its value.
        value: String,
    },
    /// `{at: 95s, fault: {…}}`, as a scenario file writes it.
    Step(String),
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('{') {
            let everybody = Scenario::parse("everybody", EVERYBODY).map_err(|wrong| wrong.to_string())?;
            return Step::of(&everybody, text).map(|_| Self::Step(text.to_owned())).map_err(|wrong| wrong.to_string());
        }
        let wrong = || {
            format!(
                "'{}' is neither KIND:KEY=VALUE (KIND: {}), as gateways:eureka.client.disable-delta=true, nor a step, as \
                 {{at: 95s, kill: gateway-1}}",
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
        Ok(Self::Setting { kind, key: key.trim().to_owned(), value: value.trim().to_owned() })
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { kind, key, value } => write!(f, "{kind}:{key}={value}"),
            Self::Step(step) => f.write_str(step),
        }
    }
}

impl Override {
    /// It is so from now on: in every node of that kind; the step where those that it names are there.
    pub(super) fn apply_to(&self, scenario: &mut Scenario) {
        let (kind, key, value) = match self {
            Self::Setting { kind, key, value } => (kind, key, value),
            Self::Step(step) => {
                // It was read before: what is wrong can only be that somebody is not in this seed.
                scenario.steps.extend(Step::of(scenario, step).ok());
                scenario.steps.sort_by_key(|step| step.at_ms);
                return;
            }
        };
        let nodes = match *kind {
            "registries" => &mut scenario.registries,
            "gateways" => &mut scenario.gateways,
            _ => &mut scenario.sync_speeds,
        };
        for part in nodes {
            part.settings.retain(|(known, _)| known != key);
            part.settings.push((key.clone(), value.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_is_read_and_written_alike() {
        for text in ["gateways:eurus.gateway.fetch-listener.enabled=false", "{at: 95s, kill: gateway-3}"] {
            assert_eq!(text.parse::<Override>().unwrap().to_string(), text);
        }
        for wrong in ["", "gateways", "gateways:a", "nodes:a=b", "gateways:=b"] {
            assert!(wrong.parse::<Override>().unwrap_err().contains("KIND:KEY=VALUE"), "{wrong}");
        }
        let unknown = "{at: 95s, kill: gateway-9}".parse::<Override>().unwrap_err();
        assert!(unknown.contains("there is no node 'gateway-9'"), "{unknown}");
    }

    #[test]
    fn a_step_comes_where_everybody_is_there() {
        let step: Override = "{at: 95s, kill: gateway-3}".parse().unwrap();
        for seed in 1..20 {
            let mut scenario = super::super::scenario(seed);
            let (before, is_there) = (scenario.steps.len(), scenario.gateways.len() == 3);
            step.apply_to(&mut scenario);
            assert_eq!(scenario.steps.len(), before + usize::from(is_there));
        }
    }
}
