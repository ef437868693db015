//! Which profiles are active, and the expressions that ask for them.

/// What an expression may look like.
pub(super) const ALLOWED: &str = "profiles such as prod, or an expression of !, &, | and parentheses";
/// Parentheses within parentheses.
const DEPTH_MAX: usize = 16;

/// `prod`, `!prod`, `eu & (blue | green)`; commas mean "or".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Profile(String),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Expression {
    /// `None` when it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.split(',').map(Self::parse_one).collect::<Option<Vec<_>>>().map(Self::Any)
    }

    fn parse_one(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let expression = Self::chain(&mut rest, 0)?;
        rest.trim().is_empty().then_some(expression)
    }

    /// Terms joined by one kind of operator: Spring refuses a mix without parentheses, too.
    fn chain(rest: &mut &str, depth: usize) -> Option<Self> {
        let mut terms = vec![Self::term(rest, depth)?];
        let mut operator = None;
        loop {
            *rest = rest.trim_start();
            match rest.chars().next() {
                Some(found @ ('&' | '|')) if operator.is_none_or(|known| known == found) => {
                    operator = Some(found);
                    *rest = &rest[1..];
                    terms.push(Self::term(rest, depth)?);
                }
                Some('&' | '|') => return None,
                _ => break,
            }
        }
        Some(if operator == Some('&') { Self::All(terms) } else { Self::Any(terms) })
    }

    fn term(rest: &mut &str, depth: usize) -> Option<Self> {
        *rest = rest.trim_start();
        if depth > DEPTH_MAX {
            return None;
        }
        if let Some(after) = rest.strip_prefix('!') {
            *rest = after;
            return Some(Self::Not(Box::new(Self::term(rest, depth + 1)?)));
        }
        if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            let inner = Self::chain(rest, depth + 1)?;
            *rest = rest.trim_start().strip_prefix(')')?;
            return Some(inner);
        }
        let end = rest.find(|c: char| "!&|() ".contains(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        (!name.is_empty()).then(|| Self::Profile(name.to_owned()))
    }

    pub(super) fn is_met(&self, active: &[String]) -> bool {
        match self {
            Self::Profile(name) => active.contains(name),
            Self::Not(inner) => !inner.is_met(active),
            Self::All(terms) => terms.iter().all(|term| term.is_met(active)),
            Self::Any(terms) => terms.iter().any(|term| term.is_met(active)),
        }
    }
}

/// The names of a comma-separated list.
pub(super) fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The active profiles in the order of their strength: included ones first, a group's members behind its name.
/// Without any it is the default profile.
pub(super) fn in_order<E>(
    included: Vec<String>,
    active: Option<Vec<String>>,
    default: Vec<String>,
    group: impl Fn(&str) -> Result<Vec<String>, E>,
) -> Result<Vec<String>, E> {
    let active = active.unwrap_or_default();
    let mut wanted = if included.is_empty() && active.is_empty() { default } else { [included, active].concat() };
    wanted.reverse();
    let mut ordered: Vec<String> = Vec::new();
    while let Some(profile) = wanted.pop() {
        if !ordered.contains(&profile) {
            wanted.extend(group(&profile)?.into_iter().rev());
            ordered.push(profile);
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        listed(text)
    }

    #[test]
    fn expressions_ask_for_profiles() {
        let table = [
            ("prod", "prod", true),
            ("prod", "", false),
            ("prod, test", "test", true),
            ("!prod", "", true),
            ("!prod", "prod", false),
            ("a & b", "a", false),
            ("a&b", "b,a", true),
            ("a | b", "b", true),
            ("a & (b | !c)", "a", true),
            ("a & (b | !c)", "a,c", false),
        ];
        for (expression, active, expected) in table {
            assert_eq!(
                Expression::parse(expression).unwrap().is_met(&names(active)),
                expected,
                "{expression} / {active}"
            );
        }
        for wrong in ["", "a & b | c", "(a", "a)", "!", "a b", "a,,b", &"(".repeat(100)] {
            assert_eq!(Expression::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn groups_and_includes_have_their_place() {
        let group = |name: &str| Ok::<_, ()>(if name == "g" { names("x,y") } else { Vec::new() });
        let order = |included, active: Option<&str>| {
            in_order(names(included), active.map(names), names("default"), group).unwrap()
        };
        assert_eq!(order("", None), ["default"]);
        assert_eq!(order("", Some("a,b")), ["a", "b"]);
        assert_eq!(order("i", Some("g,a,x")), ["i", "g", "x", "y", "a"]);
    }
}
