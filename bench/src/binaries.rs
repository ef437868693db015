//! Our services' binaries.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::servers::workspace;

const NAMES: [&str; 3] = ["eurus-registry", "eurus-gateway", "eurus-sync-speed"];

/// Where each is.
pub(crate) struct Ours {
    pub(crate) registry: PathBuf,
    pub(crate) gateway: PathBuf,
    pub(crate) sync_speed: PathBuf,
}

impl Ours {
    /// In a folder; `None`: built with the profile `dist`, as images are.
    ///
    /// # Errors
    /// When one is not there, or cannot be built.
    pub(crate) fn at(folder: Option<&Path>) -> Result<Self, Failure> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => build()?,
        };
        let folder =
            folder.canonicalize().map_err(|error| Failure::from(error).during(&folder.display().to_string()))?;
        if let Some(missing) = NAMES.map(|name| folder.join(name)).iter().find(|binary| !binary.is_file()) {
            return Err(Failure::new(format!("{} is not there", missing.display())));
        }
        let [registry, gateway, sync_speed] = NAMES.map(|name| folder.join(name));
        Ok(Self { registry, gateway, sync_speed })
    }
}

/// Builds them: the folder.
fn build() -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let packages = NAMES.iter().flat_map(|name| ["-p", name]);
    let arguments: Vec<&str> = ["build", "--profile", "dist"].into_iter().chain(packages).collect();
    eprintln!("bench: cargo {} (minutes if it is stale; --binaries FOLDER takes others)", arguments.join(" "));
    let status = Command::new(cargo).args(&arguments).current_dir(workspace()).status()?;
    if !status.success() {
        return Err(Failure::new(format!("cargo {}: {status}", arguments.join(" "))));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    Ok(workspace().join(target).join("dist"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("eurus-registry"), "").unwrap();
        let missing = Ours::at(Some(folder.path())).err().unwrap().to_string();
        assert!(missing.ends_with("eurus-gateway is not there"), "{missing}");
    }
}
