//! Every known key on one page, for people.

use std::fmt::Write;

use super::{FAMILIES, Key, Meaning, all, lists, maps, of_services};

/// What `--help-properties` prints; `service/CONFIGURATION.md` is a copy.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let listed = |page: &mut String, title: &str, prefix: &dyn Fn(&str) -> bool| {
        let _ = writeln!(page, "\n## {title}\n");
        for (name, help) in used().filter(|(name, _)| prefix(name)) {
            let _ = writeln!(page, "- `{name}`: {help}");
        }
    };
    let section = |prefix: &'static str| move |name: &str| name.starts_with(prefix);
    listed(&mut page, "Process, files, logs", &|name| {
        !name.starts_with("eureka.")
            && !name.starts_with("spring.cloud.")
            && !name.contains("ribbon.")
            && (!name.starts_with("eurus.") || name.matches('.').count() < 2)
    });
    let is_clients = |name: &str| {
        ["eureka.client.", "eureka.instance.", "eurus.client."].iter().any(|prefix| name.starts_with(prefix))
    };
    listed(&mut page, "Registry", &|name| {
        name.starts_with("eurus.registry.") || (name.starts_with("eureka.") && !is_clients(name))
    });
    listed(&mut page, "Gateway", &|name| {
        ["eurus.gateway.", "spring.cloud.gateway.", "ribbon.", "<service>."].iter().any(|start| name.starts_with(start))
    });
    listed(&mut page, "sync-speed", &section("eurus.sync-speed."));
    listed(&mut page, "As a client of a registry", &is_clients);
    page.push_str("\n## Known, in effect once registries replicate to each other\n\n");
    for Key { name, meaning } in all() {
        if let Meaning::OfReplication(help) = meaning {
            let _ = writeln!(page, "- `{name}`: {help}");
        }
    }
    page.push_str("\n## Refused\n\nIgnoring them would be dangerous: start-up fails.\n\n");
    for (name, meaning) in meanings() {
        if let Meaning::Refused(why) = meaning {
            let _ = writeln!(page, "- `{name}`: {why}");
        }
    }
    page.push_str("\nThese too, unless a user or a token (`eurus.registry.access.tokens.*`) locks the registry; then they are warned of:\n\n");
    for (name, meaning) in meanings() {
        if let Meaning::Locks(why) = meaning {
            let _ = writeln!(page, "- `{name}`: {why}");
        }
    }
    page.push_str("\nRefused in any case: names a slip away from one of `server.ssl.*` or `spring.security.*`, unknown names below the\nlatter, and secrets written `ENC(…)`, which nothing here decrypts.\n");
    page.push_str("\n## Warned of\n\nWithout effect, each named by a warning, as are other names that are a slip away from a known one:\n\n");
    for (name, meaning) in meanings() {
        if let Meaning::Warned(instead) = meaning {
            let _ = writeln!(page, "- `{name}`: {instead}");
        }
    }
    page.push_str("\n## Ignored\n\nThey may stand in the files and are named once in the log. Families:\n\n");
    for family in FAMILIES {
        let _ = writeln!(page, "- `{}.*`: {}", family.prefix, family.about);
    }
    page.push_str("\nEureka's own, without meaning here:\n\n");
    for (name, meaning) in meanings().filter(|(name, _)| name.starts_with("eureka.")) {
        if meaning == Meaning::Ignored {
            let _ = writeln!(page, "- `{name}`");
        }
    }
    page
}

const INTRODUCTION: &str = "\
# All properties

What `eurus --help-properties` prints. Names are Spring's; `some-name`, `someName`, `some_name` and the variable
`SOME_NAME` are one. Strongest first:

1. flags: `--server.port=9761`
2. `SPRING_APPLICATION_JSON='{\"server\": {\"port\": 9761}}'`
3. environment variables: `SERVER_PORT=9761`, `EUREKA_SERVER_RESPONSECACHEUPDATEINTERVALMS=1000`, `server.port=9761`
4. `application-<profile>.properties`, `.yml` or `.yaml` of active profiles, then `application.*`: below each other,
   `config/*/`, `config/`, then the working folder; in one folder `.properties` above `.yml`
5. defaults

Values may hold `${name:default}`: a property, a variable, `${random.uuid}`, `${random.value}`, `${random.int(10)}`,
`${spring.cloud.client.hostname}`, `${spring.cloud.client.ip-address}`. A name under `eureka.*` or `eurus.*` that is not
here fails start-up with the nearest one; a variable of such a name is warned of, unless a placeholder names it. What
carries a unit in its name is a number; durations are written `30s`.
";

/// Everything that is read, with maps as `prefix.*`, and what it means.
fn used() -> impl Iterator<Item = (String, &'static str)> {
    meanings().filter_map(|(name, meaning)| match meaning {
        Meaning::Used(help) => Some((name, help)),
        _ => None,
    })
}

fn meanings() -> impl Iterator<Item = (String, Meaning)> {
    let keys = all().map(|key| (key.name.to_owned(), key.meaning));
    let lists = lists().map(|list| (format!("{}[n]", list.name), list.meaning));
    let of_services = of_services().map(|known| (format!("<service>.{}", known.suffix), known.meaning));
    keys.chain(lists).chain(of_services).chain(maps().map(|map| (format!("{}.*", map.prefix), map.meaning)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_page_is_this_one() {
        let checked_in = include_str!("../../CONFIGURATION.md");
        assert!(
            checked_in == page(),
            "service/CONFIGURATION.md is out of date: cargo run -- --help-properties > service/CONFIGURATION.md"
        );
    }

    #[test]
    fn every_used_key_is_on_it_once() {
        let page = page();
        for (name, _) in meanings() {
            let listed = page.matches(&format!("- `{name}`")).count();
            let is_foreign = !name.starts_with("eureka.") && !page.contains(&format!("- `{name}`"));
            assert!(listed == 1 || is_foreign, "{name} is listed {listed} times");
        }
        for (name, _) in used() {
            assert!(page.contains(&format!("- `{name}`: ")), "{name} is in no section");
        }
    }
}
