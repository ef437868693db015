//! `spring.cloud.gateway.routes`, as Spring Cloud Gateway has them. What is unknown fails with its key, but for metadata, of
//! which users have some of their own.

use std::collections::HashSet;

use eurus_service::properties::{ConfigError, Item, ItemSetting, Properties};
use http::Method;
use http::header::HeaderName;

use super::route_terms;
use super::shortcut::Shortcut;
use crate::routes::RoutesConfig;
use crate::routes::filter::{Filter, Rewrite, Template};
use crate::routes::host_pattern::HostPattern;
use crate::routes::path_pattern::PathPattern;
use crate::routes::predicate::Predicate;
use crate::routes::route::RouteDefinition;
use crate::routes::segment::compiled;
use crate::terms::OwnTerms;

/// Where they may stand: as it was before Spring Cloud 2025, and since.
const PLACES: [&str; 2] = ["spring.cloud.gateway", "spring.cloud.gateway.server.webflux"];
const LOCATOR: &str = "spring.cloud.gateway.discovery.locator.enabled";
/// The most that are taken.
const ROUTES_MAX: usize = 100_000;
const PREDICATES: &str = "one of Path, Host, Method, Header";
const FILTERS: &str = "one of StripPrefix, PrefixPath, RewritePath, SetPath, RequestSize";

impl RoutesConfig {
    /// What the properties say.
    ///
    /// # Errors
    /// [`ConfigError`] for whatever is not allowed or not known, with the key and what is.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let locator = properties.bool(LOCATOR, Self::default().locator)?;
        let items = only_one(properties, "routes")?;
        if items.len() > ROUTES_MAX {
            return Err(ConfigError::other(format!("{} routes; at most {ROUTES_MAX} are taken", items.len())));
        }
        let defaults = only_one(properties, "default-filters")?;
        let mut definitions = Vec::with_capacity(items.len());
        let mut ids = HashSet::new();
        for (place, item) in items.iter().enumerate() {
            let Some(definition) = route(properties, item, place, &defaults)? else { continue };
            if !ids.insert(definition.id.clone()) {
                let why = format!("{}.id: '{}' is another route's id already", item.key, definition.id.escape_debug());
                return Err(ConfigError::other(why));
            }
            definitions.push(definition);
        }
        let stock = Self::default().counted_max;
        let counted_max = properties.number("eurus.gateway.metrics.routes-max", stock, 0..=100_000)?;
        Ok(Self { definitions, locator, counted_max })
    }
}

impl RoutesConfig {
    /// Whether a setting is about routes: these change without a restart.
    pub(crate) fn is_read_from(key: &str) -> bool {
        let lists = PLACES.iter().flat_map(|place| [format!("{place}.routes"), format!("{place}.default-filters")]);
        key == LOCATOR || lists.into_iter().any(|list| key.starts_with(&list))
    }
}

fn only_one(properties: &Properties, list: &str) -> Result<Vec<Item>, ConfigError> {
    let [older, newer] = PLACES.map(|place| properties.items(&format!("{place}.{list}")));
    match (older?, newer?) {
        (older, newer) if older.is_empty() => Ok(newer),
        (older, newer) if newer.is_empty() => Ok(older),
        (older, newer) => Err(ConfigError::other(format!(
            "{} and {} are both set: keep one of the two lists",
            older[0].key, newer[0].key
        ))),
    }
}

/// `None`: it is switched off.
fn route(
    properties: &Properties,
    item: &Item,
    place: usize,
    defaults: &[Item],
) -> Result<Option<RouteDefinition>, ConfigError> {
    const ALLOWED: &str = "id, uri, predicates, filters, order, enabled, metadata";
    let (mut id, mut service, mut order, mut is_enabled) = (format!("route-{place}"), None, 0, true);
    let mut terms = OwnTerms::default();
    for setting in &item.settings {
        match setting.uniform_name().as_str() {
            // Metrics have names of their own in parentheses.
            "id" if setting.value.starts_with('(') => return Err(setting.invalid("an id that does not begin with (")),
            "id" if !setting.value.is_empty() => id.clone_from(&setting.value),
            "id" => {}
            "uri" => service = Some(service_of(setting)?),
            "order" => order = setting.value.parse().map_err(|_| setting.invalid("a whole number"))?,
            "enabled" => is_enabled = properties.bool(&setting.key, true)?,
            "predicates" | "filters" | "metadata" => {}
            name if name.starts_with("metadata.") => route_terms::take(properties, setting, &mut terms)?,
            name if name.starts_with("predicates.") || name.starts_with("filters.") => {}
            _ => return Err(setting.unknown(ALLOWED)),
        }
    }
    let service =
        service.ok_or_else(|| ConfigError::other(format!("{}.uri must be set: lb://SERVICE-ID", item.key)))?;
    let mut predicates = Vec::new();
    for written in Shortcut::all(item, "predicates")? {
        predicates.push(predicate(written)?);
    }
    if predicates.is_empty() {
        let why = "predicates must be set; Path=/** takes every request";
        return Err(ConfigError::other(format!("{}.{why}", item.key)));
    }
    let mut filters = Vec::new();
    for written in in_turn(default_filters(defaults)?, Shortcut::all(item, "filters")?) {
        filters.extend(filter(written, &mut terms)?);
    }
    let definition = RouteDefinition { id, service, order, predicates, filters, terms };
    if let Some(name) = definition.missing_variable() {
        let why = format!("{{{name}}} in a filter is in no Path of this route, or not in all of its patterns");
        return Err(ConfigError::other(format!("{}.filters: {why}", item.key)));
    }
    Ok(is_enabled.then_some(definition))
}

/// As Spring sorts them: by place, a default one before the route's own.
fn in_turn(defaults: Vec<Shortcut>, own: Vec<Shortcut>) -> Vec<Shortcut> {
    let (mut defaults, mut own) = (defaults.into_iter(), own.into_iter());
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(defaults.next());
        all.extend(own.next());
        if all.len() == before {
            return all;
        }
    }
}

fn default_filters(items: &[Item]) -> Result<Vec<Shortcut>, ConfigError> {
    let read = |item: &Item| {
        let settings: Vec<_> = item.settings.iter().map(|setting| (setting.name.as_str(), setting)).collect();
        Shortcut::read(&settings)
    };
    items.iter().map(read).collect()
}

fn service_of(setting: &ItemSetting) -> Result<String, ConfigError> {
    let text = setting.value.as_str();
    let service = ["lb://", "lb:http://", "lb:ws://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let service = service.map(|name| name.strip_suffix('/').unwrap_or(name)).filter(is_name);
    service.map(ToOwned::to_owned).ok_or_else(|| setting.invalid("lb://SERVICE-ID, a service of the registry"))
}

fn predicate(mut written: Shortcut) -> Result<Predicate, ConfigError> {
    match written.name.as_str() {
        "Path" => {
            // Spring's matchTrailingSlash, the last of the arguments.
            let slash = written.take_named("matchTrailingSlash").or_else(|| written.take_last(&["true", "false"]));
            let takes_slash = slash.as_deref() != Some("false");
            let patterns = written.list(&["patterns", "pattern"])?;
            let patterns = patterns.iter().map(|text| PathPattern::parse(text, takes_slash));
            patterns
                .collect::<Result<_, _>>()
                .map(Predicate::Path)
                .map_err(|why| written.invalid(&format!("paths: {why}")))
        }
        "Host" => {
            let patterns = written.list(&["patterns", "pattern"])?;
            let patterns = patterns.iter().map(|text| HostPattern::parse(text)).collect::<Result<_, _>>();
            patterns.map(Predicate::Host).map_err(|why| written.invalid(&format!("hosts: {why}")))
        }
        "Method" => {
            let methods = written.list(&["methods", "method"])?;
            let known = |text: &String| Method::try_from(text.to_ascii_uppercase().as_str()).ok();
            let methods: Option<_> = methods.iter().map(known).collect();
            methods.map(Predicate::Method).ok_or_else(|| written.invalid("methods such as GET,POST"))
        }
        "Header" => {
            let mut given = written.arguments(&["header", "regexp"], 1)?.into_iter().flatten();
            let name = given.next().and_then(|name| HeaderName::try_from(name).ok());
            let name = name.ok_or_else(|| written.invalid("the name of a header"))?;
            let regex = given.next().map(|regexp| compiled(&format!("^(?:{regexp})$"))).transpose();
            Ok(Predicate::Header(name, regex.map_err(|why| written.invalid(&format!("a regular expression: {why}")))?))
        }
        _ => Err(written.invalid(PREDICATES)),
    }
}

/// `None`: it is none of the path, but a limit.
fn filter(mut written: Shortcut, terms: &mut OwnTerms) -> Result<Option<Filter>, ConfigError> {
    let one = |written: &mut Shortcut, name: &str| -> Result<String, ConfigError> {
        Ok(written.arguments(&[name], 0)?.into_iter().flatten().next().unwrap_or_default())
    };
    let template = |written: &mut Shortcut, name: &str| {
        let text = one(written, name)?;
        Template::parse(&text).map_err(|why| written.invalid(&format!("a path: {why}")))
    };
    Ok(Some(match written.name.as_str() {
        "StripPrefix" => {
            let count = written.arguments(&["parts"], 1)?.into_iter().flatten().next();
            let count = count.map_or(Ok(1), |count| count.parse());
            Filter::StripPrefix(count.map_err(|_| written.invalid("how many segments, as in StripPrefix=1"))?)
        }
        "PrefixPath" => Filter::PrefixPath(template(&mut written, "prefix")?),
        "SetPath" => Filter::SetPath(template(&mut written, "template")?),
        "RewritePath" => {
            let given: Vec<String> = written.arguments(&["regexp", "replacement"], 0)?.into_iter().flatten().collect();
            let rewrite = Rewrite::parse(&given[0], &given[1]);
            Filter::RewritePath(
                rewrite.map_err(|why| written.invalid(&format!("RewritePath=regexp, replacement: {why}")))?,
            )
        }
        "RequestSize" => {
            let size = written.arguments(&["maxSize"], 1)?.into_iter().flatten().next();
            let bytes = route_terms::bytes(size.as_deref().unwrap_or("5MB"));
            terms.body_bytes_max = Some(bytes.ok_or_else(|| written.invalid("a size such as 5MB, from 1B"))?);
            return Ok(None);
        }
        _ => return Err(written.invalid(FILTERS)),
    }))
}

#[cfg(test)]
mod tests;
