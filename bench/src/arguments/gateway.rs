//! The command line of the gateway's benchmark.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::to_usize;
use crate::gateway::{FLOODED, WORKLOADS, Workload};

/// Instances at most: the upstream listens on an address for each.
const INSTANCES: RangeInclusive<u64> = 1..=10_000;

#[derive(clap::Args)]
pub(crate) struct GatewayArguments {
    /// Numbers of instances, the first with all workloads, further ones with `small` [default: 4,1000; with --quick 4]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(INSTANCES))]
    instances: Vec<u64>,
    /// What is asked [default: all; with --quick small and post]
    #[arg(long, value_delimiter = ',')]
    workloads: Vec<Workload>,
    /// How often every program has its turn; the table has medians [default: 3; with --quick 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: Option<u64>,
    /// Length of one slice [default: 3; with --quick 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: Option<u64>,
    /// Leave Spring Cloud Gateway out: no Java is needed
    #[arg(long)]
    no_java: bool,
    /// How long Spring Cloud Gateway is warmed up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    java_warm_up: u64,
    /// A folder with eurus-registry, eurus-gateway and eurus-sync-speed [default: built with the profile dist]
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
    /// Also write every slice to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Also ours with 10 and with 10,000 routes, of which the last is asked for
    #[arg(long)]
    routes: bool,
    /// What others notice of floods: few callers without one, and beside each
    #[arg(long, conflicts_with_all = ["workloads", "quick"])]
    floods: bool,
    /// Half a minute, to try it: 4 instances, one round of a second, no Java
    #[arg(long)]
    quick: bool,
}

/// What to do, with all defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GatewaySettings {
    pub(crate) instances: Vec<usize>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
    /// `None`: Spring Cloud Gateway is left out.
    pub(crate) java_warm_s: Option<u64>,
    /// Whether ours is also measured with routes.
    pub(crate) with_routes: bool,
    pub(crate) binaries: Option<PathBuf>,
}

impl GatewayArguments {
    pub(crate) fn settings(&self) -> GatewaySettings {
        let (instances, workloads): (&[u64], &[Workload]) =
            if self.quick { (&[4], &[Workload::Small, Workload::Post]) } else { (&[4, 1_000], &WORKLOADS) };
        let (instances, workloads) = if self.floods { (&instances[..1], &FLOODED[..]) } else { (instances, workloads) };
        let instances = if self.instances.is_empty() { instances } else { &self.instances };
        let workloads = if self.workloads.is_empty() { workloads } else { &self.workloads };
        GatewaySettings {
            instances: instances.iter().map(|number| to_usize(*number)).collect(),
            workloads: workloads.to_vec(),
            rounds: to_usize(self.rounds.unwrap_or(if self.quick { 1 } else { 3 })),
            seconds: self.seconds.unwrap_or(if self.quick { 1 } else { 3 }),
            java_warm_s: (!self.no_java && !self.quick).then_some(self.java_warm_up),
            with_routes: self.routes,
            binaries: self.binaries.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Benchmark};

    fn settings(arguments: &[&str]) -> Option<GatewaySettings> {
        let all = ["bench", "gateway"].iter().chain(arguments);
        match Arguments::try_parse_from(all).ok()?.benchmark {
            Benchmark::Gateway(gateway) => Some(gateway.settings()),
            _ => None,
        }
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let plain = settings(&[]).unwrap();
        assert_eq!(
            (plain.instances, plain.workloads.len(), plain.rounds, plain.seconds),
            (vec![4, 1_000], WORKLOADS.len(), 3, 3)
        );
        assert_eq!(plain.java_warm_s, Some(60));
        assert!(!plain.with_routes && settings(&["--routes"]).unwrap().with_routes);
        let quick = settings(&["--quick", "--workloads", "large,new-connection"]).unwrap();
        assert_eq!((quick.instances, quick.workloads), (vec![4], vec![Workload::Large, Workload::NewConnection]));
        assert_eq!((quick.java_warm_s, settings(&["--no-java"]).unwrap().java_warm_s), (None, None));
    }

    #[test]
    fn floods_are_measured_alone() {
        let floods = settings(&["--floods", "--no-java"]).unwrap();
        assert_eq!((floods.instances, floods.workloads), (vec![4], FLOODED.to_vec()));
        assert_eq!(settings(&["--floods", "--quick"]), None);
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [["--instances", "0"], ["--workloads", "huge"], ["--rounds", "0"], ["--seconds", "0.5"]] {
            assert_eq!(settings(&wrong), None, "{wrong:?}");
        }
    }
}
