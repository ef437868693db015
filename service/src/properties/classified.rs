//! What a key is: used, ignored, refused, another program's, or a mistake.

use crate::keys::{self, Meaning, uniform};

/// Whether a key may be read.
pub(super) fn is_used(key: &str) -> bool {
    matches!(classify(key), Classified::Used(_) | Classified::OfReplication(_))
}

/// What a key is.
pub(super) enum Classified {
    Used(String),
    OfReplication(String),
    /// Known, without meaning here.
    Ignored,
    /// Another program's.
    Foreign,
    Refused(&'static str),
    Locks(&'static str),
    Warned(&'static str),
    Unknown,
}

/// What a key is, whichever relaxed form it has.
pub(super) fn classify(key: &str) -> Classified {
    if let Some(known) = keys::find(key) {
        return by_meaning(known.meaning, known.name.to_owned());
    }
    if let Some((list, rest)) = keys::list_of(key) {
        return by_meaning(list.meaning, format!("{}{rest}", list.name));
    }
    let wanted = uniform(key);
    for map in keys::maps() {
        let segments = map.prefix.split('.').count();
        let is_under = wanted.strip_prefix(&uniform(map.prefix)).is_some_and(|rest| rest.starts_with('.'));
        if is_under {
            // The last part belongs to the user: it is kept as written.
            let entry: Vec<&str> = key.splitn(segments + 1, '.').collect();
            return by_meaning(map.meaning, format!("{}.{}", map.prefix, entry[segments]));
        }
    }
    if ["eurus.", "eureka.", "spring.security."].iter().any(|prefix| wanted.starts_with(prefix)) {
        return Classified::Unknown;
    }
    match keys::of_service(key) {
        Some((service, known)) => by_meaning(known.meaning, format!("{service}.{}", known.suffix)),
        None => Classified::Foreign,
    }
}

fn by_meaning(meaning: Meaning, name: String) -> Classified {
    match meaning {
        Meaning::Used(_) => Classified::Used(name),
        Meaning::OfReplication(_) => Classified::OfReplication(name),
        Meaning::Ignored => Classified::Ignored,
        Meaning::Refused(why) => Classified::Refused(why),
        Meaning::Locks(why) => Classified::Locks(why),
        Meaning::Warned(instead) => Classified::Warned(instead),
    }
}
