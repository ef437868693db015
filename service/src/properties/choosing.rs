//! Which profiles are active, and what of that depends on placeholders: resolved with what is known so far, as Spring does.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, ON_PROFILE};
use super::loading::{IMPORT, Loading, Outside};
use super::placeholders::Known;
use super::profiles;
use super::{ConfigError, Notices, Origin, Setting};
use crate::keys::uniform;

/// The profile that is active when no other is.
const NO_PROFILE: &str = "default";

/// Everything that profiles are chosen by.
pub(super) struct Choice {
    pub(super) active: Vec<String>,
    /// Those that stand for others, or for nothing by default: nobody expects words for them.
    silent: Vec<String>,
    /// What documents of no profile say, for placeholders.
    plain: BTreeMap<String, Setting>,
}

/// What counts, lowest first.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) documents: Vec<Document>,
    /// Profiles that a file or a document is for.
    pub(super) asked_for: BTreeSet<String>,
}

impl Kept {
    /// These documents are of a file of this profile.
    pub(super) fn of_profile(&mut self, profile: &str, documents: &[Document]) {
        if !documents.is_empty() {
            self.asked_for.insert(profile.to_owned());
        }
    }

    pub(super) fn warn_of_profiles_without_words(&self, choice: &Choice, notices: &mut Notices) {
        for profile in choice.active.iter().filter(|name| !choice.silent.contains(name)) {
            if !self.asked_for.contains(profile) {
                notices.warned.push(format!(
                    "the profile '{profile}' is active, but nothing is set for it: no file such as \
                     application-{profile}.yml, no document with spring.config.activate.on-profile: {profile}"
                ));
            }
        }
    }
}

impl<O: Outside> Loading<'_, O> {
    /// What stands outside of files, placeholders resolved.
    pub(super) fn outside(&self, name: &str) -> Result<Option<(String, Origin)>, ConfigError> {
        let Some((value, origin)) = self.outside.value(name) else { return Ok(None) };
        let settings = self.known(&BTreeMap::new(), []);
        let known = Known { settings: &settings, environment: self.environment };
        let value = resolved(&known, name, &Setting { value, origin: origin.clone() })?;
        Ok(Some((value, origin)))
    }

    pub(super) fn choose<'d>(&self, documents: impl Iterator<Item = &'d Document>) -> Result<Choice, ConfigError> {
        let (conditional, plain): (Vec<&Document>, Vec<&Document>) =
            documents.partition(|document| document.is_conditional());
        for document in conditional {
            refuse_profiles_in(std::slice::from_ref(document))?;
        }
        let settings: BTreeMap<String, Setting> = plain.iter().flat_map(|document| document.settings()).collect();
        let all = self.known(&settings, []);
        let known = Known { settings: &all, environment: self.environment };
        let said = |name: &str| -> Result<Option<Vec<String>>, ConfigError> {
            let text = match (self.outside(name)?, settings.get(name)) {
                (Some((text, _)), _) => Some(text),
                (None, Some(setting)) => Some(resolved(&known, name, setting)?),
                (None, None) => None,
            };
            Ok(text.map(|text| profiles::listed(&text)))
        };
        let group = |name: &str| Ok(said(&format!("spring.profiles.group.{}", uniform(name)))?.unwrap_or_default());
        let default = said("spring.profiles.default")?.unwrap_or_else(|| vec![NO_PROFILE.to_owned()]);
        let included = said("spring.profiles.include")?.unwrap_or_default();
        let active = profiles::in_order(included, said("spring.profiles.active")?, default, group)?;
        let mut silent = vec![NO_PROFILE.to_owned()];
        for profile in &active {
            if !group(profile)?.is_empty() {
                silent.push(profile.clone());
            }
        }
        Ok(Choice { active, silent, plain: settings })
    }

    /// For which profiles a document is.
    pub(super) fn resolve_condition(
        &self,
        document: &mut Document,
        choice: &Choice,
        kept: &Kept,
    ) -> Result<(), ConfigError> {
        self.resolve(document, choice, kept, |name| ON_PROFILE.contains(&name))
    }

    /// What a document that counts draws in.
    pub(super) fn resolve_import(
        &self,
        document: &mut Document,
        choice: &Choice,
        kept: &Kept,
    ) -> Result<(), ConfigError> {
        self.resolve(document, choice, kept, |name| name == IMPORT)
    }

    fn resolve(
        &self,
        document: &mut Document,
        choice: &Choice,
        kept: &Kept,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<(), ConfigError> {
        if !document.has_placeholders(&is_meant) {
            return Ok(());
        }
        let own = document.clone();
        let settings = self.known(&choice.plain, kept.documents.iter().chain([&own]));
        document.resolve(&Known { settings: &settings, environment: self.environment }, is_meant)
    }

    /// Everything that is known, by uniform name.
    fn known<'d>(
        &self,
        plain: &BTreeMap<String, Setting>,
        documents: impl IntoIterator<Item = &'d Document>,
    ) -> BTreeMap<String, Setting> {
        let mut known = self.below.clone();
        known.extend(plain.clone());
        for document in documents {
            known.extend(document.settings());
        }
        known.extend(self.outside.above_the_environment().map(|(name, setting)| (uniform(name), setting)));
        known
    }
}

fn resolved(known: &Known<'_>, key: &str, setting: &Setting) -> Result<String, ConfigError> {
    let mut setting = setting.clone();
    known.resolve(key, &mut setting)?;
    Ok(setting.value)
}

/// What chooses the profiles must not depend on a profile.
pub(super) fn refuse_profiles_in(documents: &[Document]) -> Result<(), ConfigError> {
    for document in documents {
        for key in ["spring.profiles.active", "spring.profiles.include", "spring.profiles.default"] {
            if document.value(key).is_some() {
                let why =
                    "it must not depend on a profile or stand in an imported file; set it in application.yml itself";
                return Err(ConfigError::refused(key, &document.origin(), why));
            }
        }
    }
    Ok(())
}
