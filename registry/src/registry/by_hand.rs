//! What a harness sees of a registry and does to its caches.

use std::sync::Arc;

use bytes::Bytes;
use eurus_model::Detail;

use super::{FULL_LIST_VERSION, Registry};
use crate::cache_access::{CacheLayer, CacheView};
use crate::form::{Form, Format};
use crate::payload::{Compressing, Numbering, Payload};
use crate::response_cache::{Answer, Entity};

/// What a gateway asks for.
const FORM: Form = Form { format: Format::Json, detail: Detail::Full };

impl Registry {
    pub(crate) fn look(&self, now_ms: i64) -> CacheView {
        let held = |layer, entity| bytes_of(self.cache.held_by(layer, entity, FORM, now_ms));
        // Numbered apart: a look must not change what clients get.
        let numbers = Numbering::default();
        let store = Payload::list(&self.store.all(), FULL_LIST_VERSION, FORM, &Compressing::No, &numbers);
        let store = store.plain.bytes().clone();
        CacheView {
            read_write: held(CacheLayer::ReadWrite, &Entity::All).unwrap_or_else(|| store.clone()),
            read_only: held(CacheLayer::ReadOnly, &Entity::All),
            delta: held(CacheLayer::ReadOnly, &Entity::Delta),
            store,
        }
    }

    pub(crate) fn refresh_by_hand(&self, layer: CacheLayer, now_ms: i64) {
        match layer {
            CacheLayer::ReadWrite => self.cache.forget_read_write(),
            CacheLayer::ReadOnly => {
                self.cache.copy_read_write(now_ms, |entity, form| self.build(entity, form, now_ms));
            }
        }
    }

    pub(crate) fn spoil_hash(&self, layer: CacheLayer, now_ms: i64) {
        for (entity, form, answer) in self.cache.all_held(layer, now_ms) {
            let spoiled = answer.map(|payload| Arc::new(payload.altered(with_wrong_hash, &self.answers)));
            self.cache.replace(layer, &entity, form, spoiled, now_ms);
        }
    }
}

fn bytes_of(held: Option<Answer>) -> Option<Bytes> {
    Some(held??.plain.bytes().clone())
}

/// The list with another hash, in either format; anything else as it is.
fn with_wrong_hash(list: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(list);
    for (opening, closing) in [("\"apps__hashcode\":\"", "\""), ("<apps__hashcode>", "</apps__hashcode>")] {
        let parts = text.split_once(opening).and_then(|(head, rest)| Some((head, rest.split_once(closing)?.1)));
        if let Some((head, tail)) = parts {
            return format!("{head}{opening}WRONG_1_{closing}{tail}").into_bytes();
        }
    }
    list.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RegistryConfig;
    use crate::store::Origin;
    use eurus_model::InstanceInfo;
    use eurus_service::Clock;

    fn registry() -> Registry {
        let registry = Registry::new(RegistryConfig::stock(), Clock::manual(0).0);
        put(&registry, "1");
        registry.load(&Entity::All, FORM, 0);
        registry
    }

    fn put(registry: &Registry, id: &str) {
        registry.register(InstanceInfo::new("a", id, "host", "10.0.0.1"), Origin::Client, 0).unwrap();
    }

    /// How many instances each layer shows: store, read-write, read-only.
    fn shown(registry: &Registry) -> [usize; 3] {
        let view = registry.look(0);
        let count = |list: &Bytes| String::from_utf8_lossy(list).matches("\"instanceId\"").count();
        [count(&view.store), count(&view.read_write), view.read_only.as_ref().map_or(0, count)]
    }

    #[test]
    fn layers_are_held_still_refreshed_and_put_back_one_by_one() {
        let registry = registry();
        put(&registry, "2");
        assert_eq!(shown(&registry), [2, 2, 1]);
        registry.cache.freeze(CacheLayer::ReadOnly, true);
        registry.refresh_read_only(30_000);
        assert_eq!(shown(&registry), [2, 2, 1], "it is held still");
        registry.cache.remember(CacheLayer::ReadOnly, 0);
        registry.refresh_by_hand(CacheLayer::ReadOnly, 0);
        assert_eq!(shown(&registry), [2, 2, 2], "by hand, although it is held still");
        registry.cache.put_back(CacheLayer::ReadOnly, 0);
        assert_eq!(shown(&registry), [2, 2, 1]);
        registry.cache.freeze(CacheLayer::ReadOnly, false);
        registry.cache.freeze(CacheLayer::ReadWrite, true);
        put(&registry, "3");
        registry.refresh_read_only(60_000);
        assert_eq!(shown(&registry), [3, 2, 2], "the read-write cache is not told");
        registry.refresh_by_hand(CacheLayer::ReadWrite, 0);
        registry.refresh_read_only(90_000);
        assert_eq!(shown(&registry), [3, 3, 3]);
    }

    #[test]
    fn a_spoiled_hash_lasts_until_the_next_tick() {
        let registry = registry();
        let hash_of = |list: Bytes| {
            let text = String::from_utf8_lossy(&list).into_owned();
            text.split_once("apps__hashcode\":\"").unwrap().1.split_once('"').unwrap().0.to_owned()
        };
        registry.spoil_hash(CacheLayer::ReadOnly, 0);
        assert_eq!(hash_of(registry.look(0).read_only.unwrap()), "WRONG_1_");
        assert_eq!(hash_of(registry.look(0).store), "UP_1_");
        registry.refresh_read_only(30_000);
        assert_eq!(hash_of(registry.look(0).read_only.unwrap()), "UP_1_");
    }

    #[test]
    fn a_list_in_xml_is_spoiled_too() {
        let list = b"<applications><apps__hashcode>UP_1_</apps__hashcode></applications>";
        assert_eq!(with_wrong_hash(list), b"<applications><apps__hashcode>WRONG_1_</apps__hashcode></applications>");
        assert_eq!(with_wrong_hash(b"{}"), b"{}");
    }
}
