//! `eurus.sync-speed.kubernetes.*`.

use std::path::PathBuf;

use eurus_service::{ConfigError, Properties};

const ENABLED: &str = "eurus.sync-speed.kubernetes.enabled";
const NAMESPACES: &str = "eurus.sync-speed.kubernetes.namespaces";
const ANNOTATION: &str = "eurus.sync-speed.kubernetes.annotation";
const APP_ANNOTATION: &str = "eurus.sync-speed.kubernetes.app-annotation";
const LABEL_SELECTOR: &str = "eurus.sync-speed.kubernetes.label-selector";
const KUBECONFIG: &str = "eurus.sync-speed.kubernetes.kubeconfig";
const FORCE: &str = "eurus.sync-speed.kubernetes.force";

/// Namespaces that are followed one by one, each with connections of its own; more are followed as all.
const NAMESPACES_MAX: usize = 32;

/// Pods that the cluster deletes are taken offline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesConfig {
    /// Which are followed; none: all.
    pub namespaces: Vec<String>,
    /// Pods that carry it with the value `true` are taken offline.
    pub annotation: String,
    /// Its value, where a pod carries it, is the one application that is meant.
    pub app_annotation: String,
    /// Narrows which pods are looked at.
    pub label_selector: Option<String>,
    /// How the API server is reached; `None`: as from inside the cluster.
    pub kubeconfig: Option<PathBuf>,
    /// Take an application's last UP instance too.
    pub force: bool,
}

impl KubernetesConfig {
    /// All namespaces, from inside the cluster.
    pub fn stock() -> Self {
        Self {
            namespaces: Vec::new(),
            annotation: "eurus.io/offline-on-delete".to_owned(),
            app_annotation: "eurus.io/app".to_owned(),
            label_selector: None,
            kubeconfig: None,
            force: false,
        }
    }

    /// `None`: it is off.
    ///
    /// # Errors
    /// The key, its value and what is allowed.
    pub(super) fn from_properties(properties: &Properties) -> Result<Option<Self>, ConfigError> {
        if !properties.bool(ENABLED, false)? {
            return Ok(None);
        }
        if !cfg!(feature = "kubernetes") {
            let allowed = "false, as this program was built without it; cargo build --features kubernetes builds it in";
            return Err(properties.invalid(ENABLED, allowed));
        }
        let stock = Self::stock();
        let namespaces = properties.list(NAMESPACES);
        if namespaces.len() > NAMESPACES_MAX || !namespaces.iter().all(|name| is_namespace(name)) {
            let allowed = format!("names of namespaces, at most {NAMESPACES_MAX}; without any, all are followed");
            return Err(properties.invalid(NAMESPACES, &allowed));
        }
        Ok(Some(Self {
            namespaces,
            annotation: annotation(properties, ANNOTATION, stock.annotation)?,
            app_annotation: annotation(properties, APP_ANNOTATION, stock.app_annotation)?,
            label_selector: properties.string(LABEL_SELECTOR),
            kubeconfig: properties.string(KUBECONFIG).map(PathBuf::from),
            force: properties.bool(FORCE, stock.force)?,
        }))
    }
}

fn annotation(properties: &Properties, key: &str, default: String) -> Result<String, ConfigError> {
    match properties.string(key) {
        None => Ok(default),
        Some(name) if is_annotation(&name) => Ok(name),
        Some(_) => Err(properties.invalid(key, "the name of an annotation, such as example.com/offline-on-delete")),
    }
}

fn is_namespace(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len()) && name.chars().all(is_allowed)
}

fn is_annotation(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    (1..=317).contains(&name.len()) && name.chars().all(is_allowed) && name.matches('/').count() <= 1
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn config(settings: &[(&str, &str)]) -> Result<Option<KubernetesConfig>, ConfigError> {
        let flags = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() })?;
        KubernetesConfig::from_properties(&properties)
    }

    #[test]
    fn it_is_off_until_it_is_switched_on() {
        assert_eq!(config(&[]).unwrap(), None);
        assert_eq!(config(&[(NAMESPACES, "shop"), (FORCE, "true")]).unwrap(), None);
    }

    #[cfg(not(feature = "kubernetes"))]
    #[test]
    fn a_program_without_it_says_so() {
        let error = config(&[(ENABLED, "true")]).unwrap_err().to_string();
        assert!(error.contains(ENABLED) && error.contains("--features kubernetes"), "{error}");
    }

    #[cfg(feature = "kubernetes")]
    #[test]
    fn what_is_said_and_what_is_wrong() {
        let on = (ENABLED, "true");
        assert_eq!(config(&[on]).unwrap(), Some(KubernetesConfig::stock()));
        let said = config(&[
            on,
            (NAMESPACES, "shop, shop-2"),
            (ANNOTATION, "example.com/off"),
            (APP_ANNOTATION, "app"),
            (LABEL_SELECTOR, "tier in (web,api)"),
            (KUBECONFIG, "/etc/kubeconfig"),
            (FORCE, "true"),
        ]);
        assert_eq!(
            said.unwrap().unwrap(),
            KubernetesConfig {
                namespaces: vec!["shop".to_owned(), "shop-2".to_owned()],
                annotation: "example.com/off".to_owned(),
                app_annotation: "app".to_owned(),
                label_selector: Some("tier in (web,api)".to_owned()),
                kubeconfig: Some(PathBuf::from("/etc/kubeconfig")),
                force: true,
            }
        );
        let many = vec!["n"; 33].join(",");
        for (key, value, part) in [
            (ENABLED, "please", "true or false"),
            (NAMESPACES, "Shop", "names of namespaces"),
            (NAMESPACES, "a/b", "names of namespaces"),
            (NAMESPACES, &many, "at most 32"),
            (ANNOTATION, "a b", "the name of an annotation"),
            (APP_ANNOTATION, "a/b/c", "the name of an annotation"),
            (FORCE, "maybe", "true or false"),
        ] {
            let error = config(&[on, (key, value)]).expect_err(value).to_string();
            assert!(error.contains(key) && error.contains(part), "{error}");
        }
    }
}
