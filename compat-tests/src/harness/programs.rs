//! Which programs a run starts for nodes that are processes of their own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::Failure;

/// Programs by path.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// What `program: eurus` starts, with its first arguments; `None`: this program as `eurus harness node`.
    pub eurus: Option<(PathBuf, Vec<OsString>)>,
    /// Where the jars of Java nodes are, one folder a module as Maven makes them; `None`: where `compat-tests/java` builds them.
    pub java: Option<PathBuf>,
}

/// The folder with the modules' jars, where no flag says it.
pub const JAVA_ENVIRONMENT: &str = "EURUS_HARNESS_JAVA";

impl Programs {
    pub(super) fn eurus_command(&self) -> Result<Command, Failure> {
        let Some((program, arguments)) = &self.eurus else {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["harness", "node"]);
            return Ok(command);
        };
        let mut command = Command::new(program);
        command.args(arguments);
        Ok(command)
    }

    /// The folder of the Java modules.
    pub(super) fn java_folder(&self) -> PathBuf {
        let built = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/java"));
        let said = || std::env::var_os(JAVA_ENVIRONMENT).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        self.java.clone().or_else(said).unwrap_or_else(built)
    }
}
