//! What must be seen in a scenario.

use super::super::checker::Rule;
use super::super::layer::Layer;
use super::super::reading::{Fields, Item, Wrong};
use super::names::Names;

/// How a layer shows that it does not list an instance.
pub(super) const ABSENT: &str = "absent";
const STATES: [(&str, &str); 6] = [
    ("UP", "UP"),
    ("DOWN", "DOWN"),
    ("STARTING", "STARTING"),
    ("OUT_OF_SERVICE", "OUT_OF_SERVICE"),
    ("UNKNOWN", "UNKNOWN"),
    (ABSENT, ABSENT),
];

/// One expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// A layer comes to show a state of an instance, in time.
    Sees(Sees),
    /// A layer does not show it, from a moment until another.
    Never(Sees),
    /// A layer shows it all the time, from a moment until another.
    Always(Sees),
    /// How many requests fail, from a moment until another.
    Failed {
        /// Through what; `None`: all.
        through: Option<String>,
        /// From when.
        after: Option<String>,
        /// How many.
        count: Bound,
    },
    /// How many requests begin at an instance after a step.
    Begun {
        /// Where.
        instance: String,
        /// After which step; `None`: all.
        after: Option<String>,
        /// How many.
        count: Bound,
    },
    /// What a sync-speed answered.
    Answer {
        /// The step that asked.
        step: String,
        /// `done`, `partial`, `failed`, or the HTTP status of a refusal.
        is: String,
    },
    /// The checker finds that a rule is broken: shown as such, not a failure of the run.
    Violation(Rule),
}

/// What a layer shows and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sees {
    /// Whose layer.
    pub node: String,
    /// Which.
    pub layer: Layer,
    /// Of which instance.
    pub instance: String,
    /// Which status, or `absent`.
    pub is: String,
    /// The step from whose moment `from` and `by` count; `None`: the scenario's begin.
    pub after: Option<String>,
    /// Not before this.
    pub from_ms: i64,
    /// Not later than this; `None`: before the end.
    pub by_ms: Option<i64>,
}

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Exactly.
    Exactly(usize),
    /// Or more.
    AtLeast(usize),
}

impl Bound {
    /// Whether a number is within it.
    pub fn holds(self, count: usize) -> bool {
        match self {
            Self::Exactly(expected) => count == expected,
            Self::AtLeast(least) => count >= least,
        }
    }

    /// For reports.
    pub fn in_words(self) -> String {
        match self {
            Self::Exactly(expected) => expected.to_string(),
            Self::AtLeast(least) => format!("at least {least}"),
        }
    }

    fn read(fields: &Fields<'_>) -> Result<Self, Wrong> {
        match (fields.get("is"), fields.get("at-least")) {
            (Some(is), None) => is.count(0..=usize::MAX).map(Self::Exactly),
            (None, Some(least)) => least.count(0..=usize::MAX).map(Self::AtLeast),
            _ => Err(fields.wrong("say how many: 'is' or 'at-least'")),
        }
    }
}

impl Expectation {
    pub(super) fn read(item: &Item<'_>, names: &Names) -> Result<Self, Wrong> {
        const KINDS: [&str; 7] = ["sees", "never", "always", "failed", "begun", "answer", "violation"];
        let fields = item.fields(&KINDS)?;
        let mut all = fields.iter();
        let (Some((kind, item)), None) = (all.next(), all.next()) else {
            return Err(item.wrong(format!("an expectation is exactly one of: {}", KINDS.join(", "))));
        };
        let optional_step = |fields: &Fields<'_>| fields.get("after").map(|after| names.step(after)).transpose();
        Ok(match *kind {
            "sees" => Self::Sees(Sees::read(item, names)?),
            "never" => Self::Never(Sees::read(item, names)?),
            "always" => Self::Always(Sees::read(item, names)?),
            "failed" => {
                let fields = item.fields(&["through", "after", "is", "at-least"])?;
                let through = fields.get("through").map(|through| names.way(through)).transpose()?;
                Self::Failed { through, after: optional_step(&fields)?, count: Bound::read(&fields)? }
            }
            "begun" => {
                let fields = item.fields(&["instance", "after", "is", "at-least"])?;
                let instance = names.instance(fields.need("instance")?)?;
                Self::Begun { instance, after: optional_step(&fields)?, count: Bound::read(&fields)? }
            }
            "answer" => {
                let fields = item.fields(&["step", "is"])?;
                Self::Answer { step: names.step(fields.need("step")?)?, is: fields.need("is")?.setting()? }
            }
            _ => {
                let words: Vec<(&str, Rule)> = Rule::ALL.into_iter().map(|rule| (rule.name(), rule)).collect();
                Self::Violation(item.one_of(&words)?)
            }
        })
    }
}

impl Sees {
    fn read(item: &Item<'_>, names: &Names) -> Result<Self, Wrong> {
        let fields = item.fields(&["node", "layer", "instance", "is", "after", "from", "by"])?;
        let (node, layer) = names.layer_of(fields.need("node")?, fields.need("layer")?)?;
        let (from_ms, by) = (fields.span_ms("from", 0)?, fields.get("by"));
        let by_ms = by.map(Item::span_ms).transpose()?;
        if let Some(by) = by.filter(|_| by_ms.is_some_and(|by_ms| by_ms < from_ms)) {
            return Err(by.wrong("it lies before 'from'"));
        }
        Ok(Self {
            node,
            layer,
            instance: names.instance(fields.need("instance")?)?,
            is: fields.need("is")?.one_of(&STATES)?.to_owned(),
            after: fields.get("after").map(|after| names.step(after)).transpose()?,
            from_ms,
            by_ms,
        })
    }
}
