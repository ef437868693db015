use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;

use super::*;
use crate::config::EdgeConfig;
use crate::routes::host_pattern::HostPattern;
use crate::routes::path_pattern::PathPattern;
use crate::routes::predicate::Predicate;
use crate::routes::segment::compiled;
use crate::terms::OwnTerms;

fn definition(number: usize, order: i32, predicates: Vec<Predicate>) -> RouteDefinition {
    let (id, service) = (format!("r{number}"), "S".to_owned());
    RouteDefinition { id, service, order, predicates, filters: Vec::new(), terms: OwnTerms::default() }
}

fn paths(texts: &[&str]) -> Predicate {
    Predicate::Path(texts.iter().map(|text| PathPattern::parse(text, true).unwrap()).collect())
}

fn hosts(texts: &[&str]) -> Predicate {
    Predicate::Host(texts.iter().map(|text| HostPattern::parse(text).unwrap()).collect())
}

fn table(definitions: Vec<RouteDefinition>) -> RouteTable {
    RouteTable::new(definitions, Terms::of(&EdgeConfig::default()), |_| Arc::default())
}

/// What the table is to find: the first of all that fits.
fn naive<'a>(definitions: &'a [RouteDefinition], asked: &Asked<'_>) -> Option<&'a str> {
    let mut all: Vec<_> = definitions.iter().collect();
    all.sort_by_key(|definition| definition.order);
    all.into_iter().find(|definition| definition.fits(asked)).map(|definition| definition.id.as_str())
}

fn found<'a>(table: &'a RouteTable, asked: &Asked<'_>) -> Option<&'a str> {
    table.find(asked).map(|route| route.definition.id.as_str())
}

#[test]
fn the_order_decides_and_then_who_was_written_first() {
    let routes = vec![
        definition(0, 5, vec![paths(&["/a/b"])]),
        definition(1, 0, vec![paths(&["/a/**"]), Predicate::Method(vec![Method::POST])]),
        definition(2, 0, vec![paths(&["/a/{x}", "/c"])]),
        definition(3, -1, vec![hosts(&["shop.example"]), paths(&["/a/b"])]),
        definition(4, 9, Vec::new()),
    ];
    let table = table(routes);
    let headers = HeaderMap::new();
    let find = |method: &Method, path: &str, host: &str| {
        let asked = Asked::new(method, path, Some(host), &headers);
        found(&table, &asked).map(str::to_owned)
    };
    for (method, path, host, expected) in [
        (Method::GET, "/a/b", "x", "r2"),
        (Method::POST, "/a/b", "x", "r1"),
        (Method::POST, "/a/b", "Shop.Example:80", "r3"),
        (Method::GET, "/c/", "x", "r2"),
        (Method::GET, "/a/b/c", "x", "r4"),
        (Method::GET, "/a/../a/b", "shop.example", "r4"),
    ] {
        assert_eq!(find(&method, path, host).as_deref(), Some(expected), "{method} {path} {host}");
    }
}

/// As many as a large shop has, each found by its own path and its own host.
#[test]
fn each_of_ten_thousand_is_found() {
    let routes = (0..10_000).map(|number| {
        let (host, path) = (format!("h{}.example", number % 100), format!("/api/s{number}/{{id}}/**"));
        definition(number, 0, vec![hosts(&[&host]), paths(&[&path])])
    });
    let table = table(routes.collect());
    let headers = HeaderMap::new();
    for number in 0..10_000 {
        let (host, path) = (format!("h{}.example", number % 100), format!("/api/s{number}/7/x"));
        let asked = Asked::new(&Method::GET, &path, Some(&host), &headers);
        assert_eq!(found(&table, &asked), Some(format!("r{number}").as_str()));
        // Looked at: its own alone.
        let looked_at = std::cell::Cell::new(0);
        let mut best = Rank::MAX;
        table.hosts.find(asked.host.as_ref(), &path, &mut best, &|_| {
            looked_at.set(looked_at.get() + 1);
            true
        });
        assert_eq!(looked_at.get(), 1);
    }
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let segment = prop::sample::select(vec!["a", "b", "*", "{x}", "a*", "?", "{y:[ab]}", ""]);
    let end = prop::sample::select(vec!["", "/**", "/"]);
    let path = (prop::collection::vec(segment, 0..4), end, any::<bool>()).prop_filter_map(
        "a pattern",
        |(parts, end, slash)| {
            // Twice the same name is none.
            PathPattern::parse(&format!("/{}{end}", parts.join("/")), slash).ok()
        },
    );
    let label = prop::sample::select(vec!["a", "b", "*", "**", "{t}", "a*"]);
    let port = prop::sample::select(vec!["", "", ":80"]);
    let host = (prop::collection::vec(label, 1..4), port)
        .prop_filter_map("a pattern", |(labels, port)| HostPattern::parse(&(labels.join(".") + port)).ok());
    let method = prop::sample::subsequence(vec![Method::GET, Method::POST], 1..=2);
    let value = prop::sample::select(vec![None, Some("1"), Some(".*2")]);
    prop_oneof![
        4 => prop::collection::vec(path, 1..3).prop_map(Predicate::Path),
        3 => prop::collection::vec(host, 1..3).prop_map(Predicate::Host),
        1 => method.prop_map(Predicate::Method),
        1 => value.prop_map(|value| {
            let regex = value.map(|value| compiled(&format!("^(?:{value})$")).unwrap());
            Predicate::Header(HeaderName::from_static("x-a"), regex)
        }),
    ]
}

prop_compose! {
    fn routes()(all in prop::collection::vec((-1..2, prop::collection::vec(predicate(), 0..4)), 0..12)) -> Vec<RouteDefinition> {
        let numbered = all.into_iter().enumerate();
        numbered.map(|(number, (order, predicates))| definition(number, order, predicates)).collect()
    }
}

prop_compose! {
    fn request()(
        method in prop::sample::select(vec![Method::GET, Method::POST]),
        segments in prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", "", "%61", "a;v", "..", "%2e"]), 0..5),
        host in prop::option::of(prop::collection::vec(prop::sample::select(vec!["a", "B", "ab"]), 1..4)),
        port in prop::sample::select(vec!["", ":80", ":81"]),
        values in prop::collection::vec(prop::sample::select(vec!["1", "12", "3"]), 0..3),
    ) -> (Method, String, Option<String>, HeaderMap) {
        let headers = values.iter().map(|value| (HeaderName::from_static("x-a"), HeaderValue::from_static(value)));
        (method, format!("/{}", segments.join("/")), host.map(|labels| labels.join(".") + port), headers.collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_table_finds_what_one_finds_who_looks_at_all_of_them(routes in routes(), requests in prop::collection::vec(request(), 1..20)) {
        let table = table(routes.clone());
        for (method, path, host, headers) in requests {
            let asked = Asked::new(&method, &path, host.as_deref(), &headers);
            prop_assert_eq!(found(&table, &asked), naive(&routes, &asked), "{} {} {:?} {:?}", method, path, host, headers);
        }
    }
}
