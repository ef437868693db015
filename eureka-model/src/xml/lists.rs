//! A registry's lists: `applications` and `application`.

use super::instance;
use super::walker::Walker;
use crate::applications::{Application, Applications};
use crate::error::DecodeError;
use crate::fetched;
use crate::rules::Rules;

/// Reads the list that was just entered, to its end.
pub(super) fn read_applications(walker: &mut Walker<'_>) -> Result<Applications, DecodeError> {
    let mut applications = Applications::default();
    while let Some(element) = walker.child()? {
        match element.name() {
            "versions__delta" => applications.version = walker.text()?,
            "apps__hashcode" => applications.hashcode = walker.text()?,
            "application" => {
                let application = read_application(walker)?;
                fetched::merge(&mut applications, application);
            }
            _ => walker.skip()?,
        }
    }
    Ok(applications)
}

/// Reads the application that was just entered, to its end.
pub(super) fn read_application(walker: &mut Walker<'_>) -> Result<Application, DecodeError> {
    let mut name = None;
    let mut drafts = Vec::new();
    while let Some(element) = walker.child()? {
        match element.name() {
            "name" => name = Some(walker.text()?),
            "instance" => drafts.push(instance::read(walker, Rules::Fetched)?),
            _ => walker.skip()?,
        }
    }
    fetched::application(name, drafts).map_err(|message| walker.unparsable(message))
}
