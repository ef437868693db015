//! Ready-made answers: whole lists, assembled from the instances' fragments by copying.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use eurus_model::{json, xml};

use crate::compressed_list::{CompressedGroups, Segment};
use crate::content::Content;
use crate::form::{Form, Format};
use crate::gzip;
use crate::held_bytes::Weight;
use crate::registered::Registered;
use crate::store::{AppSnapshot, Snapshot};

/// One list in one form.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) plain: Arc<Content>,
    /// Only of the lists that may be asked for compressed.
    pub(crate) gzip: Option<Arc<Content>>,
    /// Tells this answer from all others of this process: what `ETag` is made of.
    pub(crate) number: u64,
    /// Its part of what the caches hold, of those that count there.
    pub(crate) weight: OnceLock<Weight>,
}

/// How a list is compressed.
pub(crate) enum Compressing<'a> {
    /// Not at all.
    No,
    /// As a whole.
    Whole,
    /// Group by group; groups younger than `life_ms` are reused where nothing changed.
    Groups { groups: &'a CompressedGroups, now_ms: i64, life_ms: i64 },
}

/// Numbers answers, so that no two have the same `ETag`. A checksum could collide, and a wrong 304 is a stale list.
#[derive(Debug, Default)]
pub(crate) struct Numbering(AtomicU64);

impl Numbering {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Payload {
    /// A list of applications.
    pub(crate) fn list(
        snapshot: &Snapshot,
        version: &str,
        form: Form,
        compressing: &Compressing<'_>,
        numbers: &Numbering,
    ) -> Self {
        let (plain, segments) = assemble(snapshot, version, form);
        let compressed = match compressing {
            Compressing::No => None,
            Compressing::Whole => compressed(gzip::compress(&plain), plain.len()),
            Compressing::Groups { groups, now_ms, life_ms } => {
                compressed(groups.compress(&plain, &segments, *now_ms, *life_ms), plain.len())
            }
        };
        Self { plain: Arc::new(plain.into()), gzip: compressed, number: numbers.next(), weight: OnceLock::new() }
    }

    /// One application.
    pub(crate) fn application(app: &AppSnapshot, form: Form, numbers: &Numbering) -> Self {
        let fragments = fragments(&app.instances, form);
        let plain = match form.format {
            Format::Json => json::encode_application(&app.name, fragments),
            Format::Xml => xml::encode_application(form.detail, &app.name, fragments),
        };
        Self { plain: Arc::new(plain.into()), gzip: None, number: numbers.next(), weight: OnceLock::new() }
    }

    /// The same with other bytes: what a harness makes of it.
    pub(crate) fn altered(&self, alter: impl Fn(&[u8]) -> Vec<u8>, numbers: &Numbering) -> Self {
        let plain = alter(self.plain.bytes());
        let gzip = self.gzip.as_ref().and_then(|_| compressed(gzip::compress(&plain), plain.len()));
        Self { plain: Arc::new(plain.into()), gzip, number: numbers.next(), weight: OnceLock::new() }
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        (self.plain.len() + self.gzip.as_ref().map_or(0, |gzip| gzip.len())) as u64
    }
}

fn compressed(gzip: Option<Vec<u8>>, plain_len: usize) -> Option<Arc<Content>> {
    if gzip.is_none() {
        // Compressing memory does not fail; if it ever does the plain bytes are still a right answer.
        log::error!("a list of {plain_len} bytes cannot be compressed and is sent plain");
    }
    gzip.map(|gzip| Arc::new(gzip.into()))
}

fn fragments(instances: &[Arc<Registered>], form: Form) -> impl Iterator<Item = Cow<'_, [u8]>> {
    instances.iter().map(move |instance| instance.fragment(form))
}

/// Both codecs' list writers behind one face.
enum Writer {
    Json(json::ListWriter),
    Xml(xml::ListWriter),
}

impl Writer {
    fn application<'a>(&mut self, name: &str, fragments: impl Iterator<Item = Cow<'a, [u8]>>) {
        match self {
            Self::Json(writer) => writer.application(name, fragments),
            Self::Xml(writer) => writer.application(name, fragments),
        }
    }

    fn written(&self) -> usize {
        match self {
            Self::Json(writer) => writer.written(),
            Self::Xml(writer) => writer.written(),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Json(writer) => writer.finish(),
            Self::Xml(writer) => writer.finish(),
        }
    }
}

/// The whole list, and where in it each application stands.
fn assemble(snapshot: &Snapshot, version: &str, form: Form) -> (Vec<u8>, Vec<Segment>) {
    let instances = snapshot.apps.iter().flat_map(|app| &app.instances);
    let capacity = instances.map(|instance| instance.fragment_len(form)).sum();
    let mut writer = match form.format {
        Format::Json => Writer::Json(json::ListWriter::new(form.detail, version, &snapshot.hashcode, capacity)),
        Format::Xml => Writer::Xml(xml::ListWriter::new(form.detail, version, &snapshot.hashcode, capacity)),
    };
    let mut segments = Vec::with_capacity(snapshot.apps.len());
    for app in &snapshot.apps {
        let start = writer.written();
        writer.application(&app.name, fragments(&app.instances, form));
        segments.push(Segment { app: app.name.clone(), version: app.version, bytes: start..writer.written() });
    }
    (writer.finish(), segments)
}
