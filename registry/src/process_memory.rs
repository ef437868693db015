//! How much memory the machine has and this process holds.

/// In MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessMemory {
    pub(crate) machine_mib: u64,
    pub(crate) process_mib: u64,
}

impl ProcessMemory {
    /// As of now; `None` where the system does not say it.
    pub(crate) fn now() -> Option<Self> {
        Self::of(&proc_file("/proc/meminfo")?, &proc_file("/proc/self/status")?)
    }

    fn of(machine: &str, process: &str) -> Option<Self> {
        Some(Self { machine_mib: kib(machine, "MemTotal:")? >> 10, process_mib: kib(process, "VmRSS:")? >> 10 })
    }

    /// The process' share of the machine's memory.
    pub(crate) fn percent(self) -> u64 {
        self.process_mib * 100 / self.machine_mib.max(1)
    }
}

#[allow(clippy::disallowed_methods)] // The kernel makes these files up in memory: no disk is waited for.
fn proc_file(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The number behind a name, as in `MemTotal:  8123456 kB`.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        let machine = "MemTotal:        8123456 kB\nMemFree:          100 kB\n";
        let memory = ProcessMemory::of(machine, "Name:\tx\nVmRSS:\t  102400 kB\n").unwrap();
        assert_eq!(memory, ProcessMemory { machine_mib: 7_933, process_mib: 100 });
        assert_eq!(memory.percent(), 1);
        assert_eq!(ProcessMemory::of(machine, "Name:\tx\n"), None);
    }
}
