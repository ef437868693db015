//! Names that have no effect here although who wrote them expects one: those of Spring Boot 1, and of a port of its own
//! for the management endpoints.

use super::{Key, Map, Meaning};

const fn warned(name: &'static str, instead: &'static str) -> Key {
    Key { name, meaning: Meaning::Warned(instead) }
}

pub(super) const KEYS: &[Key] = &[
    warned("server.context-path", "a name of Spring Boot 1: write server.servlet.context-path"),
    warned("server.servlet-path", "a name of Spring Boot 1: write server.servlet.context-path"),
    warned("spring.mvc.servlet.path", "write server.servlet.context-path"),
    warned("logging.file", "a name of Spring Boot 2.1: write logging.file.name"),
    warned("logging.path", "a name of Spring Boot 2.1: write logging.file.path"),
    warned("management.port", ON_THE_MAIN_PORT),
    warned("management.address", ON_THE_MAIN_PORT),
    warned("management.context-path", "a name of Spring Boot 1: write management.endpoints.web.base-path"),
];

const ON_THE_MAIN_PORT: &str =
    "health and metrics are served on the main port, server.port, only: point probes and scrapes there";

const LOCKED_BY_USER: &str = "a name of Spring Boot 1, and nothing would be locked: write spring.security.user.name and \
     spring.security.user.password, or leave it out";

pub(super) const MAPS: &[Map] = &[
    Map { prefix: "management.server", meaning: Meaning::Warned(ON_THE_MAIN_PORT) },
    Map { prefix: "security.user", meaning: Meaning::Locks(LOCKED_BY_USER) },
    Map { prefix: "security.basic", meaning: Meaning::Locks(LOCKED_BY_USER) },
    Map { prefix: "security.oauth2", meaning: Meaning::Locks(LOCKED_BY_USER) },
];
