//! The compressed full list: applications in groups, each group compressed when one of its applications changed.
//!
//! Groups exist because small applications compress badly alone. Where a group ends depends on names, not on sizes,
//! so that a change shifts no other group; only an application that is large enough stands alone.

use std::collections::HashMap;
use std::ops::Range;

use parking_lot::Mutex;

use crate::gzip::{Block, Effort, Member};

/// An application of this size compresses well alone.
const LARGE_APP_BYTES: usize = 64 << 10;
/// One name in this many ends its group.
const GROUP_APPS: u32 = 16;

/// One application's place in the plain list.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) app: String,
    /// The application's version in the store.
    pub(crate) version: u64,
    pub(crate) bytes: Range<usize>,
}

/// The groups of the last list in one form.
#[derive(Debug, Default)]
pub(crate) struct CompressedGroups {
    /// By the name of the group's first application. Locked while one list is compressed: one is at a time.
    held: Mutex<HashMap<String, Group>>,
}

#[derive(Debug)]
struct Group {
    members: Vec<(String, u64)>,
    /// JSON's lists have a comma before each application but the first.
    first_byte: Option<u8>,
    block: Block,
    compressed_ms: i64,
}

impl CompressedGroups {
    /// Compresses a list, reusing the groups that are as they were. A group older than `life_ms` is made anew: what
    /// moves without a change, the time of the last renewal, must not grow old for ever.
    pub(crate) fn compress(&self, plain: &[u8], segments: &[Segment], now_ms: i64, life_ms: i64) -> Option<Vec<u8>> {
        let mut held = self.held.lock();
        let mut next = HashMap::new();
        let apps = apps_range(segments);
        let mut member = Member::new();
        member.push(&Block::of(&plain[..apps.start], Effort::Quick)?);
        for group in groups(segments) {
            let bytes = apps_range(group);
            let members: Vec<(String, u64)> = group.iter().map(|one| (one.app.clone(), one.version)).collect();
            let first = members.first().map(|(app, _)| app.clone()).unwrap_or_default();
            let first_byte = plain.get(bytes.start).copied();
            let reusable = held.remove(&first).filter(|group| {
                group.members == members
                    && group.first_byte == first_byte
                    && group.block.plain_len() == bytes.len()
                    && now_ms - group.compressed_ms < life_ms
            });
            let group = match reusable {
                Some(group) => group,
                None => Group {
                    members,
                    first_byte,
                    block: Block::of(&plain[bytes], Effort::Thorough)?,
                    compressed_ms: now_ms,
                },
            };
            member.push(&group.block);
            next.insert(first, group);
        }
        member.push(&Block::of(&plain[apps.end..], Effort::Quick)?);
        *held = next;
        Some(member.finish())
    }
}

/// From the first application to the end of the last. Without any the whole list is its beginning.
fn apps_range(segments: &[Segment]) -> Range<usize> {
    match (segments.first(), segments.last()) {
        (Some(first), Some(last)) => first.bytes.start..last.bytes.end,
        _ => 0..0,
    }
}

fn groups(segments: &[Segment]) -> impl Iterator<Item = &[Segment]> {
    segments.chunk_by(|one, next| {
        let ends_here = crc32fast::hash(one.app.as_bytes()).is_multiple_of(GROUP_APPS);
        !ends_here && one.bytes.len() < LARGE_APP_BYTES && next.bytes.len() < LARGE_APP_BYTES
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// A list of applications: name, version, text.
    fn list(apps: &[(String, u64, String)]) -> (Vec<u8>, Vec<Segment>) {
        let mut plain = b"[".to_vec();
        let mut segments = Vec::new();
        for (app, version, text) in apps {
            let start = plain.len();
            plain.extend_from_slice(text.as_bytes());
            segments.push(Segment { app: app.clone(), version: *version, bytes: start..plain.len() });
        }
        plain.push(b']');
        (plain, segments)
    }

    fn apps(count: u64) -> Vec<(String, u64, String)> {
        (0..count).map(|number| (format!("APP-{number:03}"), number, format!("{{{number}}}").repeat(20))).collect()
    }

    fn decompressed(gzip: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        flate2::bufread::GzDecoder::new(gzip).read_to_end(&mut plain).unwrap();
        plain
    }

    /// Compresses and says which groups were made anew, by their first application.
    fn compress(groups: &CompressedGroups, apps: &[(String, u64, String)], now_ms: i64) -> (Vec<u8>, Vec<String>) {
        let (plain, segments) = list(apps);
        let gzip = groups.compress(&plain, &segments, now_ms, 180_000).unwrap();
        let held = groups.held.lock();
        let anew = held.iter().filter(|(_, group)| group.compressed_ms == now_ms).map(|(first, _)| first.clone());
        (gzip, anew.collect())
    }

    #[test]
    fn only_the_group_that_changed_is_compressed_anew() {
        let groups = CompressedGroups::default();
        let mut apps = apps(200);
        let (_, anew) = compress(&groups, &apps, 1);
        assert!(anew.len() > 5, "{} groups", anew.len());
        apps[100].1 = 1_000;
        apps[100].2.push_str("changed");
        let (gzip, anew) = compress(&groups, &apps, 2);
        assert_eq!(anew.len(), 1, "{anew:?}");
        assert_eq!(decompressed(&gzip), list(&apps).0);
    }

    #[test]
    fn applications_may_come_and_go() {
        let groups = CompressedGroups::default();
        let mut apps = apps(60);
        for round in 2..40 {
            match round % 3 {
                0 => drop(apps.remove(0)),
                1 => drop(apps.pop()),
                _ => apps.push((format!("APP-{round:03}-NEW"), round, "new".repeat(50_000))),
            }
            apps.sort();
            let (gzip, _) = compress(&groups, &apps, i64::try_from(round).unwrap());
            assert_eq!(decompressed(&gzip), list(&apps).0, "round {round}");
        }
        assert_eq!(decompressed(&compress(&groups, &[], 50).0), b"[]");
        assert!(groups.held.lock().is_empty(), "what is gone is not kept");
    }

    #[test]
    fn a_group_grows_old() {
        let groups = CompressedGroups::default();
        let apps = apps(3);
        compress(&groups, &apps, 1);
        assert!(compress(&groups, &apps, 180_000).1.is_empty());
        assert!(!compress(&groups, &apps, 180_001).1.is_empty());
    }

    #[test]
    fn a_large_application_stands_alone() {
        let mut apps = apps(3);
        apps[1].2 = "x".repeat(LARGE_APP_BYTES);
        let (_, segments) = list(&apps);
        assert_eq!(groups(&segments).map(<[Segment]>::len).collect::<Vec<_>>(), [1, 1, 1]);
    }
}
