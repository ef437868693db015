//! How instances are chosen.

use std::collections::HashMap;

use crate::rule::RuleName;

/// The rule of each service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalancingConfig {
    /// Of services that have none of their own.
    pub rule: RuleName,
    /// By upper-case name of a service.
    pub rules: HashMap<String, RuleName>,
}

impl BalancingConfig {
    /// Of a service, by its upper-case name.
    pub(crate) fn rule_of(&self, service: &str) -> RuleName {
        self.rules.get(service).copied().unwrap_or(self.rule)
    }
}
