//! Compares what was seen with what a scenario expects. Pure.

use super::checker::Violation;
use super::duration::seconds;
use super::history::{Event, Happening, History};
use super::scenario::{Expectation, Scenario, Sees};
use super::timeline::Timeline;

/// What became of one expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Whether that is the same.
    pub is_met: bool,
}

/// All expectations, and one more for each violation that is not expected.
pub fn judge(scenario: &Scenario, history: &History, timeline: &Timeline, found: &[Violation]) -> Vec<Verdict> {
    let run = Run { scenario, history, timeline, found };
    let mut verdicts: Vec<Verdict> = scenario.expectations.iter().map(|one| run.verdict(one)).collect();
    let is_expected = |violation: &Violation| {
        scenario.expectations.iter().any(|one| matches!(one, Expectation::Violation(rule) if *rule == violation.rule))
    };
    verdicts.extend(found.iter().filter(|violation| !is_expected(violation)).map(|violation| Verdict {
        expected: format!("the rule '{}' holds", violation.rule),
        seen: format!("{} (at {})", violation.words, seconds(violation.at_ms)),
        is_met: false,
    }));
    verdicts
}

struct Run<'a> {
    scenario: &'a Scenario,
    history: &'a History,
    timeline: &'a Timeline,
    found: &'a [Violation],
}

impl Run<'_> {
    fn verdict(&self, expectation: &Expectation) -> Verdict {
        match expectation {
            Expectation::Sees(sees) => self.sees(sees),
            Expectation::Never(sees) => self.throughout(sees, "never", |state| state != Some(sees.is.as_str())),
            Expectation::Always(sees) => self.throughout(sees, "always", |state| state == Some(sees.is.as_str())),
            Expectation::Failed { through, after, count } => {
                let from = self.place_of(after.as_deref());
                let failures: Vec<&String> = self.history.events[from..]
                    .iter()
                    .filter_map(|event| match &event.what {
                        Happening::Ended { through: way, outcome: Err(why), .. }
                            if through.as_ref().is_none_or(|through| through == way) =>
                        {
                            Some(why)
                        }
                        _ => None,
                    })
                    .collect();
                let through = through.as_ref().map_or(String::new(), |through| format!(" through {through}"));
                let first = failures.first().map_or(String::new(), |why| format!(", first: {why}"));
                Verdict {
                    expected: format!("{} failed requests{through}{}", count.in_words(), after_words(after)),
                    seen: format!("{} failed{first}", failures.len()),
                    is_met: count.holds(failures.len()),
                }
            }
            Expectation::Begun { instance, after, count } => {
                let from = self.place_of(after.as_deref());
                let is_begun = |event: &&Event| event.what == Happening::Begun { instance: instance.clone() };
                let begun = self.history.events[from..].iter().filter(is_begun).count();
                Verdict {
                    expected: format!("{} requests begin at {instance}{}", count.in_words(), after_words(after)),
                    seen: format!("{begun} began there"),
                    is_met: count.holds(begun),
                }
            }
            Expectation::Answer { step, is } => {
                let outcome = self.history.events.iter().find_map(|event| match &event.what {
                    Happening::Step { name, outcome } if name == step => Some(outcome.as_deref().unwrap_or("nothing")),
                    _ => None,
                });
                Verdict {
                    expected: format!("'{step}' is answered {is}"),
                    seen: outcome.map_or_else(|| "it never came".to_owned(), |outcome| format!("answered {outcome}")),
                    is_met: outcome.is_some_and(|outcome| outcome.split_whitespace().next() == Some(is)),
                }
            }
            Expectation::Violation(rule) => {
                let first = self.found.iter().find(|violation| violation.rule == *rule);
                let in_words = |one: &Violation| format!("{} (at {})", one.words, seconds(one.at_ms));
                Verdict {
                    expected: format!("the rule '{rule}' is broken"),
                    seen: first.map_or_else(|| "it holds".to_owned(), in_words),
                    is_met: first.is_some(),
                }
            }
        }
    }

    /// When a step was over; the scenario's begin where none is named. `None`: it never came.
    fn moment_of(&self, step: Option<&str>) -> Option<i64> {
        let Some(step) = step else { return Some(0) };
        self.history.events.iter().find(|event| is_step(event, step)).map(|event| event.at_ms)
    }

    /// Its place in the history.
    fn place_of(&self, step: Option<&str>) -> usize {
        let place = |step| self.history.events.iter().position(|event| is_step(event, step));
        step.map_or(0, |step| place(step).unwrap_or(self.history.events.len()))
    }

    fn sees(&self, sees: &Sees) -> Verdict {
        let Sees { node, layer, instance, is, after, from_ms, by_ms } = sees;
        let by_words = by_ms.map_or(String::new(), |by_ms| format!(" by {}", seconds(by_ms)));
        let from_words = if *from_ms > 0 { format!(" not before {}", seconds(*from_ms)) } else { String::new() };
        let expected = format!("{node}, {layer}: {instance} {is}{from_words}{by_words}{}", after_words(after));
        let Some(base_ms) = self.moment_of(after.as_deref()) else {
            return Verdict { expected, seen: "that step never came".to_owned(), is_met: false };
        };
        let end_ms = self.scenario.length_ms;
        let states = self.timeline.states(node, *layer, instance, base_ms);
        // It comes to show it: what stood there already counts only where nothing else came.
        let shows = |(at_ms, state): &&(i64, Option<&str>)| shown(*state) == is && *at_ms <= end_ms;
        let first = states.iter().skip(1).find(shows).or_else(|| states.first().filter(shows));
        let lag_ms = first.map(|(at_ms, _)| at_ms - base_ms);
        let is_in_time = |lag_ms| lag_ms >= *from_ms && by_ms.is_none_or(|by_ms| lag_ms <= by_ms);
        let still = || states.last().map_or("absent", |(_, state)| shown(*state)).to_owned();
        Verdict {
            expected,
            seen: lag_ms
                .map_or_else(|| format!("never; {} at the end", still()), |ms| format!("after {}", seconds(ms))),
            is_met: lag_ms.is_some_and(is_in_time),
        }
    }

    fn throughout(&self, sees: &Sees, word: &str, holds: impl Fn(Option<&str>) -> bool) -> Verdict {
        let Sees { node, layer, instance, is, after, from_ms, by_ms } = sees;
        let until_words = by_ms.map_or("the end".to_owned(), seconds);
        let expected = format!(
            "{node}, {layer}: {instance} {word} {is} from {} until {until_words}{}",
            seconds(*from_ms),
            after_words(after)
        );
        let Some(base_ms) = self.moment_of(after.as_deref()) else {
            return Verdict { expected, seen: "that step never came".to_owned(), is_met: false };
        };
        let until_ms = by_ms.map_or(self.scenario.length_ms, |by_ms| base_ms + by_ms);
        let states = self.timeline.states(node, *layer, instance, base_ms + from_ms);
        // What stood there for no time at all was not seen by anybody.
        let lasted = states
            .iter()
            .enumerate()
            .filter(|(place, (at_ms, _))| states.get(place + 1).is_none_or(|(next_ms, _)| next_ms > at_ms));
        let broken =
            lasted.map(|(_, state)| state).find(|(at_ms, state)| *at_ms <= until_ms && !holds(Some(shown(*state))));
        Verdict {
            expected,
            seen: broken.map_or_else(
                || format!("{word} it was"),
                |(at_ms, state)| format!("{} after {}", shown(*state), seconds(at_ms - base_ms)),
            ),
            is_met: broken.is_none(),
        }
    }
}

fn is_step(event: &Event, step: &str) -> bool {
    matches!(&event.what, Happening::Step { name, .. } if name == step)
}

fn shown(state: Option<&str>) -> &str {
    state.unwrap_or("absent")
}

fn after_words(after: &Option<String>) -> String {
    after.as_ref().map_or(String::new(), |after| format!(" after '{after}'"))
}
