//! One node as a process of its own: `eurus harness node registry …`, which a run starts for `program: eurus`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use eurus_gateway::{DataListeners, GatewayConfig, GatewayListeners};
use eurus_registry::RegistryConfig;
use eurus_service::logging::LogSettings;
use eurus_service::properties::Sources;
use eurus_service::{Clock, ConfigError, Properties, Shutdown};
use eurus_sync_speed::SyncSpeedConfig;

use crate::Failure;
use crate::stack::bind;
use crate::tie::when_input_ends;

/// A node writes a log where it is told into which file.
const LOG_FILE: &str = "logging.file.name";

/// Which node, where, with which settings.
#[derive(clap::Args, Clone, Debug)]
pub struct NodeArgs {
    /// What it is
    #[arg(value_enum)]
    pub kind: NodeKind,
    /// Where it listens
    #[arg(long, value_name = "IP:PORT")]
    pub at: SocketAddr,
    /// Where a gateway's admin API listens
    #[arg(long, value_name = "IP:PORT", required_if_eq("kind", "gateway"))]
    pub admin_at: Option<SocketAddr>,
    /// Where sync-speed keeps its database
    #[arg(long, value_name = "DIR", required_if_eq("kind", "sync-speed"))]
    pub data: Option<PathBuf>,
    /// How far its clock is ahead, milliseconds
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub ahead_ms: i64,
    /// Service URL of a registry that it follows; several in their order
    #[arg(long = "registry", value_name = "URL")]
    pub registries: Vec<String>,
    /// A property of the product
    #[arg(long = "setting", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// End at once when standard input does: whoever started it is gone
    #[arg(long)]
    pub until_stdin_closes: bool,
}

/// What a node can be.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A registry.
    Registry,
    /// A gateway.
    Gateway,
    /// sync-speed.
    SyncSpeed,
}

impl NodeKind {
    /// As the command line writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Gateway => "gateway",
            Self::SyncSpeed => "sync-speed",
        }
    }
}

/// Runs it until SIGTERM or Ctrl-C.
///
/// # Errors
/// A setting that it refuses; what it ended with.
pub async fn run(arguments: NodeArgs) -> Result<(), Failure> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    if arguments.until_stdin_closes {
        let shutdown = shutdown.clone();
        // Nobody is there any more to whom a goodbye would matter.
        when_input_ends(move || shutdown.abort())?;
    }
    let clock = Clock::system().ahead_by_ms(arguments.ahead_ms);
    let words = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let refused = |error: ConfigError| Failure::new(error.to_string());
    let settings = arguments.settings.iter().map(|setting| split(setting)).collect::<Result<Vec<_>, _>>()?;
    let properties = properties(arguments.kind, &settings).map_err(refused)?;
    if properties.string(LOG_FILE).is_some() {
        LogSettings::from_properties(&properties, Path::new(""))
            .and_then(|log| log.without_console().start())
            .map_err(refused)?;
    }
    let listener = bind(arguments.at)?.0;
    match arguments.kind {
        NodeKind::Registry => {
            let config = RegistryConfig::from_properties(&properties).map_err(refused)?;
            eurus_registry::run(config, listener, clock, shutdown).await.map_err(|error| words(&error))
        }
        NodeKind::Gateway => {
            let mut config = GatewayConfig::from_properties(&properties).map_err(refused)?;
            config.service_urls = arguments.registries;
            let admin_at = arguments.admin_at.ok_or_else(|| Failure::new("--admin-at is missing"))?;
            let data = DataListeners::plain(vec![listener.try_clone()?, listener]);
            let listeners = GatewayListeners { data, admin: bind(admin_at)?.0 };
            eurus_gateway::run(config, listeners, clock, shutdown).await.map_err(|error| words(&error))
        }
        NodeKind::SyncSpeed => {
            let folder = arguments.data.ok_or_else(|| Failure::new("--data is missing"))?;
            let mut config = SyncSpeedConfig::from_properties(&properties, folder).map_err(refused)?;
            config.eureka.service_urls = arguments.registries;
            eurus_sync_speed::run(config, listener, clock, shutdown).await.map_err(|error| words(&error))
        }
    }
}

/// A node's properties, wherever it runs: what a scenario says, above what the harness needs.
pub(super) fn properties(kind: NodeKind, settings: &[(String, String)]) -> Result<Properties, ConfigError> {
    let defaults: &[(&str, &str)] = match kind {
        NodeKind::Registry | NodeKind::Gateway => &[],
        NodeKind::SyncSpeed => {
            &[("eurus.sync-speed.apps", "*"), ("eurus.sync-speed.default-gateway-group", "EURUS-GATEWAY")]
        }
    };
    let defaults = defaults.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let sources = Sources { defaults, flags: settings.to_vec(), ..Sources::default() };
    Properties::layered(sources).map(|(properties, _)| properties)
}

fn split(setting: &str) -> Result<(String, String), Failure> {
    let halves = setting.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    halves.ok_or_else(|| Failure::new(format!("--setting {}: expected KEY=VALUE", setting.escape_debug())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_split_at_its_first_sign() {
        assert_eq!(split("a.b=c=d").unwrap(), ("a.b".to_owned(), "c=d".to_owned()));
        assert!(split("a.b").unwrap_err().to_string().contains("expected KEY=VALUE"));
    }

    #[test]
    fn a_word_is_what_the_command_line_takes() {
        use clap::ValueEnum as _;
        for kind in NodeKind::value_variants() {
            assert_eq!(NodeKind::from_str(kind.word(), false), Ok(*kind));
        }
    }
}
