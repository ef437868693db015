//! The command line.

mod downline;
mod gateway;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::measure::Shape;
pub(crate) use downline::{DownlineArguments, DownlineSettings};
pub(crate) use gateway::{GatewayArguments, GatewaySettings};

/// Instances at most: the ids' addresses have 24 bits, and the stock server is slow with more.
const INSTANCES_MAX: u64 = 100_000;
const ROUNDS: RangeInclusive<u64> = 1..=100;
const SECONDS: RangeInclusive<f64> = 0.2..=600.0;

/// Side-by-side benchmarks: servers in turn on this machine, under the same load.
#[derive(Parser)]
#[command(name = "bench", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) benchmark: Benchmark,
}

#[derive(Subcommand)]
pub(crate) enum Benchmark {
    /// This registry, a stock Java Eureka server, and nginx serving the same bytes as files.
    ///
    /// Needs a JDK 17, Maven (the first time) and nginx. The table goes to stdout, progress to stderr. Exit code 1: a
    /// server failed or did not answer with 2xx; 130: interrupted.
    Registry(RegistryArguments),
    /// From `POST /offline` to the last gateway's acknowledgement, and to the last request begun; beside a stock chain.
    ///
    /// Needs a JDK 17 and Maven (the first time) for the stock chain, unless --no-java. The table goes to stdout, progress
    /// to stderr. Exit code 1: a request failed, one reached an instance after the answer that it was taken out, or an
    /// offline was not done by all gateways; 130: interrupted.
    Downline(DownlineArguments),
    /// What a request through the gateway costs, beside nginx, haproxy and Spring Cloud Gateway in front of the same
    /// instances.
    ///
    /// Needs nginx, haproxy and wrk, and a JDK 17 and Maven (the first time) for Spring Cloud Gateway, unless --no-java. The
    /// table goes to stdout, progress to stderr. Exit code 1: a request failed; 130: interrupted.
    Gateway(GatewayArguments),
}

#[derive(clap::Args)]
pub(crate) struct RegistryArguments {
    /// Numbers of registered instances, over 100 applications [default: 1000,10000; with --quick 1000]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=INSTANCES_MAX))]
    instances: Vec<u64>,
    /// How often every server is measured; the table has medians [default: 3; with --quick 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(ROUNDS))]
    rounds: Option<u64>,
    /// Length of one measurement [default: 3; with --quick 1]
    #[arg(long, value_parser = seconds)]
    seconds: Option<f64>,
    /// Keep-alive connections
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    connections: u64,
    /// Threads of the load generator [default: half of the cores, at least 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=256))]
    threads: Option<u64>,
    /// A registry binary to measure [default: built with the profile `dist`]
    #[arg(long, value_name = "PATH")]
    registry: Option<PathBuf>,
    /// Also write every sample to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Two minutes, to try it: 1,000 instances, one round of one second
    #[arg(long)]
    quick: bool,
}

/// What to do, with all defaults filled in.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) instances: Vec<usize>,
    pub(crate) rounds: usize,
    pub(crate) shape: Shape,
    pub(crate) registry: Option<PathBuf>,
}

impl RegistryArguments {
    /// `cores`: of this machine.
    pub(crate) fn settings(&self, cores: usize) -> Settings {
        let all: &[u64] = if self.quick { &[1_000] } else { &[1_000, 10_000] };
        let instances = if self.instances.is_empty() { all } else { &self.instances };
        Settings {
            instances: instances.iter().map(|number| to_usize(*number)).collect(),
            rounds: to_usize(self.rounds.unwrap_or(if self.quick { 1 } else { 3 })),
            shape: Shape {
                seconds: self.seconds.unwrap_or(if self.quick { 1.0 } else { 3.0 }),
                connections: to_usize(self.connections),
                threads: self.threads.map_or((cores / 2).max(1), to_usize),
            },
            registry: self.registry.clone(),
        }
    }
}

/// All numbers are bounded far below where this would matter.
fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if SECONDS.contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("{seconds} is not in {}..={}", SECONDS.start(), SECONDS.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &[&str], cores: usize) -> Settings {
        let all = ["bench", "registry"].iter().chain(arguments);
        match Arguments::try_parse_from(all).map_err(|error| error.to_string()).unwrap().benchmark {
            Benchmark::Registry(registry) => registry.settings(cores),
            Benchmark::Downline(_) | Benchmark::Gateway(_) => panic!("another benchmark"),
        }
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let plain = settings(&[], 2);
        assert_eq!((plain.instances, plain.rounds, plain.shape.threads), (vec![1_000, 10_000], 3, 1));
        let quick = settings(&["--quick"], 16);
        assert_eq!((quick.instances, quick.rounds, quick.shape.threads), (vec![1_000], 1, 8));
        let own = settings(&["--quick", "--rounds", "2", "--instances", "50,70", "--seconds", "0.5"], 1);
        assert_eq!((own.instances, own.rounds, own.shape.threads), (vec![50, 70], 2, 1));
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in
            [["--instances", "0"], ["--rounds", "0"], ["--seconds", "NaN"], ["--seconds", "0"], ["--threads", "0"]]
        {
            assert!(Arguments::try_parse_from(["bench", "registry"].iter().chain(&wrong)).is_err(), "{wrong:?}");
        }
    }
}
