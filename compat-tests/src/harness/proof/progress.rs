//! What is said while the minutes pass, on standard error: on a terminal a bar that grows, elsewhere (a log) a line for each
//! change that a layer shows.

use std::io::{IsTerminal as _, Write as _};

use super::super::duration::seconds;
use super::super::timeline::Change;

/// To the beginning of the line, which is emptied.
const AGAIN: &str = "\r\x1b[2K";
const BAR_WIDTH: i64 = 40;
/// In a log, how often is said that it goes on.
const LINE_EVERY_MS: i64 = 30_000;

/// See the module.
pub struct Progress {
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Silent,
    Lines,
    Bar,
}

impl Progress {
    /// On standard error, as it is.
    pub fn shown() -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal.is_empty() || terminal == "dumb");
        let style = if std::io::stderr().is_terminal() && !is_dumb { Style::Bar } else { Style::Lines };
        Self { style }
    }

    /// Nothing is said.
    pub fn silent() -> Self {
        Self { style: Style::Silent }
    }

    /// A line that stays.
    pub(crate) fn line(&self, words: &str) {
        match self.style {
            Style::Silent => {}
            Style::Lines => write(&format!("{words}\n")),
            Style::Bar => write(&format!("{AGAIN}{words}\n")),
        }
    }

    /// What is new, and how far it is; how many changes have been said.
    pub(super) fn changes(&self, changes: &[Change], said: usize, now_ms: i64, length_ms: i64) -> usize {
        for change in &changes[said..] {
            let Change { at_ms, node, layer, instance, to, .. } = change;
            self.line(&format!(
                "{:>11}  {node}, {layer}: {instance} {}",
                seconds(*at_ms),
                to.as_deref().unwrap_or("absent")
            ));
        }
        self.pass(now_ms, length_ms, super::SAID_EVERY_MS, "");
        changes.len()
    }

    /// How far it is; it is said every so many milliseconds, and what else there is to say.
    pub(crate) fn pass(&self, now_ms: i64, length_ms: i64, said_every_ms: i64, words: &str) {
        match self.style {
            Style::Bar => write(&format!("{} {words}", bar(now_ms, length_ms))),
            Style::Lines if now_ms / LINE_EVERY_MS > (now_ms - said_every_ms) / LINE_EVERY_MS => {
                self.line(format!("{} of {} s {words}", now_ms / 1_000, length_ms / 1_000).trim_end());
            }
            Style::Silent | Style::Lines => {}
        }
    }
}

fn bar(now_ms: i64, length_ms: i64) -> String {
    let done = (now_ms * BAR_WIDTH / length_ms.max(1)).clamp(0, BAR_WIDTH);
    let part = |sign: &str, count: i64| sign.repeat(usize::try_from(count).unwrap_or(0));
    format!("{AGAIN}[{}{}] {} of {} s", part("#", done), part("-", BAR_WIDTH - done), now_ms / 1_000, length_ms / 1_000)
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // Whoever closed it does not want to know; the proof goes on.
    stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).ok();
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.style == Style::Bar {
            write(AGAIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_grows() {
        let signs = |text: &str| text.matches('#').count();
        assert_eq!(signs(&bar(0, 300_000)), 0);
        assert_eq!(signs(&bar(150_000, 300_000)), 20);
        assert_eq!(signs(&bar(300_000, 300_000)), 40);
        assert!(bar(150_000, 300_000).ends_with("150 of 300 s"));
    }
}
