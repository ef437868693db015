//! Elements, one a line and indented by two, or all in a row.

use super::escape::push_text;
use super::name::push_encoded;
use crate::decimal;

/// Writes elements into a buffer. Names are ours, and need no escapes, unless they are said to be keys.
pub(super) struct Elements<'a> {
    out: &'a mut Vec<u8>,
    /// How deep the next element stands; nothing: no indentation and no line ends.
    depth: Option<usize>,
}

impl<'a> Elements<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, depth: Option<usize>) -> Self {
        Self { out, depth }
    }

    /// `<name>`, and what follows stands inside.
    pub(super) fn open(&mut self, name: &str) {
        self.open_with(name, None);
    }

    /// `<name attribute="value">`, and what follows stands inside.
    pub(super) fn open_with(&mut self, name: &str, attribute: Option<(&str, &str)>) {
        self.start(name, attribute);
        self.out.push(b'>');
        self.end_line();
        self.depth = self.depth.map(|depth| depth + 1);
    }

    /// `</name>`, one level further out.
    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.map(|depth| depth.saturating_sub(1));
        self.indent();
        self.end(name);
        self.end_line();
    }

    /// `<name attribute="value"/>`.
    pub(super) fn empty(&mut self, name: &str, attribute: Option<(&str, &str)>) {
        self.start(name, attribute);
        self.out.extend_from_slice(b"/>");
        self.end_line();
    }

    /// `<name>value</name>`.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.start(name, None);
        self.out.push(b'>');
        push_text(self.out, value);
        self.end(name);
        self.end_line();
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// `<name attribute="value">number</name>`.
    pub(super) fn number(&mut self, name: &str, attribute: Option<(&str, &str)>, value: i64) {
        self.start(name, attribute);
        self.out.push(b'>');
        decimal::push(self.out, value);
        self.end(name);
        self.end_line();
    }

    /// `<key>value</key>`, with the key made a name.
    pub(super) fn pair(&mut self, key: &str, value: &str) {
        self.indent();
        self.out.push(b'<');
        push_encoded(self.out, key);
        self.out.push(b'>');
        push_text(self.out, value);
        self.out.extend_from_slice(b"</");
        push_encoded(self.out, key);
        self.out.push(b'>');
        self.end_line();
    }

    fn start(&mut self, name: &str, attribute: Option<(&str, &str)>) {
        self.indent();
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        if let Some((attribute, value)) = attribute {
            self.out.push(b' ');
            self.out.extend_from_slice(attribute.as_bytes());
            self.out.extend_from_slice(b"=\"");
            push_text(self.out, value);
            self.out.push(b'"');
        }
    }

    fn end(&mut self, name: &str) {
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'>');
    }

    fn indent(&mut self) {
        for _ in 0..self.depth.unwrap_or(0) {
            self.out.extend_from_slice(b"  ");
        }
    }

    fn end_line(&mut self) {
        if self.depth.is_some() {
            self.out.push(b'\n');
        }
    }
}
