//! The response caches: how old and how large what clients get is, and what it takes to make it.

use super::state::seconds;
use crate::form::Format;
use crate::memory_file::{MEMORY_FILE_BYTES_MAX, MEMORY_FILES_MAX};
use crate::registry::Registry;
use crate::response_cache::{CACHED_BYTES_MAX, CACHED_ENTITIES_MAX, Entity, HeldList};
use eurus_model::Detail;
use eurus_service::metrics::{Family, Text};

pub(super) fn write(text: &mut Text, registry: &Registry, now_ms: i64) {
    let counts = registry.tally().counts();
    let family = Family::counter("eurus_registry_cache_requests", "Look-ups of lists; a miss waits until it is built.");
    text.grid(&family, counts.totals(|counts| &counts.lookups));
    let family = Family::histogram("eurus_registry_cache_build_duration_seconds", "Building of a list that changed.");
    text.histograms(&family, counts.totals(|counts| &counts.builds));
    let cache = registry.cache();
    let family = Family::gauge("eurus_registry_cache_entities", "Lists, applications and addresses that are cached.");
    text.gauge(&family, cache.entities() as u64);
    let family = Family::gauge("eurus_registry_cache_entities_limit", "As many are cached at most.");
    text.gauge(&family, CACHED_ENTITIES_MAX as u64);
    let family = Family::gauge(
        "eurus_registry_cache_named_bytes",
        "Cached lists by application and by address, with their names; the full list and the delta are not counted.",
    );
    text.gauge(&family, cache.room().bytes());
    let family = Family::gauge("eurus_registry_cache_named_bytes_limit", "Of them so many are cached at most.");
    text.gauge(&family, CACHED_BYTES_MAX);
    let family =
        Family::gauge("eurus_registry_memory_files", "Large answers that the kernel sends from files in memory.");
    text.gauge(&family, cache.memory_files().count());
    let family = Family::gauge("eurus_registry_memory_files_limit", "So many of them there are at most.");
    text.gauge(&family, MEMORY_FILES_MAX);
    let family = Family::gauge(
        "eurus_registry_memory_file_bytes",
        "Bytes in these files; they are in no process's RSS, but count towards a container's memory.",
    );
    text.gauge(&family, cache.memory_files().bytes());
    let family = Family::gauge("eurus_registry_memory_file_bytes_limit", "Of them so many at most.");
    text.gauge(&family, MEMORY_FILE_BYTES_MAX);
    let held: Vec<_> = [("full", Entity::All), ("delta", Entity::Delta)]
        .into_iter()
        .flat_map(|(kind, entity)| cache.held(&entity, now_ms).into_iter().map(move |held| (kind, held)))
        .collect();
    let family = Family::gauge(
        "eurus_registry_cache_age_seconds",
        "Time since the read-only copy of a list was last brought up to date; only of lists that are asked for.",
    );
    let ages = held.iter().filter_map(|(kind, held)| Some((labels(kind, held), seconds(held.age_ms?))));
    text.gauges(&family, ages);
    let family = Family::gauge("eurus_registry_cache_list_bytes", "Size of a list as it is answered.");
    text.gauges(&family, held.iter().flat_map(|(kind, held)| sizes(kind, held)));
}

fn labels(kind: &'static str, held: &HeldList) -> Vec<(&'static str, &'static str)> {
    let format = match held.form.format {
        Format::Json => "json",
        Format::Xml => "xml",
    };
    let detail = match held.form.detail {
        Detail::Full => "full",
        Detail::Compact => "compact",
    };
    vec![("kind", kind), ("format", format), ("detail", detail)]
}

#[allow(clippy::cast_precision_loss)] // Bytes in memory: far below 2^52.
fn sizes(kind: &'static str, held: &HeldList) -> impl Iterator<Item = (Vec<(&'static str, &'static str)>, f64)> {
    let labels = labels(kind, held);
    let sizes = [("identity", Some(held.plain_bytes)), ("gzip", held.gzip_bytes)];
    sizes.into_iter().filter_map(move |(encoding, bytes)| {
        let labels = labels.iter().copied().chain([("encoding", encoding)]).collect();
        Some((labels, bytes? as f64))
    })
}
