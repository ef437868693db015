//! What the figures were taken on, in one line.
#![allow(clippy::disallowed_methods)] // Nothing in /proc blocks.

use std::fs;
use std::process::Command;

/// Cores that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Cores, processor, kernel, memory, versions of what is measured.
pub(crate) fn description() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpu, kernel, memory) = (read("/proc/cpuinfo"), read("/proc/sys/kernel/osrelease"), read("/proc/meminfo"));
    let parts = [
        format!("{} cores", cores()),
        field(&cpu, "model name").unwrap_or("processor unknown").to_owned(),
        format!("memory {}", field(&memory, "MemTotal").unwrap_or("unknown")),
        format!("Linux {}", kernel.trim()),
        format!("load average before the start {}", read("/proc/loadavg").split(' ').next().unwrap_or("unknown")),
        first_line("java", "-version"),
        first_line("nginx", "-v"),
    ];
    format!("Machine: {}.", parts.join("; "))
}

/// The value behind `name:` in the first line that begins so.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim()))
}

/// The first line that a program says of itself, wherever it says it.
pub(crate) fn first_line(program: &str, argument: &str) -> String {
    let Ok(output) = Command::new(program).arg(argument).output() else { return format!("{program}: not found") };
    let said = [output.stderr, output.stdout].concat();
    let first = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().trim().to_owned();
    first.trim_start_matches("nginx version: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found() {
        let text = "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\nmodel name\t: another\n";
        assert_eq!(field(text, "model name"), Some("A CPU @ 2 GHz"));
        assert_eq!(field("MemTotal:       24 kB\n", "MemTotal"), Some("24 kB"));
        assert_eq!(field(text, "flags"), None);
    }
}
