//! Paths: which resource a path names.

use std::borrow::Cow;

use actix_web::http::Method;

use crate::access::Role;
use crate::store::VipKind;

/// The longest path that names something: `eureka/v2/apps/{app}/{id}/status`.
const SEGMENTS_MAX: usize = 6;

/// What a path names. Application names are upper case, ids are decoded; whatever stands there already as it is meant
/// is not copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `/eureka/apps`
    Apps,
    /// `/eureka/apps/delta`
    Delta,
    /// `/eureka/apps/{app}`
    App(Cow<'a, str>),
    /// `/eureka/apps/{app}/{id}`
    Instance(Cow<'a, str>, Cow<'a, str>),
    /// `/eureka/apps/{app}/{id}/status`
    Status(Cow<'a, str>, Cow<'a, str>),
    /// `/eureka/apps/{app}/{id}/metadata`
    Metadata(Cow<'a, str>, Cow<'a, str>),
    /// `/eureka/instances/{id}`
    InstanceById(Cow<'a, str>),
    /// `/eureka/vips/{address}`, `/eureka/svips/{address}`
    Vip(VipKind, Cow<'a, str>),
    /// `/eureka/peerreplication/batch`
    Batch,
    /// `/eureka/asg/{name}/status`
    AsgStatus(Cow<'a, str>),
    /// `/eureka/status`
    ServerStatus,
    /// `/eureka/serverinfo/statusoverrides`
    StatusOverrides,
    /// `/actuator/health`, and `liveness` and `readiness` below it
    Health,
    /// `/actuator`
    Endpoints,
    /// `/metrics`, `/actuator/prometheus`
    Metrics,
    /// `/`
    Dashboard,
    /// `/lastn`
    LastLeases,
}

impl<'a> Route<'a> {
    /// The resource of a raw path, with or without `v2` and a trailing slash. Matrix parameters are ignored.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let mut segments: [Cow<'a, str>; SEGMENTS_MAX] = Default::default();
        let mut count = 0;
        for raw in path.strip_suffix('/').unwrap_or(path).split('/') {
            *segments.get_mut(count)? = decode_segment(raw)?;
            count += 1;
        }
        let texts = segments.each_ref().map(AsRef::as_ref);
        match texts[..count] {
            [""] => Some(Self::Dashboard),
            ["lastn"] => Some(Self::LastLeases),
            ["actuator", "health"] | ["actuator", "health", "liveness" | "readiness"] => Some(Self::Health),
            ["actuator"] => Some(Self::Endpoints),
            ["metrics"] | ["actuator", "prometheus"] => Some(Self::Metrics),
            ["eureka", "v2", ref rest @ ..] => Self::of_eureka(rest, &segments[2..]),
            ["eureka", ref rest @ ..] => Self::of_eureka(rest, &segments[1..]),
            _ => None,
        }
    }

    /// The same segments twice: as they are compared, and as they are kept.
    fn of_eureka(texts: &[&str], segments: &[Cow<'a, str>]) -> Option<Self> {
        if texts.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        let kept = |place: usize| segments.get(place).cloned().unwrap_or_default();
        let (app, id) = (|| upper(kept(1)), || kept(2));
        Some(match *texts {
            ["apps"] => Self::Apps,
            ["apps", "delta"] => Self::Delta,
            ["apps", _] => Self::App(app()),
            ["apps", _, _] => Self::Instance(app(), id()),
            ["apps", _, _, "status"] => Self::Status(app(), id()),
            ["apps", _, _, "metadata"] => Self::Metadata(app(), id()),
            ["instances", _] => Self::InstanceById(kept(1)),
            ["vips", _] => Self::Vip(VipKind::Plain, kept(1)),
            ["svips", _] => Self::Vip(VipKind::Secure, kept(1)),
            ["peerreplication", "batch"] => Self::Batch,
            ["asg", _, "status"] => Self::AsgStatus(kept(1)),
            ["status"] => Self::ServerStatus,
            ["serverinfo", "statusoverrides"] => Self::StatusOverrides,
            _ => return None,
        })
    }
}

impl Route<'_> {
    /// Whether it is there for whoever watches the process, and may have a port of its own.
    pub(crate) fn is_management(&self) -> bool {
        matches!(self, Self::Health | Self::Endpoints | Self::Metrics)
    }

    /// The methods it takes, as a 405 lists them: in Java's order, which clients may have seen.
    pub(crate) fn allowed(&self) -> &'static str {
        match self {
            Self::Apps | Self::Delta | Self::InstanceById(_) | Self::Vip(..) => "GET,OPTIONS",
            Self::ServerStatus | Self::StatusOverrides => "GET,OPTIONS",
            Self::Health | Self::Endpoints | Self::Metrics | Self::Dashboard | Self::LastLeases => "GET,OPTIONS",
            Self::App(_) => "POST,GET,OPTIONS",
            Self::Instance(..) => "DELETE,GET,OPTIONS,PUT",
            Self::Status(..) => "DELETE,OPTIONS,PUT",
            Self::Metadata(..) | Self::AsgStatus(_) => "OPTIONS,PUT",
            Self::Batch => "POST,OPTIONS",
        }
    }

    /// Whether what the method does is said in its body. All others say it in the path and the query, or ask.
    pub(crate) fn takes_body(&self, method: &Method) -> bool {
        matches!(self, Self::App(_) | Self::Batch) && *method == Method::POST
    }

    /// What a caller must be allowed; `None`: anybody may. A method that the resource does not take is told so to those
    /// who may read.
    pub(crate) fn role(&self, method: &Method) -> Option<Role> {
        let method = method.as_str();
        match self {
            // Load balancers and orchestrators ask without credentials.
            Self::Health => None,
            Self::Batch => Some(Role::Replicate),
            Self::Status(..) if matches!(method, "PUT" | "DELETE") => Some(Role::Operate),
            Self::AsgStatus(_) if method == "PUT" => Some(Role::Operate),
            Self::App(_) if method == "POST" => Some(Role::Register),
            Self::Instance(..) if matches!(method, "PUT" | "DELETE") => Some(Role::Register),
            Self::Metadata(..) if method == "PUT" => Some(Role::Register),
            Self::Apps | Self::Delta | Self::App(_) | Self::Instance(..) | Self::InstanceById(_) | Self::Vip(..) => {
                Some(Role::Read)
            }
            Self::Status(..) | Self::Metadata(..) | Self::Metrics | Self::Dashboard | Self::LastLeases => {
                Some(Role::Read)
            }
            Self::AsgStatus(_) | Self::ServerStatus | Self::StatusOverrides | Self::Endpoints => Some(Role::Read),
        }
    }
}

fn upper(name: Cow<'_, str>) -> Cow<'_, str> {
    // Java clients ask by the upper-case name.
    let is_upper = name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase());
    if is_upper { name } else { name.to_uppercase().into() }
}

/// One segment, percent-decoded, without matrix parameters. `None` when it is no text.
pub(crate) fn decode_segment(raw: &str) -> Option<Cow<'_, str>> {
    let raw = raw.split_once(';').map_or(raw, |(before, _)| before);
    if !raw.contains('%') {
        return Some(raw.into());
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next()?)? << 4 | hex(rest.next()?)? } else { byte });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance<'a>(app: &'a str, id: &'a str) -> Option<Route<'a>> {
        Some(Route::Instance(app.into(), id.into()))
    }

    #[test]
    fn paths_name_resources() {
        let table = [
            ("/eureka/apps", Some(Route::Apps)),
            ("/eureka/apps/", Some(Route::Apps)),
            ("/eureka/v2/apps/", Some(Route::Apps)),
            ("/eureka/apps/delta", Some(Route::Delta)),
            ("/eureka/v2/apps/delta/", Some(Route::Delta)),
            ("/eureka/apps/App-a", Some(Route::App("APP-A".into()))),
            ("/eureka/apps/app%20w.x", Some(Route::App("APP W.X".into()))),
            ("/eureka/apps/a/h:a:1", instance("A", "h:a:1")),
            ("/eureka/apps/a/h%3Aa%3a1/", instance("A", "h:a:1")),
            ("/eureka/apps/a/h:a:1;x=1", instance("A", "h:a:1")),
            ("/eureka/apps/a/x+y", instance("A", "x+y")),
            ("/eureka/apps/a/x%2By", instance("A", "x+y")),
            ("/eureka/apps/a/x%2Fy%3Bz", instance("A", "x/y;z")),
            ("/eureka/apps/a/1/status", Some(Route::Status("A".into(), "1".into()))),
            ("/eureka/apps/a/1/metadata", Some(Route::Metadata("A".into(), "1".into()))),
            ("/eureka/instances/1", Some(Route::InstanceById("1".into()))),
            ("/eureka/vips/V", Some(Route::Vip(VipKind::Plain, "V".into()))),
            ("/eureka/svips/v", Some(Route::Vip(VipKind::Secure, "v".into()))),
            ("/eureka/peerreplication/batch/", Some(Route::Batch)),
            ("/eureka/asg/my%20group/status", Some(Route::AsgStatus("my group".into()))),
            ("/eureka/status/", Some(Route::ServerStatus)),
            ("/eureka/v2/status", Some(Route::ServerStatus)),
            ("/eureka/serverinfo/statusoverrides", Some(Route::StatusOverrides)),
            ("/actuator/health", Some(Route::Health)),
            ("/actuator/health/liveness", Some(Route::Health)),
            ("/actuator/health/readiness/", Some(Route::Health)),
            ("/actuator/health/db", None),
            ("/actuator/info", None),
            ("/actuator", Some(Route::Endpoints)),
            ("/actuator/", Some(Route::Endpoints)),
            ("/metrics", Some(Route::Metrics)),
            ("/actuator/prometheus/", Some(Route::Metrics)),
            ("/", Some(Route::Dashboard)),
            ("/lastn", Some(Route::LastLeases)),
        ];
        for (path, route) in table {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    #[test]
    fn whatever_changes_something_needs_more_than_reading() {
        let app = || Cow::from("A");
        let routes = [
            (Route::Apps, ""),
            (Route::Delta, ""),
            (Route::App(app()), "POST register"),
            (Route::Instance(app(), app()), "PUT register, DELETE register"),
            (Route::Status(app(), app()), "PUT operate, DELETE operate"),
            (Route::Metadata(app(), app()), "PUT register"),
            (Route::InstanceById(app()), ""),
            (Route::Vip(VipKind::Plain, app()), ""),
            (Route::AsgStatus(app()), "PUT operate"),
            (Route::ServerStatus, ""),
            (Route::StatusOverrides, ""),
            (Route::Dashboard, ""),
            (Route::Endpoints, ""),
            (Route::LastLeases, ""),
        ];
        for (route, changes) in routes {
            for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"] {
                let change = changes.split(", ").find_map(|change| change.strip_prefix(method));
                let expected = change.map_or("read", str::trim);
                let role = route.role(&method.parse().unwrap()).unwrap();
                assert_eq!(role.as_str(), expected, "{method} {route:?}");
                let is_change = !matches!(method, "GET" | "HEAD" | "OPTIONS");
                assert_eq!(role != Role::Read, is_change && route.allowed().contains(method), "{method} {route:?}");
            }
        }
        assert_eq!(Route::Health.role(&Method::GET), None);
        for method in [Method::GET, Method::POST] {
            assert_eq!(Route::Batch.role(&method), Some(Role::Replicate));
        }
    }

    #[test]
    fn other_paths_name_nothing() {
        for path in [
            "",
            "apps",
            "/apps",
            "/v2/apps",
            "/eureka",
            "/eureka/",
            "/eureka/v1/apps",
            "/eureka/eureka/apps",
            "/EUREKA/apps",
            "/eureka/Apps",
            "/eureka//apps",
            "/eureka/apps//",
            "/eureka/apps//A",
            "/eureka/apps/../apps/A",
            "/eureka/apps/a/1/status/x",
            "/eureka/apps/a/%zz",
            "/eureka/apps/a/%4",
            "/eureka/apps/a/%ff",
            "/eureka/lastn",
            "/eureka/asg/a",
            "/serverinfo/statusoverrides",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }
}
