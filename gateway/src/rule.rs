//! How one of several endpoints is chosen. One rule per file.

pub(crate) mod least_connections;
pub(crate) mod round_robin;

use std::sync::Arc;

use crate::endpoint::Endpoint;
use least_connections::LeastConnections;
use round_robin::RoundRobin;

/// A balancing rule. It keeps its own state and is shared by all threads; it outlives the snapshots of its service.
pub(crate) trait Rule: Send + Sync {
    /// What it is called.
    fn name(&self) -> RuleName;

    /// Chooses among the candidates that are acceptable. `None` only when there is none, and then it is as if it had not
    /// been asked. To be asked for one choice a try: a rule counts its choices, and one that is thrown away shifts the load.
    fn choose(&self, candidates: &[Arc<Endpoint>], is_acceptable: &dyn Fn(&Endpoint) -> bool) -> Option<Arc<Endpoint>>;
}

/// The rules that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleName {
    /// In turn.
    #[default]
    RoundRobin,
    /// Of two at random the one with fewer requests under way.
    LeastConnections,
}

impl RuleName {
    /// All of them, as they are written, and as Ribbon calls what is the same or nearest to it.
    const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::RoundRobin, "round-robin", "com.netflix.loadbalancer.RoundRobinRule"),
        (Self::LeastConnections, "least-connections", "com.netflix.loadbalancer.BestAvailableRule"),
    ];

    /// As a configuration writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(rule, ..)| rule)
    }

    /// As Ribbon's configuration writes it.
    pub(crate) fn of_ribbon(class: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(.., name)| *name == class).map(|(rule, ..)| rule)
    }

    /// As a configuration writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round-robin",
            Self::LeastConnections => "least-connections",
        }
    }

    /// A new rule, for one service.
    pub(crate) fn rule(self) -> Arc<dyn Rule> {
        match self {
            Self::RoundRobin => Arc::new(RoundRobin::default()),
            Self::LeastConnections => Arc::new(LeastConnections),
        }
    }
}
