//! Settings of other programs that share a user's file with ours: known as a family, and without meaning here.

use super::uniform;

/// All names below a prefix.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Kebab case, dotted, without the last dot.
    pub prefix: &'static str,
    /// What it is about, and what to do instead if something must be done.
    pub about: &'static str,
}

const fn family(prefix: &'static str, about: &'static str) -> Family {
    Family { prefix, about }
}

/// Families whose settings may also stand on the command line; others there are taken for typing errors.
pub const FAMILIES: &[Family] = &[
    family("info", "texts of Spring's info page"),
    family("management", "Spring's actuator; health and metrics are served by rules of their own"),
    family("logging.level", "levels of Java's loggers; logging.level.root is read"),
    family("logging.logback", "rotation is fixed: the file is rolled at 10 MiB, 5 older ones are kept"),
    family("logging", "other settings of Java's logs"),
    family("spring.autoconfigure", "Java's wiring"),
    family("spring.banner", "Spring's banner"),
    family("spring.boot", "Spring Boot's administration"),
    family("spring.cloud", "other parts of Spring Cloud"),
    family("spring.devtools", "Java development"),
    family("spring.freemarker", "templates of Java's dashboard"),
    family("spring.jackson", "Java's JSON"),
    family("spring.jmx", "Java's management"),
    family("spring.main", "Java's start"),
    family("spring.mvc", "Spring's web layer"),
    family("spring.output", "Spring's console"),
    family("spring.thymeleaf", "templates"),
    family("spring.web", "Spring's web layer"),
    family("server.compression", "the registry compresses what clients ask for compressed"),
    family("server.error", "Spring's error page"),
    family("server.http2", "HTTP/1.1 is served"),
    family("server.jetty", "a Java server; eurus.registry.workers sets threads"),
    family("server.tomcat", "a Java server; eurus.registry.workers sets threads"),
    family("server.undertow", "a Java server; eurus.registry.workers sets threads"),
    family("ribbon", "Netflix's older balancer"),
    family("hystrix", "Netflix's circuit breaker"),
];

/// The family of a name.
pub fn family_of(name: &str) -> Option<&'static Family> {
    let name = uniform(name);
    FAMILIES.iter().find(|family| name.strip_prefix(&uniform(family.prefix)).is_some_and(|rest| rest.starts_with('.')))
}
