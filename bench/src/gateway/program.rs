//! The programs that are compared.

use serde::Serialize;

/// Whose figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Program {
    /// What all are measured by.
    Nginx,
    Haproxy,
    SpringCloudGateway,
    Ours,
    /// With a line in the access log for each request.
    OursLogging,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::SpringCloudGateway => "Spring Cloud Gateway",
            Self::Ours => "ours",
            Self::OursLogging => "ours, access log",
        }
    }

    /// Spring Cloud Gateway would have to be another process for it: it has one port.
    pub(crate) fn speaks_tls(self) -> bool {
        self != Self::SpringCloudGateway
    }

    /// Those that take their turns between nginx's.
    pub(crate) fn compared(with_java: bool) -> Vec<Self> {
        let all = [Self::Haproxy, Self::SpringCloudGateway, Self::Ours, Self::OursLogging];
        all.into_iter().filter(|program| with_java || *program != Self::SpringCloudGateway).collect()
    }
}
