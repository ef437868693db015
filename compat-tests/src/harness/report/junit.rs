//! JUnit XML, as CI servers read it.

use super::super::run::Outcome;
use super::line;

/// One test suite with a test case for each scenario.
pub fn of(outcomes: &[Outcome]) -> String {
    let failures = outcomes.iter().filter(|outcome| !outcome.is_passed()).count();
    let took_ms: i64 = outcomes.iter().map(|outcome| outcome.took_ms).sum();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"eurus harness\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"{}\">\n",
        outcomes.len(),
        seconds(took_ms)
    );
    for outcome in outcomes {
        xml.push_str(&format!(
            "<testcase classname=\"{}\" name=\"{}\" time=\"{}\">",
            text(&outcome.scenario.file),
            text(&outcome.scenario.name),
            seconds(outcome.took_ms)
        ));
        if !outcome.is_passed() {
            let words = wrong(outcome);
            let first = words.lines().next().unwrap_or_default();
            xml.push_str(&format!("<failure message=\"{}\">{}</failure>", text(first), text(&words)));
        }
        xml.push_str(&format!("<system-out>{}</system-out></testcase>\n", text(&line::seen(outcome))));
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

fn wrong(outcome: &Outcome) -> String {
    let failure = outcome.failure.iter().map(|failure| format!("it broke off: {failure}"));
    let unmet = outcome.verdicts.iter().filter(|verdict| !verdict.is_met);
    let unmet = unmet.map(|verdict| format!("expected: {}\nseen: {}", verdict.expected, verdict.seen));
    failure.chain(unmet).collect::<Vec<_>>().join("\n")
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// Escaped, without what XML cannot hold.
fn text(raw: &str) -> String {
    let allowed = raw.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    quick_xml::escape::escape(allowed.collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_left_out_or_escaped() {
        assert_eq!(text("a<b>\"&\u{1b}[31m\n"), "a&lt;b&gt;&quot;&amp;[31m\n");
        assert_eq!(seconds(1_050), "1.050");
    }
}
