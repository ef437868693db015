//! Which database keeps the journal.

use std::fmt;

use eurus_service::{ConfigError, Properties};

use crate::access::Token;

const URL: &str = "eurus.sync-speed.database.url";
const USERNAME: &str = "eurus.sync-speed.database.username";
const PASSWORD: &str = "eurus.sync-speed.database.password";

const URL_ALLOWED: &str = "mysql://host:3306/database, mariadb://…, postgres://host:5432/database (a leading jdbc: is \
                           taken off), without a password: that is eurus.sync-speed.database.password";

/// Which database keeps the journal.
#[derive(Clone, Debug, Default)]
pub enum DatabaseConfig {
    /// SQLite, in the data directory: for one node.
    #[default]
    Embedded,
    /// A server that several nodes may share.
    Server(DatabaseServer),
}

/// Which make of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    /// MySQL or MariaDB.
    MySql,
    /// PostgreSQL.
    Postgres,
}

/// A database server.
#[derive(Clone)]
pub struct DatabaseServer {
    /// Its make.
    pub kind: ServerKind,
    url: String,
    /// Who signs in; else the URL's, else the driver's default.
    pub username: Option<String>,
    /// Never shown.
    pub password: Option<Token>,
}

impl DatabaseConfig {
    /// # Errors
    /// The key, its value and what is allowed.
    pub(super) fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let Some(given) = properties.string(URL) else {
            return match properties.string(USERNAME).is_some() {
                true => Err(properties.invalid(USERNAME, "only together with eurus.sync-speed.database.url")),
                false => Ok(Self::Embedded),
            };
        };
        let Some(mut server) = DatabaseServer::parse(&given) else {
            return Err(properties.invalid(URL, URL_ALLOWED));
        };
        server.username = properties.string(USERNAME);
        server.password = properties.secret(PASSWORD)?.and_then(Token::new);
        Ok(Self::Server(server))
    }
}

impl DatabaseServer {
    /// `None`: not the URL of a server that is known, or one with a password in it, which would be shown.
    pub fn parse(url: &str) -> Option<Self> {
        let url = url.trim();
        let (scheme, rest) = url.strip_prefix("jdbc:").unwrap_or(url).split_once("://")?;
        let kind = match scheme {
            "mysql" | "mariadb" => ServerKind::MySql,
            "postgres" | "postgresql" => ServerKind::Postgres,
            _ => return None,
        };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let has_password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
        let names_database = rest.split_once('/').is_some_and(|(_, path)| !path.is_empty() && !path.starts_with('?'));
        if authority.is_empty() || has_password || !names_database {
            return None;
        }
        let scheme = match kind {
            ServerKind::MySql => "mysql",
            ServerKind::Postgres => "postgres",
        };
        Some(Self { kind, url: format!("{scheme}://{rest}"), username: None, password: None })
    }

    /// As the driver reads it; without a password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// For people: without parameters.
impl fmt::Display for DatabaseServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.split('?').next().unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseServer({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (given, expected) in [
            ("mysql://db:3306/eurus", Some("mysql://db:3306/eurus")),
            ("jdbc:mysql://db/eurus?ssl-mode=REQUIRED", Some("mysql://db/eurus")),
            ("mariadb://db/eurus", Some("mysql://db/eurus")),
            ("jdbc:postgresql://db:5432/eurus", Some("postgres://db:5432/eurus")),
            ("postgres://eurus@db/eurus", Some("postgres://eurus@db/eurus")),
            ("postgres://eurus:secret@db/eurus", None),
            ("postgres://db", None),
            ("postgres://db/", None),
            ("postgres:///eurus", None),
            ("oracle://db/eurus", None),
            ("db", None),
            ("", None),
        ] {
            assert_eq!(DatabaseServer::parse(given).map(|server| server.to_string()).as_deref(), expected, "{given}");
        }
    }
}
