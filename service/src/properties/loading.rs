//! Which files count, in which order: Spring's rule. Places in their order; in one place `.properties` above `.yml`;
//! files of active profiles above those of none.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::choosing::{Choice, Kept, refuse_profiles_in};
use super::document::{self, Document, Syntax};
use super::location::{self, Location, Place};
use super::profiles;
use super::{ConfigError, Files, Notices, Origin, Setting};

pub(super) const IMPORT: &str = "spring.config.import";
/// Imports within imports: more than this is a circle.
const IMPORT_DEPTH_MAX: usize = 8;
/// Files' endings, the weaker first.
const ENDINGS: [&str; 3] = ["yaml", "yml", "properties"];

/// What stands outside of all files: flags, environment, `SPRING_APPLICATION_JSON`.
pub(super) trait Outside {
    /// The value of a name in its uniform spelling, and where it was set.
    fn value(&self, name: &str) -> Option<(String, Origin)>;
    /// All names and values that are stronger than variables, the weaker first.
    fn above_the_environment(&self) -> impl Iterator<Item = (&str, Setting)>;
}

pub(super) struct Loading<'a, O> {
    pub(super) files: &'a Files,
    pub(super) outside: &'a O,
    pub(super) environment: &'a [(String, String)],
    /// What the program itself sets, by uniform name.
    pub(super) below: &'a BTreeMap<String, Setting>,
    /// Instead of all locations.
    pub(super) only: Option<PathBuf>,
    /// Files and folders that were looked for, whether they are there or not: collected on the way.
    pub(super) looked_at: RefCell<BTreeSet<PathBuf>>,
}

impl<O: Outside> Loading<'_, O> {
    /// All documents that count, lowest first.
    pub(super) fn documents(&self, notices: &mut Notices) -> Result<Vec<Document>, ConfigError> {
        let groups = self.groups()?;
        let names = self.outside("spring.config.name")?.map(|(name, _)| name);
        let names = profiles::listed(names.as_deref().unwrap_or("application"));
        // Read once without profiles, to learn which there are.
        let mut plain = Vec::new();
        for group in &groups {
            plain.push(self.group(group, &names, None, notices)?);
        }
        let choice = self.choose(plain.iter().flatten())?;
        let mut all = Kept::default();
        for (group, documents) in groups.iter().zip(plain) {
            self.keep(documents, &choice, &names, 0, &mut all, notices)?;
            for profile in &choice.active {
                let documents = self.group(group, &names, Some(profile), notices)?;
                refuse_profiles_in(&documents)?;
                all.of_profile(profile, &documents);
                self.keep(documents, &choice, &names, 0, &mut all, notices)?;
            }
        }
        all.warn_of_profiles_without_words(&choice, notices);
        all.documents.iter().for_each(|document| notices.found.add_file(&document.path));
        notices.found.places = groups.iter().flatten().map(|location| location.place.to_string()).collect();
        notices.found.profiles = choice.active;
        notices.found.looked_at = self.looked_at.take();
        Ok(all.documents)
    }

    fn groups(&self) -> Result<Vec<Vec<Location>>, ConfigError> {
        let said = |key: &str, name: &str| match self.outside(name)? {
            None => Ok(None),
            Some((text, origin)) => location::parse(&text)
                .map(Some)
                .ok_or_else(|| ConfigError::invalid(key, &text, &origin, location::ALLOWED)),
        };
        // What a flag or a variable imports is above all places.
        let mut imported = said(IMPORT, IMPORT)?.unwrap_or_default();
        imported.iter_mut().flatten().for_each(|location| location.place.resolve(Path::new("")));
        if let Some(path) = &self.only {
            let place = match Syntax::of(path) {
                _ if self.files.has_folder(path) => Place::Folder(path.clone()),
                syntax => Place::File(path.clone(), syntax.unwrap_or(Syntax::Yaml)),
            };
            return Ok([vec![vec![Location { place, is_optional: false }]], imported].concat());
        }
        let mut groups = said("spring.config.location", "spring.config.location")?.unwrap_or_else(location::standard);
        groups
            .extend(said("spring.config.additional-location", "spring.config.additionallocation")?.unwrap_or_default());
        groups.extend(imported);
        Ok(groups)
    }

    /// The documents of one group, for one profile or for none.
    fn group(
        &self,
        group: &[Location],
        names: &[String],
        profile: Option<&str>,
        notices: &mut Notices,
    ) -> Result<Vec<Document>, ConfigError> {
        let mut documents = Vec::new();
        for location in group {
            let is_found = match &location.place {
                Place::File(path, syntax) => {
                    // A profile's variant may always be absent.
                    let path = profile.map_or_else(|| path.clone(), |profile| variant(path, profile));
                    self.read(&path, *syntax, &mut documents)? || profile.is_some()
                }
                Place::Folder(path) => {
                    self.read_folder(path, names, profile, &mut documents)?;
                    self.files.has_folder(path)
                }
                Place::FoldersBelow(path) => {
                    self.looked_at.borrow_mut().insert(path.clone());
                    for folder in self.files.folders_below(path)? {
                        self.read_folder(&folder, names, profile, &mut documents)?;
                    }
                    self.files.has_folder(path)
                }
                Place::Elsewhere(text) if location.is_optional => {
                    if profile.is_none() {
                        notices.ignored.push(format!("optional:{text} (this is no Java process: files only)"));
                    }
                    true
                }
                Place::Elsewhere(text) => return Err(elsewhere(text)),
            };
            if !is_found && !location.is_optional {
                return Err(absent(&location.place));
            }
        }
        Ok(documents)
    }

    fn read_folder(
        &self,
        folder: &Path,
        names: &[String],
        profile: Option<&str>,
        documents: &mut Vec<Document>,
    ) -> Result<(), ConfigError> {
        // "./application.yml" would be the same file under a longer name.
        let folder = folder.strip_prefix(".").unwrap_or(folder);
        for name in names {
            for ending in ENDINGS {
                let name = profile.map_or_else(|| name.clone(), |profile| format!("{name}-{profile}"));
                let path = folder.join(format!("{name}.{ending}"));
                let syntax = if ending == "properties" { Syntax::Properties } else { Syntax::Yaml };
                self.read(&path, syntax, documents)?;
            }
        }
        Ok(())
    }

    fn read(&self, path: &Path, syntax: Syntax, documents: &mut Vec<Document>) -> Result<bool, ConfigError> {
        self.looked_at.borrow_mut().insert(path.to_owned());
        let Some(bytes) = self.files.read(path)? else { return Ok(false) };
        documents.extend(document::parse(path, bytes, syntax)?);
        Ok(true)
    }

    /// Adds the documents that count, each followed by what it imports.
    fn keep(
        &self,
        documents: Vec<Document>,
        choice: &Choice,
        names: &[String],
        depth: usize,
        all: &mut Kept,
        notices: &mut Notices,
    ) -> Result<(), ConfigError> {
        for mut document in documents {
            self.resolve_condition(&mut document, choice, all)?;
            all.asked_for.extend(document.profiles());
            if let Some(reason) = document.reason_to_leave_out(&choice.active, self.environment)? {
                notices.ignored.push(reason);
                continue;
            }
            self.resolve_import(&mut document, choice, all)?;
            let import = document.value(IMPORT).map(str::to_owned);
            let origin = document.origin();
            let folder = document.path.parent().map(Path::to_owned).unwrap_or_default();
            all.documents.push(document);
            let Some(import) = import else { continue };
            if depth >= IMPORT_DEPTH_MAX {
                return Err(ConfigError::invalid(IMPORT, &import, &origin, "files that do not import each other"));
            }
            let groups = location::parse(&import)
                .ok_or_else(|| ConfigError::invalid(IMPORT, &import, &origin, location::ALLOWED))?;
            for mut group in groups {
                group.iter_mut().for_each(|location| location.place.resolve(&folder));
                for profile in std::iter::once(None).chain(choice.active.iter().map(|name| Some(name.as_str()))) {
                    let imported = self.group(&group, names, profile, notices)?;
                    refuse_profiles_in(&imported)?;
                    profile.into_iter().for_each(|profile| all.of_profile(profile, &imported));
                    self.keep(imported, choice, names, depth + 1, all, notices)?;
                }
            }
        }
        Ok(())
    }
}

impl Place {
    /// An imported place is named as seen from the file that imports it.
    fn resolve(&mut self, folder: &Path) {
        match self {
            Self::File(path, _) | Self::Folder(path) | Self::FoldersBelow(path) => {
                *path = folder.join(path.strip_prefix(".").unwrap_or(path));
            }
            Self::Elsewhere(_) => {}
        }
    }
}

/// `dir/name.yml` is `dir/name-profile.yml`.
fn variant(path: &Path, profile: &str) -> PathBuf {
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    match path.extension() {
        Some(ending) => path.with_file_name(format!("{}-{profile}.{}", text(path.file_stem()), text(Some(ending)))),
        None => path.with_file_name(format!("{}-{profile}", text(path.file_name()))),
    }
}

fn absent(place: &Place) -> ConfigError {
    match place {
        Place::File(path, _) => {
            ConfigError::file(path, &"cannot be read: there is no such file (optional: before its name allows that)")
        }
        Place::Folder(path) | Place::FoldersBelow(path) => {
            ConfigError::file(path, &"there is no such folder (optional: before its name allows that)")
        }
        Place::Elsewhere(text) => elsewhere(text),
    }
}

fn elsewhere(text: &str) -> ConfigError {
    ConfigError::other(format!(
        "the configuration asks for '{text}', which cannot be read here: only files and folders can be. Write its \
         settings to a file and name that, or put optional: before it to start without them"
    ))
}
