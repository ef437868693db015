//! Whole lists, assembled from ready fragments by copying.

use super::element::Elements;
use crate::detail::Detail;

/// How deep an instance stands in a list of applications; a full fragment carries this indentation.
pub(super) const INSTANCE_DEPTH: usize = 2;

/// One level of indentation.
const INDENT: &[u8] = b"  ";

/// Assembles `<applications>…`, the answer of `apps`, `apps/delta`, `vips` and `svips`. Nothing is serialised here
/// but names: a registry keeps the fragment of each instance ([`write_instance`](super::write_instance)).
#[derive(Debug)]
pub struct ListWriter {
    out: Vec<u8>,
    detail: Detail,
    /// Closes the list.
    tail: Vec<u8>,
}

impl ListWriter {
    /// Opens the list. `capacity` is what the whole is expected to take, in bytes.
    pub fn new(detail: Detail, version: &str, hashcode: &str, capacity: usize) -> Self {
        let mut out = Vec::with_capacity(capacity);
        let mut tail = Vec::new();
        Elements::new(&mut out, depth(detail, 0)).open("applications");
        // As in JSON, the compact form has the state of the list at its end.
        let state = match detail {
            Detail::Full => &mut out,
            Detail::Compact => &mut tail,
        };
        let mut elements = Elements::new(state, depth(detail, 1));
        elements.text("versions__delta", version);
        elements.text("apps__hashcode", hashcode);
        tail.extend_from_slice(b"</applications>");
        Self { out, detail, tail }
    }

    /// Appends one application with the fragments of its instances.
    pub fn application<F: AsRef<[u8]>>(&mut self, name: &str, fragments: impl IntoIterator<Item = F>) {
        let mut elements = Elements::new(&mut self.out, depth(self.detail, 1));
        elements.open("application");
        elements.text("name", name);
        for fragment in fragments {
            self.out.extend_from_slice(fragment.as_ref());
        }
        // Closing comes out one level before the depth it is told.
        Elements::new(&mut self.out, depth(self.detail, 2)).close("application");
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

/// Assembles `<application>…`, the answer of `apps/{app}`, from the same fragments: in full, one level further out.
pub fn encode_application<F: AsRef<[u8]>>(
    detail: Detail,
    name: &str,
    fragments: impl IntoIterator<Item = F>,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut elements = Elements::new(&mut out, depth(detail, 0));
    elements.open("application");
    elements.text("name", name);
    for fragment in fragments {
        match detail {
            Detail::Full => push_one_level_out(&mut out, fragment.as_ref()),
            Detail::Compact => out.extend_from_slice(fragment.as_ref()),
        }
    }
    out.extend_from_slice(b"</application>");
    out
}

/// Every line end in a fragment is one between elements: those in values are written as references.
fn push_one_level_out(out: &mut Vec<u8>, fragment: &[u8]) {
    for line in fragment.split_inclusive(|byte| *byte == b'\n') {
        out.extend_from_slice(line.strip_prefix(INDENT).unwrap_or(line));
    }
}

const fn depth(detail: Detail, depth: usize) -> Option<usize> {
    match detail {
        Detail::Full => Some(depth),
        Detail::Compact => None,
    }
}
