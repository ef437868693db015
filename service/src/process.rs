//! What the four `main`s share: arguments, properties, logs, signals, one clear line and an exit code when it fails.

use std::error::Error;
use std::fmt::Display;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::logging::{self, EXIT_TARGET, LogSettings};
use crate::properties::{ConfigError, Files, Notices, Properties, Rereading, Sources};
use crate::{Clock, Shutdown, keys, open_files};

/// Exit code when the configuration is wrong.
const EXIT_CONFIG: u8 = 2;
/// Exit code when it started and failed.
const EXIT_FAILED: u8 = 1;
const DATA_DIR_KEY: &str = "eurus.data-dir";

/// Arguments that all binaries take. Properties come beside them as `--name=value`.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// Folder of databases and logs [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file or folder [default: application.yml, application.properties, also in config/]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print every known property, its default and meaning
    #[arg(long)]
    pub help_properties: bool,
}

/// The lines of `--help` that clap cannot know.
pub const PROPERTIES_HELP: &str = "\
Any property can be given as --name=value (--server.port=9761), as an environment variable
(SERVER_PORT=9761, EUREKA_SERVER_RESPONSECACHEUPDATEINTERVALMS=1000) or in application.yml or .properties.
Order, strongest first: flags, environment, files, defaults. --help-properties lists all of them.";

/// What a service is started with.
pub struct Started {
    /// All settings.
    pub properties: Properties,
    /// Where they came from, to read them again.
    pub rereading: Rereading,
    /// Where databases go; it exists and can be written.
    pub data_dir: PathBuf,
    /// Where the log goes.
    pub log_file: PathBuf,
    /// Real time.
    pub clock: Clock,
    /// Triggered by Ctrl-C and SIGTERM.
    pub shutdown: Shutdown,
}

/// Properties from the command line: name and value.
pub type PropertyFlags = Vec<(String, String)>;

/// Whatever ends a process.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// How a process differs from the others.
pub struct Process {
    /// The name in error lines.
    pub name: &'static str,
    /// Properties below all that the user says.
    pub defaults: Vec<(String, String)>,
    /// Whether log lines also go to the terminal.
    pub log_to_console: bool,
}

/// Splits `--some.property=value` from the arguments that clap knows.
///
/// # Errors
/// [`ConfigError`] for a property without `=value`.
pub fn split_properties(arguments: impl Iterator<Item = String>) -> Result<(Vec<String>, PropertyFlags), ConfigError> {
    let mut plain = Vec::new();
    let mut properties = Vec::new();
    for argument in arguments {
        let name = argument.strip_prefix("--").unwrap_or_default();
        let key = name.split('=').next().unwrap_or_default();
        if !key.contains('.') {
            plain.push(argument);
        } else if let Some((key, value)) = name.split_once('=') {
            properties.push((key.to_owned(), value.to_owned()));
        } else {
            return Err(ConfigError::other(format!("--{name} needs a value: write --{name}=VALUE")));
        }
    }
    Ok((plain, properties))
}

/// Parses the arguments, or prints what is wrong (or the help asked for) and says how to exit.
///
/// # Errors
/// The exit code.
pub fn parse_arguments<P: clap::Parser>(name: &str) -> Result<(P, PropertyFlags), ExitCode> {
    let (plain, properties) = split_properties(std::env::args()).map_err(|error| fail(name, &error, EXIT_CONFIG))?;
    match P::try_parse_from(plain) {
        Ok(parsed) => Ok((parsed, properties)),
        Err(error) => {
            // Printing help to a closed pipe is no error worth telling.
            let _ = error.print();
            Err(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(EXIT_CONFIG)))
        }
    }
}

impl Process {
    /// One service in a process of its own: no defaults but the service's, log lines on the terminal too.
    pub fn alone(name: &'static str) -> Self {
        Self { name, defaults: Vec::new(), log_to_console: true }
    }

    /// Reads the configuration, starts logs and signals, runs the service until it ends.
    pub fn run<F, R, E>(self, common: &CommonArgs, flags: PropertyFlags, service: F) -> ExitCode
    where
        F: FnOnce(Started) -> R,
        R: Future<Output = Result<(), E>>,
        E: Into<BoxError>,
    {
        if common.help_properties {
            return print_properties();
        }
        let name = self.name;
        let (started, notices) = match self.prepare(common, flags) {
            Ok(prepared) => prepared,
            Err(error) => return fail(name, &error, EXIT_CONFIG),
        };
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return fail(name, &error, EXIT_FAILED),
        };
        let ended = runtime.block_on(async {
            started.shutdown.on_signals()?;
            report(&notices);
            raise_open_files();
            service(started).await.map_err(Into::into)
        });
        if let Err(error) = &ended {
            log::error!(target: EXIT_TARGET, "{error}");
        }
        logging::flush();
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let code = if error.is::<ConfigError>() { EXIT_CONFIG } else { EXIT_FAILED };
                fail(name, &error, code)
            }
        }
    }

    fn prepare(self, common: &CommonArgs, flags: PropertyFlags) -> Result<(Started, Notices), ConfigError> {
        let sources = sources(common, self.defaults, flags)?;
        let rereading = Rereading::new(sources.clone());
        let (properties, notices) = Properties::layered(sources)?;
        let data_dir = properties.string(DATA_DIR_KEY).map_or_else(|| PathBuf::from("data"), PathBuf::from);
        require_writable(&data_dir)?;
        let logs = LogSettings::from_properties(&properties, &data_dir)?;
        let logs = if self.log_to_console { logs } else { logs.without_console() };
        logs.start()?;
        let log_file = logs.file().to_owned();
        let (clock, shutdown) = (Clock::system(), Shutdown::new());
        Ok((Started { properties, rereading, data_dir, log_file, clock, shutdown }, notices))
    }
}

fn sources(
    common: &CommonArgs,
    defaults: Vec<(String, String)>,
    mut flags: PropertyFlags,
) -> Result<Sources, ConfigError> {
    if let Some(dir) = &common.data_dir {
        flags.push((DATA_DIR_KEY.to_owned(), dir.display().to_string()));
    }
    Ok(Sources { defaults, files: Files::Disk, only_file: common.config.clone(), environment: environment()?, flags })
}

/// A variable that is no text cannot be one of ours.
fn environment() -> Result<Vec<(String, String)>, ConfigError> {
    let variables = std::env::vars_os().map(|(name, value)| (name.into_string(), value.into_string()));
    let is_ours = |name: &str| name.starts_with("EUREKA_") || name.starts_with("EURUS_");
    let mut environment = Vec::new();
    for variable in variables {
        match variable {
            (Ok(name), Ok(value)) => environment.push((name, value)),
            (Ok(name), Err(_)) if is_ours(&name) => {
                return Err(ConfigError::other(format!("the environment variable {name} is not UTF-8 text")));
            }
            _ => {}
        }
    }
    Ok(environment)
}

fn report(notices: &Notices) {
    log::info!("{}", notices.found);
    for warned in &notices.warned {
        log::warn!("{}", warned.replace(char::is_control, " "));
    }
    if !notices.ignored.is_empty() {
        log::info!(
            "settings without a meaning here, ignored: {}",
            notices.ignored.join(", ").replace(char::is_control, " ")
        );
    }
    if !notices.of_replication.is_empty() {
        let keys = notices.of_replication.join(", ");
        log::info!("settings that take effect once registries replicate to each other, without effect now: {keys}");
    }
}

/// A service without it serves too, but fewer.
fn raise_open_files() {
    match open_files::raise_to_most() {
        Ok(limit) => log::debug!("open files: {limit} at most"),
        Err(error) => {
            let limit = open_files::limit();
            log::warn!(
                "the limit of open files stays at {limit}, each connection is one: {error}; set LimitNOFILE or ulimit -n"
            );
        }
    }
}

fn print_properties() -> ExitCode {
    match std::io::stdout().write_all(keys::page().as_bytes()) {
        // Whoever reads the first lines only, as `head` does, has had enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(EXIT_FAILED),
        _ => ExitCode::SUCCESS,
    }
}

fn require_writable(dir: &Path) -> Result<(), ConfigError> {
    let probe = dir.join(".eurus-can-write");
    let attempt = std::fs::create_dir_all(dir)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe));
    attempt.map_err(|error| {
        ConfigError::file(dir, &format!("the data folder cannot be written ({error}); choose another with --data-dir"))
    })
}

/// Prints the one line.
#[allow(clippy::print_stderr)]
fn fail(name: &str, error: &dyn Display, code: u8) -> ExitCode {
    eprintln!("{name}: {error}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(arguments: &[&str]) -> Result<(Vec<String>, PropertyFlags), ConfigError> {
        split_properties(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn properties_are_told_from_flags_by_their_dot() {
        let (plain, properties) = split(&["eurus", "--data-dir", "x.y", "--server.port=1", "demo"]).unwrap();
        assert_eq!(plain, ["eurus", "--data-dir", "x.y", "demo"]);
        assert_eq!(properties, [("server.port".to_owned(), "1".to_owned())]);
        assert!(split(&["--data-dir=/a.b"]).unwrap().1.is_empty());
        assert!(split(&["--server.port"]).unwrap_err().to_string().contains("--server.port=VALUE"));
    }
}
