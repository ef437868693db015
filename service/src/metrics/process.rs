//! The process, under the names that all Prometheus clients use. When several services share a process, it is that of
//! all of them.

use super::Text;

/// All of them.
#[cfg(target_os = "linux")]
pub fn write(text: &mut Text) {
    match linux::read() {
        Ok(usage) => linux::write(text, &usage),
        // They are missing from this answer, which whoever looks at them sees; all others are there.
        Err(error) => log::warn!("metrics: /proc cannot be read, so there are no process_* ones: {error}"),
    }
}

/// Only Linux has /proc.
#[cfg(not(target_os = "linux"))]
pub fn write(_text: &mut Text) {}

#[cfg(target_os = "linux")]
mod linux {
    use procfs::ProcResult;
    use procfs::process::{LimitValue, Process};

    use super::super::{Family, Text};

    pub(super) struct Usage {
        cpu_s: f64,
        resident_bytes: u64,
        virtual_bytes: u64,
        started_s: f64,
        threads: u64,
        open_fds: u64,
        fds_max: u64,
    }

    #[allow(clippy::cast_precision_loss)] // Clock ticks since the start.
    pub(super) fn read() -> ProcResult<Usage> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let ticks_per_s = procfs::ticks_per_second() as f64;
        let fds_max = match process.limits()?.max_open_files.soft_limit {
            LimitValue::Unlimited => u64::MAX,
            LimitValue::Value(most) => most,
        };
        Ok(Usage {
            cpu_s: (stat.utime + stat.stime) as f64 / ticks_per_s,
            resident_bytes: stat.rss * procfs::page_size(),
            virtual_bytes: stat.vsize,
            started_s: procfs::boot_time_secs()? as f64 + stat.starttime as f64 / ticks_per_s,
            threads: u64::try_from(stat.num_threads).unwrap_or(0),
            open_fds: process.fd_count()? as u64,
            fds_max,
        })
    }

    #[allow(clippy::cast_precision_loss)] // Bytes and counts: far below 2^52.
    pub(super) fn write(text: &mut Text, usage: &Usage) {
        let mut gauge = |name, help, value| text.gauges(&Family::gauge(name, help), [(Vec::new(), value)]);
        gauge("process_start_time_seconds", "When the process started, since 1970.", usage.started_s);
        gauge("process_resident_memory_bytes", "Memory of the process in RAM.", usage.resident_bytes as f64);
        gauge("process_virtual_memory_bytes", "Address space of the process.", usage.virtual_bytes as f64);
        gauge("process_threads", "Threads of the process.", usage.threads as f64);
        gauge("process_open_fds", "Open files and connections of the process.", usage.open_fds as f64);
        gauge("process_max_fds", "Open files and connections at most.", usage.fds_max as f64);
        let family = Family::counter("process_cpu_seconds", "CPU time of the process, user and system.");
        text.counter_f64(&family, usage.cpu_s);
    }
}
