//! Under which paths the registry answers, as `server.servlet.context-path` and others set them.

use std::borrow::Cow;

use eurus_model::InstanceInfo;
use eurus_service::{ConfigError, Properties};

use crate::http::decode_segment;

const CONTEXT_PATH_KEY: &str = "server.servlet.context-path";
const DASHBOARD_KEY: &str = "eureka.dashboard.enabled";
const DASHBOARD_PATH_KEY: &str = "eureka.dashboard.path";
const MANAGEMENT_PATH_KEY: &str = "management.endpoints.web.base-path";
const PATH_ALLOWED: &str = "a path that begins with /, such as /registry, of letters, digits and . _ ~ - /";
/// The longest path that is accepted, bytes.
const PATH_BYTES_MAX: usize = 255;

/// Paths without a slash at their end; `/` is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Before every path.
    pub context: String,
    /// Of the pages for people; `None`: they are not served.
    pub dashboard: Option<String>,
    /// Of health.
    pub management: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self { context: String::new(), dashboard: Some(String::new()), management: "/actuator".to_owned() }
    }
}

impl Paths {
    /// As somebody set them.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no path.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let stock = Self::default();
        let dashboard = path(properties, DASHBOARD_PATH_KEY, String::new())?;
        Ok(Self {
            context: path(properties, CONTEXT_PATH_KEY, stock.context)?,
            dashboard: properties.bool(DASHBOARD_KEY, true)?.then_some(dashboard),
            management: path(properties, MANAGEMENT_PATH_KEY, stock.management)?,
        })
    }

    /// The path as it would be under the standard paths; `None` when nothing is there.
    pub(crate) fn standard<'a>(&self, path: &'a str) -> Option<Cow<'a, str>> {
        let inside = match path.strip_prefix(self.context.as_str())? {
            "" => "/",
            rest if rest.starts_with('/') => rest,
            _ => return None,
        };
        if inside.starts_with("/eureka/") && !self.is_moved_below_eureka() {
            return Some(inside.into());
        }
        let is_page = |path: &str| matches!(path.trim_end_matches('/'), "" | "/lastn");
        let plain = plain(inside)?;
        let inside = plain.as_ref();
        if self.is_list_of_endpoints(inside) {
            return Some("/actuator".into());
        }
        if let Some(endpoint) = self.endpoint(inside).filter(|rest| !is_page(rest)) {
            return Some(format!("/actuator{endpoint}").into());
        }
        if let Some(page) = self.dashboard.as_ref().and_then(|base| below(inside, base)).filter(|page| is_page(page)) {
            return Some(page.to_owned().into());
        }
        let is_elsewhere = is_page(inside) || below(inside, "/actuator").is_some();
        (!is_elsewhere).then(|| plain.clone())
    }

    /// Moves the addresses that an instance gives for itself, if it is this registry, to where they are.
    pub(crate) fn move_pages_of(&self, itself: &mut InstanceInfo) {
        let moved = |url: &mut Option<String>, standard: &str, place: &str| {
            let origin = url.as_deref().and_then(|url| url.strip_suffix(standard)).map(str::to_owned);
            *url = origin.map(|origin| format!("{origin}{}{place}", self.context)).or_else(|| url.take());
        };
        moved(&mut itself.home_page_url, "/", &format!("{}/", self.dashboard.as_deref().unwrap_or_default()));
        moved(&mut itself.status_page_url, "/eureka/status", "/eureka/status");
        moved(&mut itself.health_check_url, "/actuator/health", &format!("{}/health", self.management));
    }

    /// Whether pages or endpoints were put where Eureka's own resources are.
    fn is_moved_below_eureka(&self) -> bool {
        [Some(&self.management), self.dashboard.as_ref()].into_iter().flatten().any(|base| base.starts_with("/eureka"))
    }

    /// Below `/` there is none, as with Spring, and a page at the same place goes before it.
    fn is_list_of_endpoints(&self, inside: &str) -> bool {
        let has_own_place = !self.management.is_empty() && self.dashboard.as_ref() != Some(&self.management);
        has_own_place && below(inside, &self.management) == Some("/")
    }

    /// What is asked of the management endpoints. Below `/` they stand beside Eureka's own resources.
    fn endpoint<'a>(&self, inside: &'a str) -> Option<&'a str> {
        let is_beside = ["/eureka", "/metrics"].iter().any(|other| below(inside, other).is_some());
        below(inside, &self.management).filter(|_| !(self.management.is_empty() && is_beside))
    }
}

/// The path without spellings that mean the same: `/lastn` has only one, however it is written. Below `/eureka` it
/// stays as it is: ids are decoded when they are taken out. `None` when it is no text.
fn plain(path: &str) -> Option<Cow<'_, str>> {
    if below(path, "/eureka").is_some() || !path.contains(['%', ';']) {
        return Some(path.into());
    }
    let segments: Option<Vec<Cow<'_, str>>> = path.split('/').map(decode_segment).collect();
    let decoded = segments?.join("/");
    // One that becomes a resource of Eureka's only so is nobody's.
    below(&decoded, "/eureka").is_none().then_some(decoded.into())
}

/// What is left of a path below another; `/` for that itself.
fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    match path.strip_prefix(base)? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

pub(crate) fn path(properties: &Properties, key: &str, default: String) -> Result<String, ConfigError> {
    let Some(text) = properties.string(key) else { return Ok(default) };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-/".contains(&byte);
    let is_path = text.starts_with('/') && !text.contains("//") && text.bytes().all(is_letter);
    if !is_path || text.len() > PATH_BYTES_MAX || text.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(properties.invalid(key, PATH_ALLOWED));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn read(flags: &[(&str, &str)]) -> Result<Paths, ConfigError> {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Paths::from_properties(&Properties::layered(Sources { flags, ..Sources::default() })?.0)
    }

    #[test]
    fn nothing_said_changes_nothing() {
        let paths = read(&[]).unwrap();
        assert_eq!(paths, Paths::default());
        for path in ["/", "/lastn", "/eureka/apps", "/eureka/apps/", "/actuator/health", "/other"] {
            assert_eq!(paths.standard(path).as_deref(), Some(path));
        }
    }

    #[test]
    fn all_of_it_moves_under_the_context_path() {
        let paths = read(&[(CONTEXT_PATH_KEY, "/a/b/")]).unwrap();
        let table = [
            ("/a/b/eureka/apps", Some("/eureka/apps")),
            ("/a/b/", Some("/")),
            ("/a/b", Some("/")),
            ("/a/b/actuator/health", Some("/actuator/health")),
            ("/eureka/apps", None),
            ("/", None),
            ("/a/bc", None),
            ("/actuator/health", None),
        ];
        for (path, expected) in table {
            assert_eq!(paths.standard(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn pages_and_health_move_or_go() {
        let at = |flags: &[(&str, &str)], path: &str| read(flags).unwrap().standard(path).map(Cow::into_owned);
        for (flags, path, expected) in [
            (&[(DASHBOARD_KEY, "false")][..], "/", None),
            (&[(DASHBOARD_KEY, "false")], "/lastn", None),
            (&[(DASHBOARD_KEY, "false")], "/;", None),
            (&[(DASHBOARD_KEY, "false")], "/lastn;x", None),
            (&[(DASHBOARD_KEY, "false")], "/%6castn", None),
            (&[], "/%6castn;x", Some("/lastn")),
            (&[], "/%ff", None),
            (&[], "/eureka/apps/a/x%2Fy;z", Some("/eureka/apps/a/x%2Fy;z")),
            (&[(MANAGEMENT_PATH_KEY, "/manage")], "/%61ctuator/health", None),
            (&[(MANAGEMENT_PATH_KEY, "/manage")], "/actuator;x/prometheus", None),
            (&[(DASHBOARD_KEY, "false")], "/eureka/apps", Some("/eureka/apps")),
            (&[(DASHBOARD_PATH_KEY, "/dash")], "/", None),
            (&[(DASHBOARD_PATH_KEY, "/dash")], "/dash", Some("/")),
            (&[(DASHBOARD_PATH_KEY, "/dash")], "/dash/lastn", Some("/lastn")),
            (&[(DASHBOARD_PATH_KEY, "/dash")], "/dash/eureka/apps", Some("/dash/eureka/apps")),
            (&[(MANAGEMENT_PATH_KEY, "/manage")], "/manage/health", Some("/actuator/health")),
            (&[(MANAGEMENT_PATH_KEY, "/manage")], "/manage/", Some("/actuator")),
            (&[(MANAGEMENT_PATH_KEY, "/manage")], "/actuator", None),
            (&[(MANAGEMENT_PATH_KEY, "/x"), (DASHBOARD_PATH_KEY, "/x")], "/x", Some("/")),
            (&[], "/actuator", Some("/actuator")),
            (&[], "/actuator/lastn", None),
            (&[(MANAGEMENT_PATH_KEY, "/manage")], "/actuator/health", None),
            (&[(MANAGEMENT_PATH_KEY, "/")], "/health", Some("/actuator/health")),
            (&[(MANAGEMENT_PATH_KEY, "/")], "/eureka/apps", Some("/eureka/apps")),
            (&[(MANAGEMENT_PATH_KEY, "/")], "/metrics", Some("/metrics")),
            (&[(MANAGEMENT_PATH_KEY, "/")], "/", Some("/")),
        ] {
            assert_eq!(at(flags, path).as_deref(), expected, "{flags:?} {path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for wrong in ["registry", "/a b", "/a//b", "/../x", "/a?b", "/é"] {
            let error = read(&[(CONTEXT_PATH_KEY, wrong)]).unwrap_err().to_string();
            assert!(error.contains(CONTEXT_PATH_KEY) && error.contains("begins with /"), "{error}");
        }
        assert_eq!(read(&[(CONTEXT_PATH_KEY, "/")]).unwrap(), Paths::default());
    }
}
