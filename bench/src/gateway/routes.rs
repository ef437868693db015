//! A configuration with as many routes as wanted: by host and path, of which the last is the one that is asked for.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::workload::SERVICE;
use crate::failure::Failure;

/// Writes it into the folder.
pub(super) fn file(folder: &Path, routes: usize) -> Result<PathBuf, Failure> {
    let path = folder.join(format!("routes-{routes}.yml"));
    fs::write(&path, configuration(routes))?;
    Ok(path)
}

/// None: the locator alone. Of others every second is for a host, and some have what a lookup must try, too.
fn configuration(routes: usize) -> String {
    if routes == 0 {
        return "# No routes.\n".to_owned();
    }
    let mut text =
        String::from("spring.cloud.gateway.discovery.locator.enabled: false\nspring.cloud.gateway.routes:\n");
    for number in 0..routes {
        let predicates = match number {
            last if last + 1 == routes => format!("'Path=/{SERVICE}/**'"),
            other if other % 2 == 0 => format!("'Path=/api/service-{other}/{{id}}/**', 'Method=GET,POST'"),
            other => format!("'Host=**.tenant-{other}.example', 'Path=/{SERVICE}/**'"),
        };
        let _ = writeln!(
            text,
            "- {{id: r{number}, uri: 'lb://{SERVICE}', predicates: [{predicates}], filters: [StripPrefix=1]}}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_is_the_one_that_is_asked_for() {
        let text = configuration(10);
        assert_eq!(text.matches("- {id: r").count(), 10);
        assert!(text.lines().last().unwrap().contains("r9, uri: 'lb://measured', predicates: ['Path=/measured/**']"));
        assert!(!configuration(0).contains("routes:"));
    }
}
