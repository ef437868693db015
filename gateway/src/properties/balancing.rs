//! `eurus.gateway.balancing.*`, and what Ribbon's users have written instead.

use std::collections::HashMap;

use eurus_service::properties::{ConfigError, Properties};

use crate::config::BalancingConfig;
use crate::rule::RuleName;

const RULE: &str = "eurus.gateway.balancing.rule";
const RULE_OF: &str = "eurus.gateway.balancing.rule-of";
/// Alone for all services, behind a service's name for that one.
const RIBBON: &str = "ribbon.NFLoadBalancerRuleClassName";
const RULES: &str = "round-robin or least-connections";
const CLASSES: &str = "com.netflix.loadbalancer.RoundRobinRule or com.netflix.loadbalancer.BestAvailableRule; else leave it \
     out and set eurus.gateway.balancing.rule or .rule-of.<service> to round-robin or least-connections";

/// Ours go before Ribbon's, a service's own before that of all. Names of services know no case.
pub(super) fn balancing(properties: &Properties) -> Result<BalancingConfig, ConfigError> {
    let rule = |key: &str| read(properties, key, RULES, RuleName::parse);
    let of_ribbon = |key: &str| read(properties, key, CLASSES, RuleName::of_ribbon);
    let mut rules = HashMap::new();
    for (service, key) in properties.of_services(RIBBON) {
        rules.extend(of_ribbon(&key)?.map(|rule| (service.to_uppercase(), rule)));
    }
    for service in properties.map(RULE_OF).into_keys() {
        rules.extend(rule(&format!("{RULE_OF}.{service}"))?.map(|rule| (service.to_uppercase(), rule)));
    }
    let by_ribbon = of_ribbon(RIBBON)?;
    Ok(BalancingConfig { rule: rule(RULE)?.or(by_ribbon).unwrap_or_default(), rules })
}

fn read(
    properties: &Properties,
    key: &str,
    allowed: &str,
    parse: impl Fn(&str) -> Option<RuleName>,
) -> Result<Option<RuleName>, ConfigError> {
    let Some(text) = properties.string(key) else { return Ok(None) };
    parse(&text).map(Some).ok_or_else(|| properties.invalid(key, allowed))
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn of(flags: &[(&str, &str)]) -> Result<BalancingConfig, ConfigError> {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        balancing(&Properties::layered(Sources { flags, ..Sources::default() })?.0)
    }

    #[test]
    fn a_services_own_rule_goes_before_that_of_all_and_ours_before_ribbons() {
        const ROUND_ROBIN: &str = "com.netflix.loadbalancer.RoundRobinRule";
        const BEST_AVAILABLE: &str = "com.netflix.loadbalancer.BestAvailableRule";
        type Flags<'a> = &'a [(&'a str, &'a str)];
        let table: [(Flags<'_>, RuleName); 9] = [
            (&[], RuleName::RoundRobin),
            (&[("eurus.gateway.balancing.rule", "least-connections")], RuleName::LeastConnections),
            (&[("eurus.gateway.balancing.rule-of.Orders", "least-connections")], RuleName::LeastConnections),
            (&[("eurus.gateway.balancing.rule-of.other", "least-connections")], RuleName::RoundRobin),
            (
                &[
                    ("eurus.gateway.balancing.rule", "least-connections"),
                    ("eurus.gateway.balancing.rule-of.orders", "round-robin"),
                ],
                RuleName::RoundRobin,
            ),
            (&[("ribbon.NFLoadBalancerRuleClassName", BEST_AVAILABLE)], RuleName::LeastConnections),
            (&[("orders.ribbon.NFLoadBalancerRuleClassName", BEST_AVAILABLE)], RuleName::LeastConnections),
            (
                &[
                    ("orders.ribbon.NFLoadBalancerRuleClassName", ROUND_ROBIN),
                    ("eurus.gateway.balancing.rule", "least-connections"),
                ],
                RuleName::RoundRobin,
            ),
            (
                &[
                    ("orders.ribbon.NFLoadBalancerRuleClassName", ROUND_ROBIN),
                    ("eurus.gateway.balancing.rule-of.ORDERS", "least-connections"),
                ],
                RuleName::LeastConnections,
            ),
        ];
        for (flags, expected) in table {
            assert_eq!(of(flags).unwrap().rule_of("ORDERS"), expected, "{flags:?}");
        }
    }

    #[test]
    fn an_unknown_rule_is_refused_with_its_key_and_what_there_is() {
        let table = [
            ("eurus.gateway.balancing.rule", "random", "round-robin or least-connections"),
            ("eurus.gateway.balancing.rule-of.orders", "Round-Robin", "round-robin or least-connections"),
            (
                "ribbon.NFLoadBalancerRuleClassName",
                "com.netflix.loadbalancer.RandomRule",
                "eurus.gateway.balancing.rule",
            ),
            ("orders.ribbon.NFLoadBalancerRuleClassName", "com.acme.Mine", ".rule-of.<service>"),
            ("eurus.gateway.balancing.rules", "round-robin", "eurus.gateway.balancing.rule"),
        ];
        for (key, value, allowed) in table {
            let error = of(&[(key, value)]).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains(allowed), "{error}");
        }
    }
}
