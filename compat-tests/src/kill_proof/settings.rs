//! What a proof is made of.

use std::path::PathBuf;

use crate::harness::Programs;

/// Where sync-speed keeps its journal.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// In its data folder: one sync-speed.
    Sqlite,
    /// A PostgreSQL server: two sync-speeds.
    Postgres,
    /// A MariaDB server: two sync-speeds.
    Mariadb,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often a sync-speed is killed: once a round.
    pub kills: u32,
    /// How often one of two sync-speeds stands still for longer than its claims hold: once a round, too.
    pub standstills: u32,
    /// Where chance begins.
    pub seed: u64,
    /// Where sync-speed keeps its journal.
    pub database: DatabaseKind,
    /// How many gateways.
    pub gateways: usize,
    /// How many instances.
    pub instances: usize,
    /// What is started as a node.
    pub programs: Programs,
    /// Where the nodes' logs are kept; `None`: nowhere.
    pub logs: Option<PathBuf>,
}

impl Settings {
    /// The whole proof: 100 kills, 10 gateways, 50 instances.
    pub fn whole(programs: Programs) -> Self {
        Self {
            kills: 100,
            standstills: 0,
            seed: 1,
            database: DatabaseKind::Sqlite,
            gateways: 10,
            instances: 50,
            programs,
            logs: None,
        }
    }

    /// Two of them share a database; one has its own.
    pub(super) fn sync_speeds(&self) -> usize {
        match self.database {
            DatabaseKind::Sqlite => 1,
            DatabaseKind::Postgres | DatabaseKind::Mariadb => 2,
        }
    }
}
