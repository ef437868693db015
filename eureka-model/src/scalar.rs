//! What the text of a scalar means. Clients send numbers and booleans as such or as strings; XML has only text.

use crate::instance::{ActionType, InstanceStatus};

/// A value that a scalar's text means.
pub(crate) trait Scalar: Sized {
    /// For the error message.
    const ALLOWED: &'static str;

    /// The value, or nothing where the text means none.
    fn from_text(text: &str) -> Option<Self>;

    /// The same for a whole number.
    fn from_number(number: i64) -> Option<Self> {
        Self::from_text(&number.to_string())
    }
}

impl Scalar for String {
    const ALLOWED: &'static str = "a string, a number, a boolean or null";

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Scalar for i64 {
    const ALLOWED: &'static str = "a whole number of 64 bits, also as a string, or null";

    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn from_number(number: i64) -> Option<Self> {
        Some(number)
    }
}

impl Scalar for i32 {
    const ALLOWED: &'static str = "a whole number of 32 bits, also as a string, or null";

    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn from_number(number: i64) -> Option<Self> {
        number.try_into().ok()
    }
}

impl Scalar for bool {
    const ALLOWED: &'static str = "true or false, also as a string, or null";

    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("true") {
            Some(true)
        } else if text.eq_ignore_ascii_case("false") {
            Some(false)
        } else {
            None
        }
    }
}

impl Scalar for InstanceStatus {
    const ALLOWED: &'static str = "the name of a status, or null";

    fn from_text(text: &str) -> Option<Self> {
        Some(Self::from_wire_lenient(text))
    }
}

/// A status as a registration says it. A name that nobody knows is remembered, for whoever looks for the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatusWord {
    Known(InstanceStatus),
    Unknown(String),
}

impl StatusWord {
    /// A name that nobody knows means `UNKNOWN`.
    pub(crate) fn meaning(&self) -> InstanceStatus {
        match self {
            Self::Known(status) => *status,
            Self::Unknown(_) => InstanceStatus::Unknown,
        }
    }
}

impl Scalar for StatusWord {
    const ALLOWED: &'static str = InstanceStatus::ALLOWED;

    fn from_text(text: &str) -> Option<Self> {
        Some(text.parse().map_or_else(|_| Self::Unknown(text.to_owned()), Self::Known))
    }
}

/// An action that nobody knows is no action.
impl Scalar for Option<ActionType> {
    const ALLOWED: &'static str = "the name of an action, or null";

    fn from_text(text: &str) -> Option<Self> {
        Some(ActionType::from_wire(text))
    }
}
