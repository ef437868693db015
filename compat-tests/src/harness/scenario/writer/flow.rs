//! Values and small maps as they stand in one line.

/// Words that YAML takes for something else than a text.
const OTHERS: [&str; 8] = ["true", "false", "null", "yes", "no", "on", "off", "~"];

/// A text: bare where nobody can mistake it, else quoted.
pub(super) fn text(text: &str) -> String {
    let is_other = OTHERS.iter().any(|other| text.eq_ignore_ascii_case(other));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./>".contains(c);
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let has_edges = text.trim() != text;
    if begins_well && !is_other && !has_edges && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}

/// A product's setting: whole numbers and truths are read back as they are written.
pub(super) fn setting(value: &str) -> String {
    let is_whole = value.parse::<i64>().is_ok_and(|number| number.to_string() == value);
    if is_whole || matches!(value, "true" | "false") { value.to_owned() } else { text(value) }
}

/// JSON's quotes are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `{at: 91s, offline: shop-1}`; of what is not there nothing is written.
pub(in crate::harness::scenario) fn map(entries: &[(&str, Option<String>)]) -> String {
    let written: Vec<String> =
        entries.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?))).collect();
    format!("{{{}}}", written.join(", "))
}

/// `[registry-1, registry-2]`.
pub(super) fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| text(item)).collect();
    format!("[{}]", items.join(", "))
}
