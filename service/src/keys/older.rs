//! Names that have no effect here although who wrote them expects one: those of older Spring Boots, and of a certificate of
//! its own for the management port.

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
    warned("management.port", "a name of Spring Boot 1: write management.server.port"),
    warned("management.address", "a name of Spring Boot 1: write management.server.address"),
    warned("management.context-path", "a name of Spring Boot 1: write management.endpoints.web.base-path"),
];

const MAIN_CERTIFICATE: &str = "the management port shows the certificate of server.ssl: leave this out (management.server.ssl.enabled: false is plain HTTP)";

const LOCKED_BY_USER: &str = "a name of Spring Boot 1, and nothing would be locked: write spring.security.user.name and \
     spring.security.user.password, or leave it out";

pub(super) const MAPS: &[Map] = &[
    Map { prefix: "management.server.ssl", meaning: Meaning::Refused(MAIN_CERTIFICATE) },
    Map {
        prefix: "management.server.servlet",
        meaning: Meaning::Warned("a name of Spring Boot 2: write management.server.base-path"),
    },
    Map { prefix: "security.user", meaning: Meaning::Locks(LOCKED_BY_USER) },
    Map { prefix: "security.basic", meaning: Meaning::Locks(LOCKED_BY_USER) },
    Map { prefix: "security.oauth2", meaning: Meaning::Locks(LOCKED_BY_USER) },
];
