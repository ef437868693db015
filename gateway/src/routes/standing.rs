//! How the routes came to be in force, for who asks.

use serde::Serialize;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    /// How often changed routes were taken over since the start; and when last, epoch milliseconds.
    pub(crate) taken_over: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) taken_over_ms: Option<i64>,
    /// How often a changed configuration was not, because something in it is wrong.
    pub(crate) refused: u64,
    /// What is wrong with the one that is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wrong: Option<String>,
}
