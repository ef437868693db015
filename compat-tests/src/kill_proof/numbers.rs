//! The marks of the gateways: in one life of a gateway the number of an instance's mark never goes back.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Marks {
    pub(super) marks: Vec<Mark>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mark {
    instance_id: String,
    number: i64,
    kind: String,
}

/// Number and kind of the marks, by instance.
type ByInstance = BTreeMap<String, (i64, String)>;

#[derive(Default)]
pub(super) struct Numbers {
    /// By gateway: in which life.
    seen: BTreeMap<usize, (u32, ByInstance)>,
    pub(super) violations: Vec<String>,
}

impl Numbers {
    pub(super) fn note(&mut self, gateway: usize, life: u32, marks: Marks) {
        let (seen_life, seen) = self.seen.entry(gateway).or_default();
        if *seen_life != life {
            *seen_life = life;
            seen.clear();
        }
        for mark in marks.marks {
            let before = seen.insert(mark.instance_id.clone(), (mark.number, mark.kind.clone()));
            if let Some((number, kind)) = before
                && number > mark.number
            {
                self.violations.push(format!(
                    "gateway-{}: the mark of {} went back from {kind} {number} to {} {}",
                    gateway + 1,
                    mark.instance_id,
                    mark.kind,
                    mark.number
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_is_a_violation_in_one_life() {
        let mark =
            |number| Marks { marks: vec![Mark { instance_id: "a".to_owned(), number, kind: "down".to_owned() }] };
        let mut numbers = Numbers::default();
        numbers.note(0, 0, mark(5));
        numbers.note(0, 0, mark(6));
        numbers.note(1, 0, mark(4));
        numbers.note(0, 1, mark(5));
        assert_eq!(numbers.violations, [] as [&str; 0]);
        numbers.note(0, 1, mark(4));
        assert_eq!(numbers.violations, ["gateway-1: the mark of a went back from down 5 to down 4"]);
    }
}
