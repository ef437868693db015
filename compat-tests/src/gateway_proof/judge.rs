//! What a request may come to, given who was in trouble meanwhile.

use super::account::{Account, Outcome};
use super::fate::Fate;
use super::trouble::Trouble;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// As it should.
    Fine,
    /// It failed, and that is what this fate may do.
    Excused(Fate),
    /// The gateway did wrong: why.
    Violation(&'static str),
}

/// `troubles`: all that may overlap.
pub(super) fn judge(account: &Account, troubles: &[Trouble]) -> Judgement {
    let mut meanwhile = troubles.iter().filter(|trouble| trouble.overlaps(account.began_ms, account.ended_ms));
    let excuse = match &account.outcome {
        Outcome::Whole | Outcome::Abandoned => return Judgement::Fine,
        Outcome::Wrong(_) => return Judgement::Violation("a wrong answer that looks whole"),
        Outcome::Endless => return Judgement::Violation("it did not end"),
        Outcome::Refused(_) | Outcome::NoAnswer(_) if account.request.must_be_answered() => {
            return Judgement::Violation("idempotent, and not answered while instances were healthy");
        }
        Outcome::Refused(_) | Outcome::NoAnswer(_) => meanwhile.find(|trouble| trouble.fate.may_cost_a_request()),
        Outcome::Broken(_) => {
            meanwhile.find(|trouble| Some(trouble.instance) == account.instance && trouble.fate.may_break_an_answer())
        }
    };
    excuse.map_or(Judgement::Violation("it failed, and no trouble explains it"), |trouble| {
        Judgement::Excused(trouble.fate)
    })
}

#[cfg(test)]
mod tests {
    use super::super::kind::{Kind, Request};
    use super::*;

    /// From 1000 to 2000 ms, by instance 1.
    fn account(kind: Kind, outcome: Outcome) -> Account {
        let request = Request { number: 9, kind, size: 1, count: 1 };
        Account { request, is_http2: false, began_ms: 1_000, ended_ms: 2_000, instance: Some(1), outcome }
    }

    fn trouble(instance: usize, fate: Fate, began_ms: i64, ended_ms: Option<i64>) -> Trouble {
        Trouble { instance, fate, began_ms, ended_ms }
    }

    #[test]
    fn only_trouble_excuses_and_only_what_it_can_do() {
        let refused = || Outcome::Refused("503".into());
        let broken = || Outcome::Broken("cut".into());
        let wrong = || Outcome::Wrong("flipped".into());
        let crash = trouble(1, Fate::Crash, 1_500, None);
        let excused = Judgement::Excused(Fate::Crash);
        let is_fine = Judgement::Fine;
        let unexplained = Judgement::Violation("it failed, and no trouble explains it");
        let unanswered = Judgement::Violation("idempotent, and not answered while instances were healthy");
        let cases = [
            ("whole", Kind::Get, Outcome::Whole, vec![], &is_fine),
            (
                "wrong, whatever happened",
                Kind::Get,
                wrong(),
                vec![crash],
                &Judgement::Violation("a wrong answer that looks whole"),
            ),
            (
                "endless, whatever happened",
                Kind::Post,
                Outcome::Endless,
                vec![crash],
                &Judgement::Violation("it did not end"),
            ),
            ("a GET, whatever happened", Kind::Get, refused(), vec![crash], &unanswered),
            (
                "a handshake, whatever happened",
                Kind::WebSocket,
                Outcome::NoAnswer("reset".into()),
                vec![crash],
                &unanswered,
            ),
            ("a PUT whose body the gateway keeps", Kind::Put, refused(), vec![crash], &unanswered),
            ("a POST while somebody dies", Kind::Post, refused(), vec![crash], &excused),
            ("a POST while another one dies", Kind::Post, refused(), vec![trouble(3, Fate::Crash, 0, None)], &excused),
            ("a POST and nothing happened", Kind::Post, refused(), vec![], &unexplained),
            ("a POST after it", Kind::Post, refused(), vec![trouble(1, Fate::Crash, 0, Some(499))], &unexplained),
            ("a POST just after it", Kind::Post, refused(), vec![trouble(1, Fate::Crash, 0, Some(500))], &excused),
            ("a POST before it", Kind::Post, refused(), vec![trouble(1, Fate::Crash, 2_001, None)], &unexplained),
            (
                "a POST while somebody is slow",
                Kind::Post,
                refused(),
                vec![trouble(1, Fate::Slow, 0, None)],
                &unexplained,
            ),
            ("broken by its instance's death", Kind::Get, broken(), vec![crash], &excused),
            ("broken, another one died", Kind::Get, broken(), vec![trouble(2, Fate::Crash, 0, None)], &unexplained),
            (
                "broken, it closed idle ones",
                Kind::Get,
                broken(),
                vec![trouble(1, Fate::CloseIdle, 0, None)],
                &unexplained,
            ),
        ];
        for (what, kind, outcome, troubles, expected) in cases {
            assert_eq!(judge(&account(kind, outcome), &troubles), *expected, "{what}");
        }
    }
}
