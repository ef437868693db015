//! Whole lists, assembled from ready fragments by copying.

use super::text::push_string;
use crate::detail::Detail;

/// Assembles `{"applications":…}`, the answer of `apps`, `apps/delta`, `vips` and `svips`. Nothing is serialised
/// here but names: a registry keeps the fragment of each instance ([`write_instance`](super::write_instance)).
#[derive(Debug)]
pub struct ListWriter {
    out: Vec<u8>,
    /// Closes the list.
    tail: Vec<u8>,
    /// An application begins with a comma unless it is the first.
    is_empty: bool,
}

impl ListWriter {
    /// Opens the list. `capacity` is what the whole is expected to take, in bytes.
    pub fn new(detail: Detail, version: &str, hashcode: &str, capacity: usize) -> Self {
        let mut out = Vec::with_capacity(capacity);
        let mut tail = b"]".to_vec();
        out.extend_from_slice(b"{\"applications\":{");
        match detail {
            Detail::Full => {
                push_state(&mut out, version, hashcode);
                out.push(b',');
            }
            // Java's compact form is alphabetical by accident of its serialiser; clients have seen it so.
            Detail::Compact => {
                tail.push(b',');
                push_state(&mut tail, version, hashcode);
            }
        }
        out.extend_from_slice(b"\"application\":[");
        tail.extend_from_slice(b"}}");
        Self { out, tail, is_empty: true }
    }

    /// Appends one application with the fragments of its instances.
    pub fn application<F: AsRef<[u8]>>(&mut self, name: &str, fragments: impl IntoIterator<Item = F>) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        push_application(&mut self.out, name, fragments);
    }

    /// How many bytes are written so far: where the next application begins.
    pub fn written(&self) -> usize {
        self.out.len()
    }

    /// Closes the list and hands it out.
    pub fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(&self.tail);
        self.out
    }
}

/// Assembles `{"application":…}`, the answer of `apps/{app}`.
pub fn encode_application<F: AsRef<[u8]>>(name: &str, fragments: impl IntoIterator<Item = F>) -> Vec<u8> {
    let mut out = b"{\"application\":".to_vec();
    push_application(&mut out, name, fragments);
    out.push(b'}');
    out
}

fn push_application<F: AsRef<[u8]>>(out: &mut Vec<u8>, name: &str, fragments: impl IntoIterator<Item = F>) {
    out.extend_from_slice(b"{\"name\":");
    push_string(out, name);
    out.extend_from_slice(b",\"instance\":[");
    for (place, fragment) in fragments.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(fragment.as_ref());
    }
    out.extend_from_slice(b"]}");
}

fn push_state(out: &mut Vec<u8>, version: &str, hashcode: &str) {
    out.extend_from_slice(b"\"versions__delta\":");
    push_string(out, version);
    out.extend_from_slice(b",\"apps__hashcode\":");
    push_string(out, hashcode);
}
