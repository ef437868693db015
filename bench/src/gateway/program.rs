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
    /// With routes, the one that is asked for behind all others.
    OursTenRoutes,
    OursTenThousandRoutes,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::SpringCloudGateway => "Spring Cloud Gateway",
            Self::Ours => "ours",
            Self::OursLogging => "ours, access log",
            Self::OursTenRoutes => "ours, 10 routes",
            Self::OursTenThousandRoutes => "ours, 10,000 routes",
        }
    }

    /// Spring Cloud Gateway would have to be another process for it: it has one port.
    pub(crate) fn speaks_tls(self) -> bool {
        self != Self::SpringCloudGateway
    }

    /// Those that take their turns between nginx's.
    pub(crate) fn compared(with_java: bool, with_routes: bool) -> Vec<Self> {
        let all = [Self::Haproxy, Self::SpringCloudGateway, Self::Ours, Self::OursLogging];
        let routed = [Self::OursTenRoutes, Self::OursTenThousandRoutes].into_iter().filter(|_| with_routes);
        all.into_iter().filter(|program| with_java || *program != Self::SpringCloudGateway).chain(routed).collect()
    }

    pub(crate) fn is_ours(self) -> bool {
        !matches!(self, Self::Nginx | Self::Haproxy | Self::SpringCloudGateway)
    }

    /// How many routes it has; `None`: it has its locator alone.
    pub(crate) fn routes(self) -> Option<usize> {
        match self {
            Self::OursTenRoutes => Some(10),
            Self::OursTenThousandRoutes => Some(10_000),
            _ => None,
        }
    }
}
