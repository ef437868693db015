//! The shortest sequence that still shows a difference: parts are left out, halves first, single steps last.

use crate::Failure;
use crate::differential::step::Step;

/// Tries a sequence; whether it still shows one.
pub trait Trial {
    /// Runs the sequence.
    ///
    /// # Errors
    /// When it cannot be run.
    fn fails(&mut self, steps: &[Step]) -> impl Future<Output = Result<bool, Failure>>;
}

/// Shrinks a failing sequence with at most `tries` trials.
///
/// # Errors
/// When a trial cannot be run.
pub async fn shrink(mut steps: Vec<Step>, mut tries: usize, trial: &mut impl Trial) -> Result<Vec<Step>, Failure> {
    let mut part = steps.len().div_ceil(2);
    while part > 0 {
        let mut from = 0;
        let mut is_shorter = false;
        while from < steps.len() && tries > 0 {
            let to = (from + part).min(steps.len());
            let without = [&steps[..from], &steps[to..]].concat();
            tries -= 1;
            if trial.fails(&without).await? {
                steps = without;
                is_shorter = true;
            } else {
                from = to;
            }
        }
        if tries == 0 || (part == 1 && !is_shorter) {
            break;
        }
        part = if part == 1 { 1 } else { part.div_ceil(2) };
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::request::Request;
    use crate::differential::step::Operation;

    /// Fails when all of these paths are asked for, in this order.
    struct Needs(&'static [&'static str]);

    impl Trial for Needs {
        async fn fails(&mut self, steps: &[Step]) -> Result<bool, Failure> {
            let mut needed = self.0.iter().peekable();
            for step in steps {
                if let Step::Ask(operation) = step {
                    needed.next_if(|path| **path == operation.request.path);
                }
            }
            Ok(needed.peek().is_none())
        }
    }

    #[tokio::test]
    async fn only_what_is_needed_is_left() {
        let steps: Vec<_> =
            (0..60).map(|number| Step::Ask(Operation::plain(Request::new("GET", number.to_string())))).collect();
        let left = shrink(steps.clone(), 500, &mut Needs(&["3", "17", "58"])).await.unwrap();
        assert_eq!(left, [steps[3].clone(), steps[17].clone(), steps[58].clone()]);
        let left = shrink(steps.clone(), 3, &mut Needs(&["58"])).await.unwrap();
        assert_eq!(left.len(), 15, "as far as the trials go");
    }
}
