//! What a list by virtual address must be, by the Java server's own full list: its lists by virtual address stay as they
//! were after some changes, and ours do not.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::differential::compare::{Comparison, show_ids};
use crate::differential::request::Request;
use crate::differential::tree::{ListTree, field, list, tree};
use crate::differential::wire::Answer;

/// The full list in the form of a request for a part of it. Compact instances name their virtual addresses, too.
pub fn request(by_vip: &Request) -> Request {
    Request { path: "/eureka/apps".to_owned(), ..by_vip.clone() }
}

/// Whether our list by virtual address is the part of the Java server's full list that it must be, with its hash.
pub fn agrees(comparison: &Comparison<'_>, all: &Answer, ours: &Answer, address: &str, secure: bool) -> bool {
    let Some(mut all) = tree(&all.body) else { return false };
    show_ids(&mut all);
    let lists = (list(&all), tree(&ours.body).as_ref().and_then(list));
    let (Some(mut all), Some(ours)) = lists else { return false };
    let name = if secure { "secureVipAddress" } else { "vipAddress" };
    all.instances.retain(|_, instance| {
        field(instance, name).is_some_and(|addresses| addresses.split(',').any(|one| one == address))
    });
    all.hashcode = hashcode(&all);
    let is_same = |(key, instance): (&(String, String), &Value)| {
        ours.instances.get(key).is_some_and(|ours| comparison.trees(instance, ours).is_empty())
    };
    all.hashcode == ours.hashcode && all.instances.len() == ours.instances.len() && all.instances.iter().all(is_same)
}

/// `apps__hashcode`: each status with its number.
fn hashcode(list: &ListTree) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for instance in list.instances.values() {
        *counts.entry(field(instance, "status").unwrap_or_default()).or_default() += 1;
    }
    counts.iter().map(|(status, count)| format!("{status}_{count}_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_counted_in_order() {
        let body = r#"{"applications":{"apps__hashcode":"","application":[{"name":"A","instance":[
            {"instanceId":"1","status":"UP"},{"instanceId":"2","status":"DOWN"},{"instanceId":"3","status":"UP"}]}]}}"#;
        assert_eq!(hashcode(&list(&tree(body).unwrap()).unwrap()), "DOWN_1_UP_2_");
    }
}
