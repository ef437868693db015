//! The user and the tokens that somebody configured, validated.

use std::collections::BTreeMap;
use std::path::Path;

use eurus_service::keys::uniform;
use eurus_service::properties::{ConfigError, ENCRYPTED, Properties, is_encrypted};
use eurus_service::secret::Secret;

use super::password::Password;
use super::role::{Role, Roles};

/// Bytes of a token at least: a shorter one is guessed.
pub const TOKEN_BYTES_MIN: usize = 16;
/// Bytes of a token, a password or a name at most.
const SECRET_BYTES_MAX: usize = 1_024;
/// Tokens at most: each request is compared with each.
pub const TOKENS_MAX: usize = 64;

const USER: &str = "spring.security.user.name";
const PASSWORD: &str = "spring.security.user.password";
const TOKENS: &str = "eurus.registry.access.tokens";
const ANONYMOUS: &str = "eurus.registry.access.anonymous";
/// Spring's own default.
const DEFAULT_USER: &str = "user";

/// Who is known. Without anybody the registry is open, as Eureka is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessConfig {
    /// `spring.security.user.*`: all roles.
    pub user: Option<User>,
    /// `eurus.registry.access.tokens.*`
    pub tokens: Vec<Token>,
    /// `eurus.registry.access.anonymous`: what a request without credentials may do, once somebody is known.
    pub anonymous: Roles,
}

/// The user of Basic authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Without a colon.
    pub name: String,
    /// As configured.
    pub password: Password,
}

/// A bearer token, also accepted as the password of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The user name when it is sent by Basic authentication.
    pub name: String,
    /// The token itself.
    pub secret: Secret,
    /// What it allows.
    pub roles: Roles,
}

impl AccessConfig {
    /// Nobody is known, everything is allowed.
    pub fn open() -> Self {
        Self::default()
    }

    /// Whether everything is allowed.
    pub fn is_open(&self) -> bool {
        self.user.is_none() && self.tokens.is_empty()
    }

    /// What somebody wrote.
    ///
    /// # Errors
    /// A user without a password, a token that is too short or known twice, an unknown role; never shows a secret.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let user = user(properties)?;
        let tokens = tokens(properties)?;
        if let Some(user) = &user
            && let Some(token) = tokens.iter().find(|token| token.name == user.name)
        {
            return Err(wrong(&token.key("token"), format!("{USER} has this name too: choose another for the token")));
        }
        let anonymous = match properties.string(ANONYMOUS).map(|text| text.to_lowercase()).as_deref() {
            None | Some("none") => Roles::NONE,
            Some("read") => Roles::of(&[Role::Read]),
            Some(_) => return Err(properties.invalid(ANONYMOUS, "none or read")),
        };
        let access = Self { user, tokens, anonymous };
        if access.is_open() && properties.string(ANONYMOUS).is_some() {
            return Err(wrong(ANONYMOUS, format!("nobody else is known: set {PASSWORD} or {TOKENS}.<name>.token too")));
        }
        Ok(access)
    }
}

impl Token {
    fn key(&self, part: &str) -> String {
        format!("{TOKENS}.{}.{part}", self.name)
    }
}

/// Never with the value: it may be the secret.
fn wrong(key: &str, why: impl AsRef<str>) -> ConfigError {
    ConfigError::other(format!("{key}: {}", why.as_ref()))
}

fn user(properties: &Properties) -> Result<Option<User>, ConfigError> {
    let name = properties.string(USER);
    let Some(password) = properties.secret(PASSWORD)? else {
        return match name {
            None => Ok(None),
            Some(_) => Err(wrong(USER, format!("a user without a password locks nothing: set {PASSWORD} too"))),
        };
    };
    let name = name.unwrap_or_else(|| DEFAULT_USER.to_owned());
    if name.contains(':') || name.chars().any(char::is_control) || name.len() > SECRET_BYTES_MAX {
        return Err(properties.invalid(USER, "a name without a colon, which Basic authentication ends it with"));
    }
    if password.chars().any(char::is_control) || password.len() > SECRET_BYTES_MAX {
        return Err(wrong(
            PASSWORD,
            format!("at most {SECRET_BYTES_MAX} bytes without control characters are allowed"),
        ));
    }
    let password = Password::parse(&password).map_err(|why| wrong(PASSWORD, why))?;
    Ok(Some(User { name, password }))
}

/// What was written about one token.
#[derive(Default)]
struct Draft {
    name: String,
    token: Option<String>,
    file: Option<String>,
    roles: Option<String>,
}

fn tokens(properties: &Properties) -> Result<Vec<Token>, ConfigError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for (entry, value) in properties.map(TOKENS) {
        let key = format!("{TOKENS}.{entry}");
        let (name, part) = name_and_part(&entry).ok_or_else(|| {
            wrong(
                &key,
                format!("expected {TOKENS}.<name>.token, .token-file or .roles, the name of letters, digits, - and _"),
            )
        })?;
        let draft = drafts.entry(uniform(name)).or_default();
        if draft.name.is_empty() {
            name.clone_into(&mut draft.name);
        }
        let value = Some(value.trim().to_owned());
        match part {
            Part::Token => draft.token = value,
            Part::File => draft.file = value,
            Part::Roles => draft.roles = value,
        }
    }
    if drafts.len() > TOKENS_MAX {
        return Err(wrong(TOKENS, format!("{} tokens are more than the {TOKENS_MAX} that are allowed", drafts.len())));
    }
    let mut tokens: Vec<Token> = Vec::new();
    for draft in drafts.into_values() {
        let token = draft.finish()?;
        if let Some(same) = tokens.iter().find(|known| known.secret == token.secret) {
            let why = format!("the same secret as {}: each needs one of its own", same.key("token"));
            return Err(wrong(&token.key("token"), why));
        }
        tokens.push(token);
    }
    Ok(tokens)
}

enum Part {
    Token,
    File,
    Roles,
}

/// `ci.token-file`, and what the environment makes of it: `ci_token_file` or `ci_tokenfile`.
fn name_and_part(entry: &str) -> Option<(&str, Part)> {
    let (name, part) = match entry.rsplit_once('.') {
        Some((name, part)) => match uniform(part).as_str() {
            "token" => (name, Part::Token),
            "tokenfile" => (name, Part::File),
            "roles" => (name, Part::Roles),
            _ => return None,
        },
        None => {
            [("_token_file", Part::File), ("_tokenfile", Part::File), ("_token", Part::Token), ("_roles", Part::Roles)]
                .into_iter()
                .find_map(|(end, part)| entry.strip_suffix(end).map(|name| (name, part)))?
        }
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    is_name.then_some((name, part))
}

impl Draft {
    fn finish(self) -> Result<Token, ConfigError> {
        let key = |part: &str| format!("{TOKENS}.{}.{part}", self.name);
        let (secret, from) = match (self.token, self.file) {
            (Some(token), None) => (token, key("token")),
            (None, Some(file)) => (read(&file, &key("token-file"))?, key("token-file")),
            (Some(_), Some(_)) => return Err(wrong(&key("token"), "token-file is set too: keep one of the two")),
            (None, None) => return Err(wrong(&key("token"), "must be set, or token-file")),
        };
        if is_encrypted(&secret) {
            return Err(wrong(&from, ENCRYPTED));
        }
        if !(TOKEN_BYTES_MIN..=SECRET_BYTES_MAX).contains(&secret.len())
            || !secret.bytes().all(|b| b.is_ascii_graphic())
        {
            let why = format!(
                "expected {TOKEN_BYTES_MIN} to {SECRET_BYTES_MAX} visible ASCII characters, such as `openssl rand -hex 16` prints"
            );
            return Err(wrong(&from, why));
        }
        let roles = roles(self.roles.as_deref().unwrap_or_default(), &key("roles"))?;
        Ok(Token { name: self.name, secret: Secret::new(secret), roles })
    }
}

fn roles(list: &str, key: &str) -> Result<Roles, ConfigError> {
    let allowed = Role::ALL.map(Role::as_str).join(", ");
    let mut roles = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let role = name
            .parse()
            .map_err(|()| wrong(key, format!("'{}' is no role: expected some of {allowed}", name.escape_debug())))?;
        roles.push(role);
    }
    if roles.is_empty() {
        return Err(wrong(key, format!("must be set: expected some of {allowed}, separated by commas")));
    }
    Ok(Roles::of(&roles))
}

#[allow(clippy::disallowed_methods)] // Start-up: nothing else runs yet.
fn read(file: &str, key: &str) -> Result<String, ConfigError> {
    match std::fs::read_to_string(Path::new(file)) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(wrong(key, format!("{file} cannot be read: {error}"))),
    }
}

#[cfg(test)]
mod tests;
