use std::cell::Cell;
use std::sync::OnceLock;

use eurus_model::Detail;

use super::*;
use crate::form::Format;

const FORM: Form = Form { format: Format::Json, detail: Detail::Full };
const COMPACT_XML: Form = Form { format: Format::Xml, detail: Detail::Compact };

fn cache(use_read_only: bool) -> ResponseCache {
    ResponseCache::new(CacheSettings { use_read_only, auto_expiration_ms: 180_000, bytes_max: CACHED_BYTES_MAX })
}

/// Answers whose number is the number of the build.
fn counting(builds: &Cell<u64>) -> impl Fn() -> Answer {
    || {
        builds.set(builds.get() + 1);
        Some(Arc::new(Payload {
            plain: Arc::new(Vec::new().into()),
            gzip: None,
            number: builds.get(),
            weight: OnceLock::new(),
        }))
    }
}

fn build_of(answer: &Answer) -> u64 {
    answer.as_ref().unwrap().number
}

fn touched(app: &str) -> Touched {
    Touched { app: app.to_owned(), vips: vec!["v".to_owned()], secure_vips: vec!["s".to_owned()] }
}

#[test]
fn a_change_shows_only_after_the_timer() {
    let cache = cache(true);
    let builds = Cell::new(0);
    let get = |now_ms| build_of(&cache.get(&Entity::All, FORM, now_ms, counting(&builds)));
    assert_eq!(get(0), 1);
    cache.invalidate(touched("A"));
    assert_eq!(get(1), 1, "the read-only copy stands");
    cache.refresh_read_only(2, |_, _| counting(&builds)());
    assert_eq!(get(3), 2);
    cache.refresh_read_only(4, |_, _| counting(&builds)());
    assert_eq!(builds.get(), 2, "without a change nothing is built");
    assert_eq!(build_of(&cache.cached(&Entity::All, FORM, 5).unwrap()), 2);
}

#[test]
fn without_the_read_only_cache_a_change_shows_at_once() {
    let cache = cache(false);
    let builds = Cell::new(0);
    let get = |now_ms| build_of(&cache.get(&Entity::All, FORM, now_ms, counting(&builds)));
    assert_eq!((get(0), get(1)), (1, 1));
    cache.invalidate(touched("A"));
    assert!(cache.cached(&Entity::All, FORM, 2).is_none());
    assert_eq!(get(2), 2);
    assert_eq!(get(180_001), 2);
    assert_eq!(get(180_002), 3, "the entry expired");
}

#[test]
fn a_change_touches_its_own_entities_in_all_forms() {
    let vip = |name: &str| Entity::Vip(VipKind::Plain, name.to_owned());
    let secure = |name: &str| Entity::Vip(VipKind::Secure, name.to_owned());
    let table = [
        (Entity::All, true),
        (Entity::Delta, true),
        (Entity::App("A".to_owned()), true),
        (Entity::App("B".to_owned()), false),
        (vip("v"), true),
        (vip("s"), false),
        (secure("s"), true),
        (secure("v"), false),
    ];
    for (entity, is_touched) in table {
        for form in [FORM, COMPACT_XML] {
            let cache = cache(false);
            let builds = Cell::new(0);
            cache.get(&entity, form, 0, counting(&builds));
            cache.invalidate(touched("A"));
            assert_eq!(cache.cached(&entity, form, 0).is_none(), is_touched, "{entity:?} {form:?}");
        }
    }
}

#[test]
fn unknown_is_cached_too() {
    let cache = cache(true);
    let app = Entity::App("A".to_owned());
    assert!(cache.get(&app, FORM, 0, || None).is_none());
    let builds = Cell::new(0);
    assert!(cache.get(&app, FORM, 1, counting(&builds)).is_none(), "the cached 404 stands");
    cache.invalidate(touched("A"));
    cache.refresh_read_only(2, |_, _| counting(&builds)());
    assert_eq!(build_of(&cache.get(&app, FORM, 3, || None)), 1);
}

#[test]
fn what_changes_while_it_is_built_is_not_held() {
    let cache = cache(false);
    let builds = Cell::new(0);
    let build_during_a_change = || {
        cache.invalidate(touched("A"));
        counting(&builds)()
    };
    assert_eq!(build_of(&cache.get(&Entity::All, FORM, 0, build_during_a_change)), 1);
    assert!(cache.cached(&Entity::All, FORM, 0).is_none());
}

#[test]
fn what_nobody_asks_for_is_forgotten() {
    let cache = cache(true);
    let builds = Cell::new(0);
    cache.get(&Entity::All, FORM, 0, counting(&builds));
    cache.get(&Entity::Delta, FORM, 0, counting(&builds));
    cache.cached(&Entity::All, FORM, UNASKED_LIFE_MS);
    cache.refresh_read_only(UNASKED_LIFE_MS + 1, |_, _| None);
    assert!(cache.cached(&Entity::Delta, FORM, UNASKED_LIFE_MS + 1).is_none());
    assert!(cache.cached(&Entity::All, FORM, UNASKED_LIFE_MS + 1).is_some());
}

#[test]
fn beyond_the_limit_answers_are_made_afresh() {
    let cache = cache(true);
    for number in 0..CACHED_ENTITIES_MAX {
        cache.get(&Entity::App(number.to_string()), FORM, 0, || None);
    }
    let builds = Cell::new(0);
    let one_more = Entity::App("one more".to_owned());
    assert_eq!(build_of(&cache.get(&one_more, FORM, 0, counting(&builds))), 1);
    assert_eq!(build_of(&cache.get(&one_more, FORM, 0, counting(&builds))), 2);
    assert_eq!(cache.slots.len(), CACHED_ENTITIES_MAX);
}

#[test]
fn the_lists_of_all_are_cached_whatever_else_is() {
    let cache = ResponseCache::new(CacheSettings { use_read_only: true, auto_expiration_ms: 180_000, bytes_max: 0 });
    for entity in [Entity::All, Entity::Delta] {
        cache.get(&entity, FORM, 0, || sized(1_000, 1));
        assert!(cache.cached(&entity, FORM, 0).is_some(), "{entity:?}");
    }
    assert_eq!((cache.room().bytes(), cache.room().answers_refused()), (0, 0));
}

fn sized(bytes: usize, number: u64) -> Answer {
    Some(Arc::new(Payload { plain: Arc::new(vec![b'x'; bytes].into()), gzip: None, number, weight: OnceLock::new() }))
}

fn vip(number: usize) -> Entity {
    Entity::Vip(VipKind::Plain, format!("vip-{number:04}"))
}

#[test]
fn answers_take_no_more_bytes_than_allowed() {
    for use_read_only in [true, false] {
        let bytes_max = 1 << 20;
        let cache = ResponseCache::new(CacheSettings { use_read_only, auto_expiration_ms: 180_000, bytes_max });
        for number in 0..100 {
            assert!(cache.get(&vip(number), FORM, 0, || sized(100_000, 1)).is_some());
            assert!(cache.room().bytes() <= bytes_max, "{} bytes", cache.room().bytes());
        }
        let cached = (0..100).filter(|number| cache.cached(&vip(*number), FORM, 0).is_some()).count();
        assert!((8..=10).contains(&cached), "{cached} of ten that fit");
        assert_eq!(cache.room().answers_refused(), 100 - cached as u64);
        let builds = Cell::new(0);
        for _ in 0..2 {
            cache.get(&vip(99), FORM, 1, || {
                builds.set(builds.get() + 1);
                sized(100_000, 1)
            });
        }
        assert_eq!(builds.get(), 2, "what is not kept is made afresh");
        cache.refresh_read_only(UNASKED_LIFE_MS + 2, |_, _| None);
        assert_eq!(cache.entities(), 0);
        drop(cache.slots);
        assert_eq!(cache.room.bytes(), 0, "what is forgotten takes no room");
    }
}

#[test]
fn a_list_that_grew_beyond_the_room_is_not_answered_as_it_was() {
    let bytes_max = 10_000;
    let cache = ResponseCache::new(CacheSettings { use_read_only: true, auto_expiration_ms: 180_000, bytes_max });
    let app = Entity::App("A".to_owned());
    let build_of_get = |now_ms, answer: &Answer| build_of(&cache.get(&app, FORM, now_ms, || answer.clone()));
    assert_eq!(build_of_get(0, &sized(1_000, 1)), 1);
    cache.invalidate(touched("A"));
    cache.refresh_read_only(1, |_, _| sized(20_000, 2));
    assert!(cache.cached(&app, FORM, 2).is_none());
    assert_eq!(build_of_get(2, &sized(20_000, 3)), 3);
    assert_eq!(build_of_get(3, &sized(1_000, 4)), 4);
    assert_eq!(build_of_get(4, &sized(1_000, 5)), 4, "it fits again");
}

#[test]
fn a_name_that_nobody_has_is_not_kept() {
    let cache = cache(true);
    let builds = Cell::new(0);
    for (bytes, cached) in [(1_024, true), (1_025, false), (60_000, false)] {
        let entity = Entity::App("A".repeat(bytes));
        cache.get(&entity, FORM, 0, counting(&builds));
        assert_eq!(cache.cached(&entity, FORM, 0).is_some(), cached, "{bytes}");
    }
    assert_eq!((cache.entities(), cache.room().names_refused()), (1, 2));
}
