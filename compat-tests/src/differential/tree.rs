//! A body as a tree, JSON or XML, in which order means nothing. None of the product's own codecs is used.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

/// JSON as it is; an XML element as `{"name": {"@attribute": …, "text": …, "children": […]}}`. `None`: neither.
pub fn tree(body: &str) -> Option<Value> {
    if body.starts_with('<') { xml_tree(body) } else { serde_json::from_str(body).ok() }
}

struct Element {
    name: String,
    content: Map<String, Value>,
    children: Vec<Value>,
    text: String,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Option<Self> {
        let mut content = Map::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let name = attribute.key.as_ref().to_owned();
            let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
            content.insert(format!("@{name}"), Value::String(value));
        }
        let name = start.name().as_ref().to_owned();
        Some(Self { name, content, children: Vec::new(), text: String::new() })
    }

    fn finished(mut self) -> Value {
        if self.children.is_empty() {
            self.content.insert("text".to_owned(), Value::String(self.text));
        } else {
            // Between elements there is only white space.
            self.content.insert("children".to_owned(), Value::Array(self.children));
        }
        Value::Object(Map::from_iter([(self.name, Value::Object(self.content))]))
    }
}

fn xml_tree(text: &str) -> Option<Value> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    loop {
        let finished = match reader.read_event().ok()? {
            Event::Start(start) => {
                open.push(Element::of(&start)?);
                continue;
            }
            Event::Empty(start) => Element::of(&start)?.finished(),
            Event::End(_) => open.pop()?.finished(),
            Event::Text(piece) => {
                open.last_mut()?.text.push_str(&piece);
                continue;
            }
            Event::CData(piece) => {
                open.last_mut()?.text.push_str(&piece);
                continue;
            }
            Event::GeneralRef(reference) => {
                let whole = format!("&{};", &*reference);
                open.last_mut()?.text.push_str(&quick_xml::escape::unescape(&whole).ok()?);
                continue;
            }
            Event::Eof => return None,
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(finished),
            None => return Some(finished),
        }
    }
}

/// An instance of a list, by the name of its application and its id.
pub type Instances = BTreeMap<(String, String), Value>;

/// A list of applications, taken apart.
#[derive(Debug)]
pub struct ListTree {
    /// `apps__hashcode`
    pub hashcode: String,
    /// All instances.
    pub instances: Instances,
}

/// Takes a list apart, JSON or XML. `None`: it is no list.
pub fn list(tree: &Value) -> Option<ListTree> {
    if let Some(list) = tree.get("applications").filter(|list| list.get("application").is_some()) {
        let mut instances = Instances::new();
        for application in list["application"].as_array()? {
            for instance in application["instance"].as_array()? {
                let key = (application["name"].as_str()?.to_owned(), instance["instanceId"].as_str()?.to_owned());
                instances.insert(key, instance.clone());
            }
        }
        return Some(ListTree { hashcode: list["apps__hashcode"].as_str()?.to_owned(), instances });
    }
    let list = tree.get("applications")?;
    let mut instances = Instances::new();
    for application in children(list, "application") {
        let name = text_of(application, "name")?;
        for instance in children(application, "instance") {
            let whole = Value::Object(Map::from_iter([("instance".to_owned(), instance.clone())]));
            instances.insert((name.clone(), text_of(instance, "instanceId")?), whole);
        }
    }
    Some(ListTree { hashcode: text_of(list, "apps__hashcode")?, instances })
}

fn children<'a>(element: &'a Value, name: &'a str) -> impl Iterator<Item = &'a Value> {
    element["children"].as_array().into_iter().flatten().filter_map(move |child| child.get(name))
}

/// The text of a child element.
fn text_of(element: &Value, name: &str) -> Option<String> {
    children(element, name).next()?["text"].as_str().map(ToOwned::to_owned)
}

/// A field of an instance, in either format.
pub fn field(instance: &Value, name: &str) -> Option<String> {
    match instance.get("instance") {
        Some(element) if element.get("children").is_some() => text_of(element, name),
        Some(wrapped) => field(wrapped, name),
        None => match instance.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn xml_becomes_a_tree() {
        let expected = json!({"a": {"@b": "1 & 2", "children": [
            {"c": {"text": ""}}, {"d": {"text": " <x>ü\t"}}, {"e": {"@f": "", "text": ""}},
        ]}});
        assert_eq!(tree("<a b='1 &amp; 2'>\n <c/><d> &lt;x>&#252;&#x9;</d>\n<e f=\"\"></e></a>"), Some(expected));
        assert_eq!(tree("<a><b></a>"), None);
        assert_eq!(tree("text"), None);
    }

    #[test]
    fn a_list_is_the_same_in_both_formats() {
        let as_json = r#"{"applications":{"apps__hashcode":"UP_1_","application":[
            {"name":"A","instance":[{"instanceId":"1","status":"UP"}]}]}}"#;
        let as_xml = "<applications><apps__hashcode>UP_1_</apps__hashcode><application><name>A</name>\
            <instance><instanceId>1</instanceId><status>UP</status></instance></application></applications>";
        for body in [as_json, as_xml] {
            let list = list(&tree(body).unwrap()).unwrap();
            assert_eq!(list.hashcode, "UP_1_");
            let ((app, id), instance) = list.instances.first_key_value().unwrap();
            assert_eq!((app.as_str(), id.as_str()), ("A", "1"));
            assert_eq!(field(instance, "status").unwrap(), "UP");
        }
    }
}
