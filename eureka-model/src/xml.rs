//! The XML form. Full is indented by two, compact is not.
//!
//! | module | what |
//! |---|---|
//! | `walker` | the document element by element, and what is refused in any |
//! | `instance`, `lists` | reading one instance into a draft; a registry's lists |
//! | `element`, `escape`, `name` | writing elements, text, and metadata keys as names |
//! | `write` | writing one instance |
//! | `list_writer` | lists from ready fragments |

mod element;
mod escape;
mod instance;
mod list_writer;
mod lists;
mod name;
mod walker;
mod write;

use crate::applications::{Application, Applications};
use crate::detail::Detail;
use crate::draft::RegistrationDraft;
use crate::error::DecodeError;
use crate::instance::InstanceInfo;
use crate::limits::{INSTANCE_BYTES_MAX, LIST_BYTES_MAX};
use crate::rules::Rules;

use self::list_writer::INSTANCE_DEPTH;
use self::walker::Walker;

pub use self::list_writer::{ListWriter, encode_application};

/// Roughly what one instance takes in full.
const INSTANCE_BYTES_TYPICAL: usize = 2048;

/// Reads what a client posts, `<instance>…</instance>`: as strictly as Eureka's server, which also calls a body
/// without `app` unreadable. Whether the instance is valid is for [`RegistrationDraft::into_instance`] to say.
pub fn decode_registration(body: &[u8]) -> Result<RegistrationDraft, DecodeError> {
    let draft = decode(body, INSTANCE_BYTES_MAX, "instance", |walker| instance::read(walker, Rules::Posted))?;
    if draft.app.is_none() {
        return Err(DecodeError::unparsable("instance", "missing element <app>"));
    }
    Ok(draft)
}

/// Reads one instance as a registry answers it; leniently.
pub fn decode_instance(body: &[u8]) -> Result<InstanceInfo, DecodeError> {
    let draft = decode(body, INSTANCE_BYTES_MAX, "instance", |walker| instance::read(walker, Rules::Fetched))?;
    draft.into_fetched(None).map_err(|message| DecodeError::unparsable("instance", message))
}

/// Reads `<application>…` as a registry answers it; leniently.
pub fn decode_application(body: &[u8]) -> Result<Application, DecodeError> {
    decode(body, LIST_BYTES_MAX, "application", lists::read_application)
}

/// Reads `<applications>…` as a registry answers it; leniently.
pub fn decode_applications(body: &[u8]) -> Result<Applications, DecodeError> {
    decode(body, LIST_BYTES_MAX, "applications", lists::read_applications)
}

/// What a client posts to register: the full form.
pub fn encode_registration(instance: &InstanceInfo) -> Vec<u8> {
    encode_instance(instance, Detail::Full)
}

/// `<instance>…</instance>` alone, as `apps/{app}/{id}` answers it.
pub fn encode_instance(instance: &InstanceInfo, detail: Detail) -> Vec<u8> {
    let mut out = Vec::with_capacity(INSTANCE_BYTES_TYPICAL);
    write::push_instance(&mut out, instance, detail, 0);
    if out.last() == Some(&b'\n') {
        // A document has none at its end.
        out.pop();
    }
    out
}

/// Appends the element as it stands in a list of applications, indented for it where it is full: a fragment for a
/// [`ListWriter`] and for [`encode_application`].
pub fn write_instance(out: &mut Vec<u8>, instance: &InstanceInfo, detail: Detail) {
    write::push_instance(out, instance, detail, INSTANCE_DEPTH);
}

fn decode<'a, T>(
    body: &'a [u8],
    bytes_max: usize,
    name: &str,
    read: impl FnOnce(&mut Walker<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    DecodeError::check_size(body, bytes_max)?;
    let mut walker = Walker::enter(body, name)?;
    let value = read(&mut walker)?;
    walker.finish()?;
    Ok(value)
}
