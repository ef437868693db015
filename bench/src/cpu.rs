//! What the processes of a group have used, from `/proc`.
#![allow(clippy::disallowed_methods)] // Nothing in /proc blocks.

use std::fs;

use crate::failure::Failure;

/// User and system time of all processes of a group so far, in µs.
///
/// # Errors
/// When the group has no process.
pub(crate) fn group_cpu_us(group: u32) -> Result<f64, Failure> {
    let tick_us = 1_000_000.0 / rustix::param::clock_ticks_per_second() as f64;
    let processes = of_group(group)?;
    Ok(processes.iter().map(|process| process.ticks as f64 * tick_us).sum())
}

/// Resident memory of all processes of a group, in KiB.
///
/// # Errors
/// When the group has no process.
pub(crate) fn group_resident_kib(group: u32) -> Result<u64, Failure> {
    let mut sum = 0;
    for process in of_group(group)? {
        let status = fs::read_to_string(format!("/proc/{}/status", process.pid))?;
        sum += resident_kib(&status).ok_or_else(|| Failure::new(format!("/proc/{}/status: no VmRSS", process.pid)))?;
    }
    Ok(sum)
}

/// User and system time of this process so far, in µs.
///
/// # Errors
/// When `/proc` is not there.
pub(crate) fn own_cpu_us() -> Result<f64, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let own = parse_stat(&stat).ok_or_else(|| Failure::new(format!("/proc/self/stat cannot be read: {stat}")))?;
    Ok(own.ticks as f64 * 1_000_000.0 / rustix::param::clock_ticks_per_second() as f64)
}

/// What `/proc/<pid>/stat` says.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    group: u32,
    /// utime + stime.
    ticks: u64,
}

fn of_group(group: u32) -> Result<Vec<Stat>, Failure> {
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let is_process =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<u32>().is_ok());
        // A process that ends just now has no stat any more.
        let Some(stat) = is_process.then(|| fs::read_to_string(path.join("stat")).ok()).flatten() else { continue };
        processes.extend(parse_stat(&stat).filter(|process| process.group == group));
    }
    if processes.is_empty() {
        return Err(Failure::new(format!("no process of group {group} runs any more")));
    }
    Ok(processes)
}

/// The command, in parentheses, may itself contain spaces and parentheses.
fn parse_stat(stat: &str) -> Option<Stat> {
    let (pid, rest) = stat.split_once(" (")?;
    let (_, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat { pid: pid.parse().ok()?, group: u32::try_from(number(2)?).ok()?, ticks: number(11)? + number(12)? })
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_whatever_the_command_is_called() {
        let stat = "42 (nginx: (worker) x) S 7 41 41 0 -1 4194560 200 0 0 0 150 25 3 4 20 0 1 0 9 8 7";
        assert_eq!(parse_stat(stat), Some(Stat { pid: 42, group: 41, ticks: 175 }));
        assert_eq!(parse_stat("42 nginx S 7"), None);
    }

    #[test]
    fn resident_memory_is_read() {
        assert_eq!(resident_kib("Name:\tx\nVmHWM:\t  99 kB\nVmRSS:\t    1234 kB\n"), Some(1_234));
        assert_eq!(resident_kib("Name:\tx\n"), None);
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(own_cpu_us().unwrap() >= 0.0);
        assert!(group_cpu_us(0x3fff_ffff).is_err());
    }
}
