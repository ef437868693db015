//! What stands behind the `?` of a request: known parameters, each once, each with a value that is understood.

use std::str::FromStr;

use actix_web::{HttpRequest, web};

use super::Problem;

/// See the module.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    /// Every parameter, and what may be said of it.
    known: &'static [(&'static str, &'static str)],
}

impl Query {
    /// # Errors
    /// A parameter that is not known, or stands there twice: it must not be taken for another one, nor be left out.
    pub(super) fn of(http: &HttpRequest, known: &'static [(&'static str, &'static str)]) -> Result<Self, Problem> {
        Self::parse(http.query_string(), known)
    }

    fn parse(text: &str, known: &'static [(&'static str, &'static str)]) -> Result<Self, Problem> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(text).map(web::Query::into_inner);
        let mut query = Self { pairs: Vec::new(), known };
        let pairs = pairs.map_err(|_| query.wrong(&format!("'{}' cannot be read", shown(text))))?;
        for (name, value) in pairs {
            if !known.iter().any(|(known, _)| *known == name) {
                return Err(query.wrong(&format!("there is no parameter '{}'", shown(&name))));
            }
            if query.pairs.iter().any(|(before, _)| *before == name) {
                return Err(query.wrong(&format!("'{name}' is given twice")));
            }
            query.pairs.push((name, value));
        }
        Ok(query)
    }

    /// # Errors
    /// A value of another kind.
    pub(super) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some((_, given)) = self.pairs.iter().find(|(known, _)| known == name) else { return Ok(None) };
        given.parse().map(Some).map_err(|_| self.wrong(&format!("{name}='{}' is not understood", shown(given))))
    }

    fn wrong(&self, what: &str) -> Problem {
        let allowed: Vec<String> = self.known.iter().map(|(name, values)| format!("{name}={values}")).collect();
        let message = format!("in the query, {what}: allowed is ?{}; nothing was done", allowed.join(" and "));
        Problem::bad_request("query", message)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[(&str, &str)] = &[("limit", "1 to 9"), ("since", "<ms>")];

    #[test]
    fn what_is_understood() {
        let query = Query::parse("since=7", KNOWN).unwrap();
        assert_eq!((query.value::<i64>("since").unwrap(), query.value::<i64>("limit").unwrap()), (Some(7), None));
        assert_eq!(Query::parse("", KNOWN).unwrap().value::<bool>("limit").unwrap(), None);
    }

    #[test]
    fn what_is_not_says_what_where_and_what_is_allowed() {
        let number = |text: &str| Query::parse(text, KNOWN).and_then(|query| query.value::<i64>("limit"));
        for (text, part) in [
            ("limit=x", "limit='x' is not understood"),
            ("limit=", "limit='' is not understood"),
            ("limit", "limit='' is not understood"),
            ("limits=1", "there is no parameter 'limits'"),
            ("limit=1&limit=2", "'limit' is given twice"),
            ("limit=%0a", "limit='\\n' is not understood"),
        ] {
            let message = number(text).expect_err(text).to_string();
            let expected =
                format!("query: in the query, {part}: allowed is ?limit=1 to 9 and since=<ms>; nothing was done");
            assert_eq!(message, expected);
        }
    }
}
