//! The JSON form.
//!
//! | module | what |
//! |---|---|
//! | `instance`, `port`, `data_center`, `lease`, `metadata` | reading one instance into a draft |
//! | `lists`, `wrapper` | reading a registry's lists; the outermost object |
//! | `field`, `key`, `unknown` | scalars in all their spellings, names, what is passed over |
//! | `write`, `text` | writing one instance |
//! | `list_writer` | lists from ready fragments |

mod data_center;
mod field;
mod instance;
mod key;
mod lease;
mod list_writer;
mod lists;
mod metadata;
mod port;
mod text;
mod unknown;
mod wrapper;
mod write;

use serde::de::{Deserialize, DeserializeSeed, Deserializer};

use crate::applications::{Application, Applications};
use crate::detail::Detail;
use crate::draft::RegistrationDraft;
use crate::error::DecodeError;
use crate::instance::InstanceInfo;
use crate::limits::{INSTANCE_BYTES_MAX, JSON_DEPTH_MAX, LIST_BYTES_MAX};
use crate::rules::Rules;

use self::instance::InstanceSeed;
use self::lists::{ApplicationSeed, ApplicationsSeed};
use self::wrapper::Wrapper;

pub use self::list_writer::{ListWriter, encode_application};

/// Roughly what one instance takes in full.
const INSTANCE_BYTES_TYPICAL: usize = 1024;

/// Reads what a client posts, `{"instance":{…}}`: as strictly as Eureka's server, which also calls a body without
/// `app` unreadable. Whether the instance is valid is for [`RegistrationDraft::into_instance`] to say.
pub fn decode_registration(body: &[u8]) -> Result<RegistrationDraft, DecodeError> {
    let inner = InstanceSeed { rules: Rules::Posted, wrapped: true };
    let draft = decode(body, INSTANCE_BYTES_MAX, Wrapper { name: "instance", rules: Rules::Posted, inner })?;
    if draft.app.is_none() {
        return Err(DecodeError::unparsable("instance", "missing field `app`"));
    }
    Ok(draft)
}

/// Reads one instance as a registry answers it, `{"instance":{…}}` or the bare object; leniently.
pub fn decode_instance(body: &[u8]) -> Result<InstanceInfo, DecodeError> {
    let draft = decode(body, INSTANCE_BYTES_MAX, InstanceSeed { rules: Rules::Fetched, wrapped: true })?;
    draft.into_fetched(None).map_err(|message| DecodeError::unparsable("instance", message))
}

/// Reads `{"application":…}` as a registry answers it; leniently.
pub fn decode_application(body: &[u8]) -> Result<Application, DecodeError> {
    let wrapper = Wrapper { name: "application", rules: Rules::Fetched, inner: ApplicationSeed };
    decode(body, LIST_BYTES_MAX, wrapper)
}

/// Reads `{"applications":…}` as a registry answers it; leniently.
pub fn decode_applications(body: &[u8]) -> Result<Applications, DecodeError> {
    let wrapper = Wrapper { name: "applications", rules: Rules::Fetched, inner: ApplicationsSeed };
    decode(body, LIST_BYTES_MAX, wrapper)
}

/// The bare object, by the rules of a registration: the `instanceInfo` of a replication batch. A missing `app` is
/// left to [`RegistrationDraft::into_instance`].
impl<'de> Deserialize<'de> for RegistrationDraft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        InstanceSeed { rules: Rules::Posted, wrapped: false }.deserialize(deserializer)
    }
}

/// What a client posts to register: the full form.
pub fn encode_registration(instance: &InstanceInfo) -> Vec<u8> {
    encode_instance(instance, Detail::Full)
}

/// `{"instance":{…}}`, as `apps/{app}/{id}` answers it.
pub fn encode_instance(instance: &InstanceInfo, detail: Detail) -> Vec<u8> {
    let mut fragment = Vec::with_capacity(INSTANCE_BYTES_TYPICAL);
    write_instance(&mut fragment, instance, detail);
    wrap_instance(&fragment)
}

/// `{"instance":{…}}` around what [`write_instance`] wrote.
pub fn wrap_instance(fragment: &[u8]) -> Vec<u8> {
    [b"{\"instance\":", fragment, b"}"].concat()
}

/// Appends the bare `{…}`: a fragment for a [`ListWriter`].
pub fn write_instance(out: &mut Vec<u8>, instance: &InstanceInfo, detail: Detail) {
    write::push_instance(out, instance, detail);
}

fn decode<'de, S: DeserializeSeed<'de>>(body: &'de [u8], bytes_max: usize, seed: S) -> Result<S::Value, DecodeError> {
    DecodeError::check_size(body, bytes_max)?;
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut reader).map_err(|error| refused(&error))?;
    reader.end().map_err(|error| refused(&error))?;
    Ok(value)
}

pub(crate) fn refused(error: &serde_json::Error) -> DecodeError {
    let location = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    // serde_json appends the place, which has a field of its own here.
    let message = text.split_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    if message == "recursion limit exceeded" {
        return DecodeError::unsupported(location, format!("nested deeper than {JSON_DEPTH_MAX} levels"));
    }
    DecodeError::unparsable(location, message)
}
