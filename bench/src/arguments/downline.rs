//! The command line of `bench downline`.

use std::path::PathBuf;

/// Gateways at most: each is a process.
const GATEWAYS_MAX: u64 = 200;
/// Instances at least: those that are called.
const INSTANCES: std::ops::RangeInclusive<u64> = 4..=100_000;

#[derive(clap::Args)]
pub(crate) struct DownlineArguments {
    /// Numbers of gateways [default: 1,10,50; with --quick 1,10]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=GATEWAYS_MAX))]
    gateways: Vec<u64>,
    /// Numbers of registered instances, 4 of them called [default: 100,10000; with --quick 100]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(INSTANCES))]
    instances: Vec<u64>,
    /// Offlines of each kind: that many without a load, that many under load [default: 200; with --quick 40]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    offlines: Option<u64>,
    /// Requests per second under load, over all gateways
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=50_000))]
    rate: u64,
    /// Leave the stock chain out (Java Eureka server, Spring Cloud Gateway): no Java is needed
    #[arg(long)]
    no_java: bool,
    /// How often an instance is taken out of the stock chain
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u64).range(1..=100))]
    java_tries: u64,
    /// A folder with eurus-registry, eurus-gateway and eurus-sync-speed [default: built with the profile dist]
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
    /// Where sync-speed's database is, so that its disk is the one that is measured [default: the temporary folder]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Also write every sample to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// A minute, to try it: 1 and 10 gateways, 100 instances, 40 offlines, no Java
    #[arg(long)]
    quick: bool,
}

/// What to do, with all defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DownlineSettings {
    pub(crate) gateways: Vec<usize>,
    pub(crate) instances: Vec<usize>,
    pub(crate) offlines: usize,
    pub(crate) per_second: f64,
    /// `None`: the stock chain is left out.
    pub(crate) java_tries: Option<usize>,
    pub(crate) binaries: Option<PathBuf>,
    pub(crate) data: PathBuf,
}

impl DownlineArguments {
    pub(crate) fn settings(&self) -> DownlineSettings {
        let (gateways, instances): (&[u64], &[u64]) =
            if self.quick { (&[1, 10], &[100]) } else { (&[1, 10, 50], &[100, 10_000]) };
        DownlineSettings {
            gateways: given_or(&self.gateways, gateways),
            instances: given_or(&self.instances, instances),
            offlines: super::to_usize(self.offlines.unwrap_or(if self.quick { 40 } else { 200 })),
            per_second: self.rate as f64,
            java_tries: (!self.no_java && !self.quick).then(|| super::to_usize(self.java_tries)),
            binaries: self.binaries.clone(),
            data: self.data.clone().unwrap_or_else(std::env::temp_dir),
        }
    }
}

fn given_or(given: &[u64], otherwise: &[u64]) -> Vec<usize> {
    let numbers = if given.is_empty() { otherwise } else { given };
    numbers.iter().map(|number| super::to_usize(*number)).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Benchmark};

    fn settings(arguments: &[&str]) -> Option<DownlineSettings> {
        let all = ["bench", "downline"].iter().chain(arguments);
        match Arguments::try_parse_from(all).ok()?.benchmark {
            Benchmark::Downline(downline) => Some(downline.settings()),
            _ => None,
        }
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let plain = settings(&[]).unwrap();
        assert_eq!((plain.gateways, plain.instances, plain.offlines), (vec![1, 10, 50], vec![100, 10_000], 200));
        assert_eq!(plain.java_tries, Some(14));
        let quick = settings(&["--quick", "--gateways", "3", "--offlines", "5"]).unwrap();
        assert_eq!((quick.gateways, quick.instances, quick.offlines), (vec![3], vec![100], 5));
        assert_eq!(quick.java_tries, None);
        assert_eq!(settings(&["--no-java"]).unwrap().java_tries, None);
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [["--gateways", "0"], ["--instances", "3"], ["--offlines", "0"], ["--rate", "0"]] {
            assert_eq!(settings(&wrong), None, "{wrong:?}");
        }
    }
}
