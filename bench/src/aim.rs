//! What this registry aims at, as ratios.

use crate::operation::Operation;
use crate::servers::Kind;
use crate::statistics::Figure;

/// Heartbeats: processor time over that of nginx answering without a file.
const HEARTBEAT_OVER_NGINX_MAX: f64 = 2.0;
/// Large lists: processor time over that of nginx serving the same bytes with `sendfile`.
const LISTS_OVER_NGINX_MAX: f64 = 1.3;
/// Java's p99 over ours at the same offered rate.
pub(crate) const P99_MIN: Aim = Aim::AtLeast(20.0);
/// Java's resident memory over ours, nothing registered.
pub(crate) const IDLE_MIN: Aim = Aim::AtLeast(20.0);
/// The same after all load.
pub(crate) const LOADED_MIN: Aim = Aim::AtLeast(10.0);
/// From start to first answer, in ms.
pub(crate) const STARTED_MS_MAX: Aim = Aim::AtMost(50.0);

/// A bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

impl Aim {
    /// Java's processor time over ours.
    pub(crate) fn java_over_ours(operation: Operation) -> Option<Self> {
        match operation {
            Operation::Heartbeat | Operation::Delta | Operation::OneApp | Operation::OneInstance => {
                Some(Self::AtLeast(20.0))
            }
            Operation::Register => Some(Self::AtLeast(15.0)),
            Operation::AppsGzip | Operation::AppsPlain => None,
        }
    }

    /// Our processor time over nginx's.
    pub(crate) fn ours_over(server: Kind, operation: Operation) -> Option<Self> {
        match (server, operation) {
            (Kind::Nginx, Operation::Heartbeat) => Some(Self::AtMost(HEARTBEAT_OVER_NGINX_MAX)),
            (Kind::Nginx, Operation::AppsGzip | Operation::AppsPlain) => Some(Self::AtMost(LISTS_OVER_NGINX_MAX)),
            _ => None,
        }
    }

    /// The bound and the verdict; nothing to say without a figure.
    pub(crate) fn verdict(self, figure: Option<Figure>) -> String {
        let (bound, met) = match self {
            Self::AtLeast(least) => (format!("≥ {least}"), figure.map(|figure| figure.median >= least)),
            Self::AtMost(most) => (format!("≤ {most}"), figure.map(|figure| figure.median <= most)),
        };
        match met {
            Some(true) => format!("{bound}: met"),
            Some(false) => format!("{bound}: **not met**"),
            None => format!("{bound}: not measured"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_go_by_the_median() {
        let figure = Figure::of([19.0, 21.0, 30.0]);
        assert_eq!(Aim::AtLeast(20.0).verdict(figure), "≥ 20: met");
        assert_eq!(Aim::AtLeast(21.5).verdict(figure), "≥ 21.5: **not met**");
        assert_eq!(Aim::AtMost(20.0).verdict(figure), "≤ 20: **not met**");
        assert_eq!(Aim::AtMost(21.0).verdict(figure), "≤ 21: met");
        assert_eq!(Aim::AtMost(21.0).verdict(None), "≤ 21: not measured");
    }
}
