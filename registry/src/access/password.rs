//! A password as Spring's users write it: plain, `{noop}plain` or `{bcrypt}$2a$…`.

use std::str::FromStr as _;

use eurus_service::secret::Secret;

/// A bcrypt hash with a higher cost takes seconds to compare.
const BCRYPT_COST_MAX: u32 = 15;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// Known as it is.
    Plain(Secret),
    /// Known as a bcrypt hash.
    Bcrypt(Secret),
}

impl Password {
    /// # Errors
    /// Why it cannot be used and what to write instead; shows nothing of the password but its `{id}`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match encoding_of(text) {
            None => Ok(Self::Plain(Secret::new(text))),
            Some(("noop", "")) => Err("no password follows {noop}".to_owned()),
            Some(("noop", plain)) => Ok(Self::Plain(Secret::new(plain))),
            Some(("bcrypt", hash)) => {
                let parts = bcrypt::HashParts::from_str(hash)
                    .map_err(|error| format!("what follows {{bcrypt}} is no bcrypt hash ({error})"))?;
                if parts.get_cost() > BCRYPT_COST_MAX {
                    return Err(format!(
                        "the bcrypt hash has cost {}, which takes seconds to compare: at most {BCRYPT_COST_MAX}",
                        parts.get_cost()
                    ));
                }
                Ok(Self::Bcrypt(Secret::new(hash)))
            }
            Some((id, _)) => Err(format!(
                "passwords encoded with {{{}}} cannot be checked here: use {{bcrypt}}…, or {{noop}}… for a plain one \
                 (also for a plain one that begins with a brace)",
                id.escape_debug()
            )),
        }
    }
}

/// The `{id}` before an encoded password, as Spring's delegating encoder reads it.
fn encoding_of(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('{')?.split_once('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn springs_forms() {
        let plain = |text: &str| Ok(Password::Plain(Secret::new(text)));
        assert_eq!(Password::parse("secret"), plain("secret"));
        assert_eq!(Password::parse("{noop}secret"), plain("secret"));
        assert_eq!(Password::parse("{noop}{x}secret"), plain("{x}secret"));
        assert_eq!(Password::parse("{secret"), plain("{secret"));
        let hash = bcrypt::hash("secret", 4).unwrap();
        assert_eq!(Password::parse(&format!("{{bcrypt}}{hash}")), Ok(Password::Bcrypt(Secret::new(hash))));
    }

    #[test]
    fn what_cannot_be_checked_is_refused_without_showing_it() {
        let costly = bcrypt::hash("secret", 4).unwrap().replacen("$04$", "$31$", 1);
        for (text, why) in [
            ("{noop}", "no password follows"),
            ("{bcrypt}TOPSECRET", "no bcrypt hash"),
            (&format!("{{bcrypt}}{costly}"), "cost 31"),
            ("{pbkdf2}TOPSECRET", "{pbkdf2} cannot be checked here: use {bcrypt}"),
            ("{argon2@SpringSecurity_v5_8}TOPSECRET", "{argon2@SpringSecurity_v5_8}"),
            ("{}TOPSECRET", "{} cannot"),
        ] {
            let error = Password::parse(text).unwrap_err();
            assert!(error.contains(why) && !error.contains("TOPSECRET"), "{text}: {error}");
        }
    }
}
