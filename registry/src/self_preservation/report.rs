//! What the log says about self-preservation: each change once, for a person at 3 a.m.

use std::collections::BTreeSet;

use super::SelfPreservationMode;
use super::view::{AppView, SelfPreservationView};

/// Applications that one run names at most; of the others it gives the number.
const APPS_NAMED_MAX: usize = 20;

/// What was said last.
#[derive(Debug, Default)]
pub(crate) struct Report {
    keeps_all: bool,
    is_global: bool,
    preserved: BTreeSet<String>,
    given_up: BTreeSet<String>,
}

/// A line for the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Warn(String),
    Info(String),
}

impl Line {
    fn log(&self) {
        match self {
            Self::Warn(text) => log::warn!("self-preservation: {text}"),
            Self::Info(text) => log::info!("self-preservation: {text}"),
        }
    }
}

impl Report {
    /// Logs what changed since the last run.
    pub(crate) fn note(&mut self, view: &SelfPreservationView, now_ms: i64) {
        self.changes(view, now_ms).iter().for_each(Line::log);
    }

    fn changes(&mut self, view: &SelfPreservationView, now_ms: i64) -> Vec<Line> {
        match view.mode {
            SelfPreservationMode::Netflix => self.changes_of_all(view).into_iter().collect(),
            SelfPreservationMode::PerApp => self.changes_per_app(view, now_ms),
            SelfPreservationMode::Off => Vec::new(),
        }
    }

    fn changes_of_all(&mut self, view: &SelfPreservationView) -> Option<Line> {
        let SelfPreservationView { kept, renewals_last_minute: renewals, threshold, .. } = view;
        if self.keeps_all == (*kept > 0) {
            return None;
        }
        self.keeps_all = *kept > 0;
        Some(if self.keeps_all {
            Line::Warn(format!(
                "{kept} leases are over but nothing is evicted, because only {renewals} renewals came in the last \
                 minute and more than {threshold} must come. If those instances are really gone cancel them, or set \
                 eurus.registry.self-preservation=per-app"
            ))
        } else {
            Line::Info(format!(
                "no expired lease is kept any more ({renewals} renewals in the last minute, threshold {threshold})"
            ))
        })
    }

    fn changes_per_app(&mut self, view: &SelfPreservationView, now_ms: i64) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.is_global != view.global.is_some() {
            self.is_global = view.global.is_some();
            lines.push(of_guard(view));
        }
        // Under the guard every application with a lost lease keeps it: one line says it for all.
        if !self.is_global {
            let now_preserved = |app: &&AppView| app.kept > 0;
            let news = |app: &AppView| Line::Warn(preserved_words(app, now_ms));
            self.preserved = changed(&self.preserved, view, now_preserved, news, &mut lines);
        }
        let news = |app: &AppView| Line::Warn(given_up_words(app));
        self.given_up = changed(&self.given_up, view, |app| app.given_up > 0, news, &mut lines);
        lines
    }
}

/// Adds a line for each application that has come into a state or left it; returns those that are in it now.
fn changed(
    before: &BTreeSet<String>,
    view: &SelfPreservationView,
    is_in_state: impl Fn(&&AppView) -> bool,
    news: impl Fn(&AppView) -> Line,
    lines: &mut Vec<Line>,
) -> BTreeSet<String> {
    let now: Vec<&AppView> = view.apps.iter().filter(is_in_state).collect();
    let new: Vec<&&AppView> = now.iter().filter(|app| !before.contains(&app.name)).collect();
    lines.extend(new.iter().take(APPS_NAMED_MAX).map(|app| news(app)));
    if new.len() > APPS_NAMED_MAX {
        lines.push(Line::Warn(format!("and the same for {} more applications", new.len() - APPS_NAMED_MAX)));
    }
    let names: BTreeSet<String> = now.iter().map(|app| app.name.clone()).collect();
    let left: Vec<&String> = before.difference(&names).collect();
    for name in left.iter().take(APPS_NAMED_MAX) {
        lines.push(Line::Info(left_words(name, view.apps.iter().find(|app| app.name == **name))));
    }
    if left.len() > APPS_NAMED_MAX {
        lines.push(Line::Info(format!("and the same for {} more applications", left.len() - APPS_NAMED_MAX)));
    }
    names
}

fn of_guard(view: &SelfPreservationView) -> Line {
    match &view.global {
        Some(guard) => Line::Warn(format!(
            "{} of {} applications lost most of their leases at the same time: it is probably the network of this \
             registry. {} of {} leases are over and kept. Check whether instances reach this host; each lease is \
             given up in its time even if they do not",
            guard.apps_in_trouble, guard.apps, view.kept, view.leases
        )),
        None => Line::Info(format!(
            "most applications renew again, or what they lost is given up: {} of {} leases are over, {} of them kept",
            view.over, view.leases, view.kept
        )),
    }
}

fn preserved_words(app: &AppView, now_ms: i64) -> String {
    let left_s = app.until_ms.map_or(0, |until_ms| (until_ms - now_ms).max(0) / 1_000);
    format!(
        "{} of {} leases of {} are over, more than are alive: {} are kept for {left_s} s at most, in case their \
         heartbeats are only lost on the way. If the instances are really gone, cancel them. Other applications are \
         not affected",
        app.over,
        app.leases,
        app.name.escape_debug(),
        app.kept
    )
}

fn given_up_words(app: &AppView) -> String {
    format!(
        "{} of {} leases of {} have been over for longer than eurus.registry.self-preservation-max-ms: they are kept no \
         longer and evicted, a part of them in each run",
        app.given_up,
        app.leases,
        app.name.escape_debug()
    )
}

fn left_words(name: &str, app: Option<&AppView>) -> String {
    let name = name.escape_debug();
    match app {
        Some(app) => {
            format!("{name}: {} of {} leases are over, {} of them kept", app.over, app.leases, app.kept)
        }
        None => format!("{name}: no lease is over any more"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::GlobalGuard;
    use super::*;

    fn app(name: &str, over: usize, kept: usize, given_up: usize) -> AppView {
        let since_ms = (kept > 0).then_some(1_000);
        let until_ms = (kept > 0).then_some(901_000);
        AppView { name: name.to_owned(), leases: 8, over, kept, given_up, since_ms, until_ms }
    }

    fn view(mode: SelfPreservationMode, apps: Vec<AppView>) -> SelfPreservationView {
        SelfPreservationView {
            mode,
            leases: apps.iter().map(|app| app.leases).sum(),
            over: apps.iter().map(|app| app.over).sum(),
            kept: apps.iter().map(|app| app.kept).sum(),
            renewals_last_minute: 3,
            threshold: 17,
            enough_renewals: true,
            global: None,
            apps,
        }
    }

    fn texts(report: &mut Report, view: &SelfPreservationView) -> Vec<String> {
        let text = |line| match line {
            Line::Warn(text) => format!("WARN {text}"),
            Line::Info(text) => format!("INFO {text}"),
        };
        report.changes(view, 61_000).into_iter().map(text).collect()
    }

    #[test]
    fn each_change_of_an_application_is_said_once() {
        let mut report = Report::default();
        let per_app = |apps| view(SelfPreservationMode::PerApp, apps);
        assert!(texts(&mut report, &per_app(vec![app("A", 1, 0, 0)])).is_empty(), "a lone one is no news");
        let lines = texts(&mut report, &per_app(vec![app("A\n", 6, 6, 0)]));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("WARN 6 of 8 leases of A\\n are over") && lines[0].contains("840 s at most"));
        assert!(texts(&mut report, &per_app(vec![app("A\n", 7, 7, 0)])).is_empty());
        let lines = texts(&mut report, &per_app(vec![app("A\n", 6, 0, 6)]));
        assert!(lines[0].starts_with("WARN 6 of 8") || lines[1].starts_with("WARN 6 of 8"), "{lines:?}");
        let lines = texts(&mut report, &per_app(vec![]));
        assert_eq!(lines, ["INFO A\\n: no lease is over any more"]);
        assert!(texts(&mut report, &per_app(vec![])).is_empty());
    }

    #[test]
    fn the_guard_speaks_for_all_and_many_are_counted() {
        let mut report = Report::default();
        let many = || (0..50).map(|number| app(&format!("A{number}"), 6, 6, 0)).collect();
        let mut guarded = view(SelfPreservationMode::PerApp, many());
        guarded.global = Some(GlobalGuard { apps_in_trouble: 50, apps: 60 });
        let lines = texts(&mut report, &guarded);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("WARN 50 of 60 applications"), "{lines:?}");
        assert!(texts(&mut report, &guarded).is_empty());
        let lines = texts(&mut report, &view(SelfPreservationMode::PerApp, many()));
        assert_eq!(lines.len(), 1 + APPS_NAMED_MAX + 1);
        assert_eq!(lines.last().unwrap(), "WARN and the same for 30 more applications");
    }

    #[test]
    fn netflixs_mode_is_said_for_all_at_once() {
        let mut report = Report::default();
        let netflix = |kept| view(SelfPreservationMode::Netflix, vec![app("A", kept, kept, 0)]);
        assert!(texts(&mut report, &netflix(0)).is_empty());
        assert!(texts(&mut report, &netflix(2))[0].starts_with("WARN 2 leases are over but nothing is evicted"));
        assert!(texts(&mut report, &netflix(3)).is_empty());
        assert!(texts(&mut report, &netflix(0))[0].starts_with("INFO no expired lease is kept"));
        assert!(texts(&mut report, &view(SelfPreservationMode::Off, vec![app("A", 3, 0, 0)])).is_empty());
    }
}
