//! Logs by log4rs: console (stderr) and a rolling file, one configuration for all services.

mod background;
mod line_file;
mod whole_line;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use log::LevelFilter;
use log4rs::Config;
use log4rs::append::console::{ConsoleAppender, Target};
use log4rs::append::rolling_file::RollingFileAppender;
use log4rs::append::rolling_file::policy::compound::CompoundPolicy;
use log4rs::append::rolling_file::policy::compound::roll::fixed_window::FixedWindowRoller;
use log4rs::append::rolling_file::policy::compound::trigger::size::SizeTrigger;
use log4rs::config::{Appender, Logger, Root};
use log4rs::encode::Encode;
use log4rs::encode::pattern::PatternEncoder;

use crate::properties::{ConfigError, Properties};
use background::Background;
pub use line_file::LineFile;
use whole_line::WholeLine;

/// A log file is rolled when it has grown to this size.
const FILE_BYTES_MAX: u64 = 10 << 20;
/// Rolled files that are kept; the oldest goes first.
const FILES_KEPT: u32 = 5;
/// Log target of the line with which a process fails: to the file only.
pub(crate) const EXIT_TARGET: &str = "eurus_exit";
const LINE: &str = "{d(%Y-%m-%dT%H:%M:%S%.3f%:z)} {h({l:<5})} {t} - {m}{n}";

/// Where log lines go.
pub struct LogSettings {
    level: LevelFilter,
    file: PathBuf,
    console: bool,
}

impl LogSettings {
    /// From `logging.level.root`, `logging.file.name` and `logging.file.path`; the file defaults to `<data-dir>/logs/eurus.log`.
    ///
    /// # Errors
    /// [`ConfigError`] for an unknown level.
    pub fn from_properties(properties: &Properties, data_dir: &Path) -> Result<Self, ConfigError> {
        let level = properties
            .parsed("logging.level.root", "off, error, warn, info, debug or trace")?
            .unwrap_or(LevelFilter::Info);
        let folder = properties.string("logging.file.path").map_or_else(|| data_dir.join("logs"), PathBuf::from);
        let file = properties.string("logging.file.name").map_or_else(|| folder.join("eurus.log"), PathBuf::from);
        Ok(Self { level, file, console: true })
    }

    /// File only: for a command whose own output is on the terminal.
    #[must_use]
    pub fn without_console(mut self) -> Self {
        self.console = false;
        self
    }

    /// The log file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Starts logging for the whole process; to be called once.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be written.
    pub fn start(&self) -> Result<(), ConfigError> {
        let unwritable = |why: &dyn std::fmt::Display| {
            ConfigError::file(
                &self.file,
                &format!("the log file cannot be written ({why}); set logging.file.name or --data-dir"),
            )
        };
        let policy = rolling(&self.file, FILE_BYTES_MAX, FILES_KEPT).map_err(|error| unwritable(&error))?;
        let file = RollingFileAppender::builder()
            .encoder(Box::new(PatternEncoder::new(LINE)))
            .build(&self.file, Box::new(policy))
            .map_err(|error| unwritable(&error))?;
        let mut config = Config::builder().appender(Appender::builder().build("file", Box::new(in_background(file)?)));
        let mut root = Root::builder().appender("file");
        if self.console {
            let plain = PatternEncoder::new(LINE);
            // Colours are for a terminal; whoever collects lines gets each in one piece.
            let encoder: Box<dyn Encode> = match std::io::stderr().is_terminal() {
                true => Box::new(plain),
                false => Box::new(WholeLine(plain)),
            };
            let console = ConsoleAppender::builder().target(Target::Stderr).encoder(encoder).build();
            config = config.appender(Appender::builder().build("console", Box::new(in_background(console)?)));
            root = root.appender("console");
        }
        // The last line of a failed start goes to the terminal by itself, see `process`.
        let exit = Logger::builder().appender("file").additive(false).build(EXIT_TARGET, self.level);
        let config = quiet_libraries(config, self.level)
            .logger(exit)
            .build(root.build(self.level))
            .map_err(|error| ConfigError::other(format!("logging: {error}")))?;
        log4rs::init_config(config).map_err(|error| ConfigError::other(format!("logging: {error}")))?;
        Ok(())
    }
}

/// Rolled at a size, to so many numbered files beside it; the oldest goes first.
fn rolling(file: &Path, bytes_max: u64, files_kept: u32) -> anyhow::Result<CompoundPolicy> {
    let roller = FixedWindowRoller::builder().build(&format!("{}.{{}}", file.display()), files_kept)?;
    Ok(CompoundPolicy::new(Box::new(SizeTrigger::new(bytes_max)), Box::new(roller)))
}

fn in_background(appender: impl log4rs::append::Append) -> Result<Background, ConfigError> {
    Background::start(appender).map_err(|error| ConfigError::other(format!("logging: no thread: {error}")))
}

/// Lines of this process that were dropped because the log could not be written as fast as they came.
pub fn dropped_lines() -> u64 {
    background::dropped_lines()
}

/// Writes what is still queued: the last thing a process does.
pub(crate) fn flush() {
    log::logger().flush();
}

/// Libraries tell of every server start, worker and statement on `info`; of them only warnings are for an operator.
fn quiet_libraries(
    config: log4rs::config::runtime::ConfigBuilder,
    level: LevelFilter,
) -> log4rs::config::runtime::ConfigBuilder {
    let libraries = ["actix_server", "actix_web", "actix_http", "sqlx", "hyper", "hyper_util", "reqwest", "mio"];
    libraries
        .into_iter()
        .fold(config, |config, library| config.logger(Logger::builder().build(library, level.min(LevelFilter::Warn))))
        // A warning for each caller that asks for an address as for a host: ordinary, and as often as callers like.
        .logger(Logger::builder().build("rustls", level.min(LevelFilter::Error)))
        // One line for whatever anybody sends that is no HTTP, without an address: the services say themselves what matters.
        .logger(Logger::builder().build("actix_http::h1::dispatcher", LevelFilter::Off))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_library_says_a_line_for_whatever_a_caller_sends() {
        let config =
            quiet_libraries(Config::builder(), LevelFilter::Debug).build(Root::builder().build(LevelFilter::Debug));
        let config = config.unwrap();
        let level = |name: &str| config.loggers().iter().find(|logger| logger.name() == name).unwrap().level();
        assert_eq!(level("rustls"), LevelFilter::Error);
        assert_eq!(level("actix_http::h1::dispatcher"), LevelFilter::Off);
    }
}
