//! YAML with its numbers as they are written: `012345` is a password of six letters, and no number has thirty digits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::{NonFiniteFloatPolicy, Spanned};

/// All documents that are maps, numbers as texts; why it is none.
pub(super) fn documents(source: &str) -> Result<Vec<Map<String, Value>>, String> {
    // `12e4567` is a number without end to YAML, and a password to us.
    let options = serde_saphyr::options! { non_finite_float_policy: NonFiniteFloatPolicy::PassThrough };
    let documents: Vec<Option<Entries>> =
        serde_saphyr::from_multiple_with_options(source, options).map_err(|error| error.to_string())?;
    documents.into_iter().flatten().map(|entries| entries.written(source)).collect()
}

enum Node {
    Null,
    Bool(bool),
    /// What it says stands in the source.
    Number,
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Entries),
}

struct Entries(Vec<(String, Spanned<Node>)>);

impl Entries {
    fn written(self, source: &str) -> Result<Map<String, Value>, String> {
        self.0.into_iter().map(|(name, node)| Ok((name, written(node, source)?))).collect()
    }
}

fn written(node: Spanned<Node>, source: &str) -> Result<Value, String> {
    Ok(match node.value {
        Node::Null => Value::Null,
        Node::Bool(bool) => Value::Bool(bool),
        Node::Text(text) => Value::String(text),
        Node::List(items) => {
            Value::Array(items.into_iter().map(|item| written(item, source)).collect::<Result<_, _>>()?)
        }
        Node::Map(entries) => Value::Object(entries.written(source)?),
        Node::Number => {
            let span = node.defined.span();
            let number = place(span.byte_offset(), span.byte_len())
                .and_then(|(from, len)| source.get(from..from.checked_add(len)?))
                .and_then(|text| text.split_whitespace().last());
            let unclear = || format!("the number in line {} cannot be told: quote it", node.defined.line());
            Value::String(number.ok_or_else(unclear)?.to_owned())
        }
    })
}

fn place(from: Option<u64>, len: Option<u64>) -> Option<(usize, usize)> {
    Some((usize::try_from(from?).ok()?, usize::try_from(len?).ok()?))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct NodeVisitor;
struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Node, E> {
        Ok(Node::Bool(bool))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Node, A::Error> {
        EntriesVisitor.visit_map(map).map(Node::Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_is_written() {
        for number in [
            "012345",
            "098765",
            "08",
            "-07",
            "+5",
            "1.10",
            "1e3",
            "0x1F",
            "0o17",
            "1_000",
            ".5",
            ".inf",
            "12e4567",
            "123456789012345678901234567890",
            "12345678901234567890",
        ] {
            for (yaml, path) in [
                (format!("a: {number}"), "/0/a"),
                (format!("a: {number}   # comment\r\nb: x"), "/0/a"),
                (format!("x: é ü\na: {{b: [1, {number}]}}"), "/0/a/b/1"),
                (format!("\u{feff}x: 1\n---\nb:\n  - {number}\n"), "/1/b/0"),
                (format!("x: &it {number}\na: *it"), "/0/a"),
                (format!("x: &it {{y: {number}}}\na:\n  <<: *it\n  z: 1"), "/0/a/y"),
            ] {
                let documents = documents(&yaml).unwrap_or_else(|why| panic!("{yaml}: {why}"));
                let all = Value::Array(documents.into_iter().map(Value::Object).collect());
                assert_eq!(all.pointer(path), Some(&Value::String(number.to_owned())), "{yaml}: {all}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_as_before() {
        let documents = documents("a: yes\nb: '012'\nc: ~\nd: !!int 5\ne: {}\nf:\n").unwrap();
        let all = serde_json::json!([{"a": true, "b": "012", "c": null, "d": "5", "e": {}, "f": null}]);
        assert_eq!(Value::Array(documents.into_iter().map(Value::Object).collect()), all);
        assert!(super::documents("a: 1\na: 2").is_err(), "a key twice");
        assert!(super::documents("just text").is_err());
    }
}
