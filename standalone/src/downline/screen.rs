//! Where words go: the result to standard output, everything else to standard error. A progress line and colours only on a
//! terminal.

use std::io::{IsTerminal, Write};

use eurus_service::Clock;
use tokio::sync::watch;

/// Between two drawings of the progress line.
const REDRAW_MS: i64 = 200;
/// Characters of the progress line: narrower than any terminal, as a line that wraps cannot be drawn over.
const PROGRESS_CHARS_MAX: usize = 72;

pub(super) struct Screen {
    json: bool,
    has_progress: bool,
    is_coloured: bool,
    clock: Clock,
    /// What stands in the progress line besides the time.
    progress: watch::Sender<String>,
}

impl Screen {
    pub(super) fn new(json: bool, clock: Clock) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self {
            json,
            has_progress: std::io::stderr().is_terminal() && !is_dumb,
            is_coloured: std::io::stdout().is_terminal() && !is_dumb && !set("NO_COLOR"),
            clock,
            progress: watch::Sender::new(String::new()),
        }
    }

    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the result.
    pub(super) fn say(&self, line: &str) {
        let line = plain(line);
        let line = if self.is_coloured { coloured(&line) } else { line };
        self.result(&line);
    }

    /// An answer as it came.
    pub(super) fn say_raw(&self, text: &str) {
        self.result(text.trim_end());
    }

    fn result(&self, line: &str) {
        // The terminal may be the same for both.
        if self.has_progress {
            print(&mut std::io::stderr(), self.over_progress());
        }
        print(&mut std::io::stdout(), &format!("{line}\n"));
    }

    /// Why it did not go well.
    pub(super) fn complain(&self, line: &str) {
        print(&mut std::io::stderr(), &format!("{}eurus: {}\n", self.over_progress(), plain(line)));
    }

    /// What to do.
    pub(super) fn advise(&self, line: &str) {
        print(&mut std::io::stderr(), &format!("{}  → {}\n", self.over_progress(), plain(line)));
    }

    /// What the progress line shows from now on.
    pub(super) fn progress(&self, line: &str) {
        self.progress.send_replace(line.to_owned());
    }

    /// With a progress line while it is being done.
    pub(super) async fn during<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        if !self.has_progress {
            return work.await;
        }
        self.progress(what);
        let drawn = tokio::select! {
            done = work => done,
            never = self.draw() => match never {},
        };
        print(&mut std::io::stderr(), self.over_progress());
        drawn
    }

    async fn draw(&self) -> std::convert::Infallible {
        let started_ms = self.clock.now_ms();
        let mut timer = self.clock.timer("progress line");
        loop {
            let seconds = (self.clock.now_ms() - started_ms) / 1_000;
            let what: String = plain(&self.progress.borrow()).chars().take(PROGRESS_CHARS_MAX).collect();
            print(&mut std::io::stderr(), &format!("{}{what} … {seconds} s", self.over_progress()));
            timer.sleep_ms(REDRAW_MS).await;
        }
    }

    /// Back to the beginning of the line, and nothing in it.
    const fn over_progress(&self) -> &'static str {
        if self.has_progress { "\r\u{1b}[K" } else { "" }
    }
}

/// Whoever closed the other end has had enough; the exit code says the rest.
fn print(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// What others wrote must not move the cursor of a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    plain
}

/// Words that say how it went, in their colours.
fn coloured(line: &str) -> String {
    const GREEN: &str = "32";
    const YELLOW: &str = "33";
    const RED: &str = "31";
    let words = [
        (" done:", GREEN),
        (" partial:", YELLOW),
        (" failed:", RED),
        ("  applied", GREEN),
        ("  retrying", YELLOW),
        ("  pending", YELLOW),
        ("  gave-up", RED),
        ("  refused", RED),
    ];
    match words.into_iter().find_map(|(word, colour)| Some((line.find(word)?, word, colour))) {
        Some((at, word, colour)) => {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            format!("{before}\u{1b}[{colour}m{word}\u{1b}[0m{after}")
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor() {
        for (text, expected) in [
            ("plain é →", "plain é →"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{9b}1m", "\\u{9b}1m"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn one_word_is_coloured() {
        for (line, expected) in [
            ("offline-7 done: 1 of 1", "offline-7\u{1b}[32m done:\u{1b}[0m 1 of 1"),
            ("  gateway   g  retrying: x", "  gateway   g\u{1b}[33m  retrying\u{1b}[0m: x"),
            ("  note      nothing", "  note      nothing"),
        ] {
            assert_eq!(coloured(line), expected);
        }
    }
}
