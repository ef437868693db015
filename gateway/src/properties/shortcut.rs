//! Predicates and filters as Spring Cloud Gateway writes them: `Path=/a/**,/b`, or `name` and `args`.

use eurus_service::keys::uniform;
use eurus_service::properties::{ConfigError, Item, ItemSetting};

/// One predicate or filter, as it was written.
pub(super) struct Shortcut {
    pub(super) name: String,
    positional: Vec<String>,
    /// By uniform name.
    named: Vec<(String, String)>,
    /// Where it stands, for errors.
    setting: ItemSetting,
}

impl Shortcut {
    /// Those of one list of an item, such as its `predicates`; an empty name: those of a list of texts.
    pub(super) fn all(item: &Item, list: &str) -> Result<Vec<Self>, ConfigError> {
        let mut groups: Vec<(usize, Vec<(&str, &ItemSetting)>)> = Vec::new();
        for setting in &item.settings {
            let Some((index, rest)) = placed(&setting.name, list) else { continue };
            match groups.iter_mut().find(|(known, _)| *known == index) {
                Some((_, settings)) => settings.push((rest, setting)),
                None => groups.push((index, vec![(rest, setting)])),
            }
        }
        groups.sort_by_key(|(index, _)| *index);
        groups.into_iter().map(|(_, settings)| Self::read(&settings)).collect()
    }

    /// One of the two forms.
    pub(super) fn read(settings: &[(&str, &ItemSetting)]) -> Result<Self, ConfigError> {
        const FORMS: &str = "Name=arguments, or name and args";
        if let [("", setting)] = settings {
            let (name, arguments) = setting.value.split_once('=').unwrap_or((&setting.value, ""));
            let arguments = arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty());
            let positional = arguments.map(ToOwned::to_owned).collect();
            return Ok(Self {
                name: name.trim().to_owned(),
                positional,
                named: Vec::new(),
                setting: (*setting).clone(),
            });
        }
        let is_name = |(rest, _): &&(&str, &ItemSetting)| uniform(rest) == "name";
        let Some((_, name)) = settings.iter().find(is_name) else {
            let (_, first) = settings[0];
            return Err(first.unknown(FORMS));
        };
        let mut named: Vec<(String, String)> = Vec::new();
        for (rest, setting) in settings.iter().filter(|setting| !is_name(setting)) {
            let argument = rest.strip_prefix("args.").ok_or_else(|| setting.unknown("name and args"))?;
            let argument = uniform(argument.split('[').next().unwrap_or_default());
            match named.iter_mut().find(|(known, _)| *known == argument) {
                // A list.
                Some((_, value)) => *value = format!("{value},{}", setting.value),
                None => named.push((argument, setting.value.clone())),
            }
        }
        Ok(Self { name: name.value.clone(), positional: Vec::new(), named, setting: (*name).clone() })
    }

    /// Its arguments under these names, as many as there are names; the last `optional` of them may be missing.
    pub(super) fn arguments(&mut self, names: &[&str], optional: usize) -> Result<Vec<Option<String>>, ConfigError> {
        let wanted = || format!("{}={}", self.name, names.join(", "));
        let commas = "; where an argument has commas, write it as name and args";
        if self.positional.len() > names.len() {
            return Err(self.setting.invalid(&(wanted() + commas)));
        }
        if let Some((other, _)) = self.named.iter().find(|(given, _)| !names.iter().any(|name| uniform(name) == *given))
        {
            return Err(self.setting.invalid(&format!("args {} (not {other})", names.join(", "))));
        }
        let mut given = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let named = self.named.iter().find(|(known, _)| *known == uniform(name)).map(|(_, value)| value.clone());
            let value = self.positional.get(place).cloned().or(named);
            if value.is_none() && place + optional < names.len() {
                return Err(self.setting.invalid(&wanted()));
            }
            given.push(value);
        }
        Ok(given)
    }

    /// Any number of arguments, at least one, also under one of these names.
    pub(super) fn list(&mut self, names: &[&str]) -> Result<Vec<String>, ConfigError> {
        let is_one = |given: &str| names.iter().any(|name| uniform(name) == given);
        if let Some((other, _)) = self.named.iter().find(|(given, _)| !is_one(given)) {
            return Err(self.setting.invalid(&format!("args {} (not {other})", names.join(" or "))));
        }
        let named = self.named.iter().flat_map(|(_, value)| value.split(',').map(str::trim).map(ToOwned::to_owned));
        let all: Vec<String> = self.positional.drain(..).chain(named).filter(|one| !one.is_empty()).collect();
        if all.is_empty() { Err(self.setting.invalid(&format!("{}={}", self.name, names[0]))) } else { Ok(all) }
    }

    /// A named argument that is none of a list.
    pub(super) fn take_named(&mut self, name: &str) -> Option<String> {
        let place = self.named.iter().position(|(known, _)| *known == uniform(name))?;
        Some(self.named.remove(place).1)
    }

    /// The last of the positional ones, if it is one of these.
    pub(super) fn take_last(&mut self, allowed: &[&str]) -> Option<String> {
        self.positional.pop_if(|last| allowed.contains(&last.as_str()))
    }

    /// The error for what it says.
    pub(super) fn invalid(&self, allowed: &str) -> ConfigError {
        self.setting.invalid(allowed)
    }
}

/// `predicates[3].name` is 3 and `name`.
fn placed<'a>(name: &'a str, list: &str) -> Option<(usize, &'a str)> {
    let rest = name.strip_prefix(list)?.strip_prefix('[')?;
    let (index, rest) = rest.split_once(']')?;
    Some((index.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}
