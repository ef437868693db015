//! Which programs a run starts for nodes that are processes of their own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// Programs by path.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// What `program: eurus` starts, with its first arguments; `None`: this program as `eurus harness node`.
    pub eurus: Option<(PathBuf, Vec<OsString>)>,
    /// Where the jars of Java nodes are, one folder a module as Maven makes them; `None`: what the
    /// environment says, else `compat-tests/java` in the working folder.
    pub java: Option<PathBuf>,
}

/// The folder with the modules' jars, where no flag says it.
pub const JAVA_ENVIRONMENT: &str = "EURUS_HARNESS_JAVA";
/// Where they are built, from the root of the sources.
const BUILT: &str = "compat-tests/java";

impl Programs {
    pub(crate) fn eurus_command(&self) -> Result<Command, Failure> {
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
    pub(super) fn java_folder(&self) -> Result<PathBuf, Failure> {
        let said = || std::env::var_os(JAVA_ENVIRONMENT).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        self.java.clone().or_else(said).map_or_else(|| built_below(Path::new("")), Ok)
    }
}

/// Where the modules are in a checkout of the sources, which is where the command was called.
fn built_below(here: &Path) -> Result<PathBuf, Failure> {
    let folder = here.join(BUILT);
    Failure::unless(folder.is_dir(), || {
        format!(
            "'program: java' needs the jars of {BUILT}: call this at the root of eurus' sources, or set {JAVA_ENVIRONMENT} to that \
             folder"
        )
    })?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_no_java_programs_it_is_said_how_to_name_them() {
        let here = tempfile::tempdir().unwrap();
        let words = built_below(here.path()).unwrap_err().to_string();
        assert!(words.contains("set EURUS_HARNESS_JAVA to that folder"), "{words}");
        std::fs::create_dir_all(here.path().join(BUILT)).unwrap();
        assert_eq!(built_below(here.path()).unwrap(), here.path().join(BUILT));
    }
}
