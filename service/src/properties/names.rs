//! Names as somebody wrote them: with indices of lists, and with brackets around a map's key.

use crate::keys;

/// Items of a list that one source may set by index.
const INDEX_MAX: usize = 1_000;

/// Joins `a[0]`, `a[1]` of one source to one comma-separated `a`, and writes `a[key]` as `a.key`. Lists of maps stay as they
/// are: in what stands in one item of theirs, commas have a meaning of their own.
pub(super) fn joined(entries: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut lists: Vec<(String, Vec<(usize, String)>)> = Vec::new();
    let mut all = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        let name = without_key_brackets(&name);
        match trailing_index(&name).filter(|_| keys::list_of(&name).is_none()) {
            None => all.push((name, value)),
            Some((list, index)) => match lists.iter_mut().find(|(known, _)| known == list) {
                Some((_, items)) => items.push((index, value)),
                None => lists.push((list.to_owned(), vec![(index, value)])),
            },
        }
    }
    for (name, mut items) in lists {
        items.sort_by_key(|(index, _)| *index);
        let items: Vec<String> = items.into_iter().map(|(_, value)| value).collect();
        all.push((name, items.join(",")));
    }
    all
}

/// A name up to its first index: what a person would call the list.
pub(super) fn before_index(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

fn trailing_index(name: &str) -> Option<(&str, usize)> {
    let (list, index) = name.strip_suffix(']')?.rsplit_once('[')?;
    index.parse().ok().filter(|index| *index < INDEX_MAX).map(|index| (list, index))
}

fn without_key_brackets(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, bracket)) = rest.split_once('[') {
        let Some((inside, after)) = bracket.split_once(']') else { break };
        plain.push_str(before);
        if inside.bytes().all(|byte| byte.is_ascii_digit()) {
            plain.extend(["[", inside, "]"]);
        } else {
            plain.extend([".", inside]);
        }
        rest = after;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_become_lists_and_bracketed_keys_become_dotted() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: &[(Pairs, Pairs)] = &[
            (&[("a[1]", "y"), ("a[0]", "x"), ("b", "z")], &[("b", "z"), ("a", "x,y")]),
            (&[("a.service-url[defaultZone]", "u")], &[("a.service-url.defaultZone", "u")]),
            (&[("map[a.b]", "u")], &[("map.a.b", "u")]),
            (&[("r[0].id", "u")], &[("r[0].id", "u")]),
            (&[("r[0", "u")], &[("r[0", "u")]),
            (
                &[("spring.cloud.gateway.routes[0].predicates[0]", "Path=/a,/b")],
                &[("spring.cloud.gateway.routes[0].predicates[0]", "Path=/a,/b")],
            ),
        ];
        for (entries, expected) in table {
            let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
                list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
            };
            assert_eq!(joined(pairs(entries)), pairs(expected), "{entries:?}");
        }
        assert_eq!(before_index("spring.cloud.gateway.routes[0].id"), "spring.cloud.gateway.routes");
    }
}
