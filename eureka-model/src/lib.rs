//! What goes over the wire between a Eureka registry and its clients: the instance, the list of
//! applications, their hash, and the JSON and XML codecs. No I/O, no async, no clock.
//!
//! | module | what |
//! |---|---|
//! | [`instance`] | [`InstanceInfo`] and its parts |
//! | [`applications`] | [`Applications`]: what a fetch brings; applying a delta |
//! | [`hash`] | `apps__hashcode` |
//! | [`json`], [`xml`] | the codecs, with one `ListWriter` each |
//! | [`draft`] | [`RegistrationDraft`]: what a body said; both codecs decode into it |
//! | [`registration`] | whether a draft makes an instance, and Eureka's words where it does not |
//! | [`detail`], `compact` | [`Detail`]: full or compact, and what compact leaves out |
//! | [`replication`] | the batch in which one registry hands changes on to another |
//! | [`error`], [`limits`] | [`DecodeError`]; what a body may be at most |
//! | `fetched` | lists and instances as a registry answered them, made of drafts |
//! | `rules` | how strictly a body is read |
//! | `scalar`, `decimal` | what text means; numbers as text |
//!
//! Facts about the wire form come from recorded exchanges of a Spring Cloud Netflix 4.3 server
//! (`compat-tests/golden`).

pub mod applications;
mod compact;
mod decimal;
pub mod detail;
pub mod draft;
pub mod error;
mod fetched;
pub mod hash;
pub mod instance;
pub mod json;
pub mod limits;
pub mod registration;
pub mod replication;
mod rules;
mod scalar;
pub mod xml;

pub use applications::{Application, Applications};
pub use detail::Detail;
pub use draft::RegistrationDraft;
pub use error::{DecodeError, DecodeErrorKind};
pub use instance::{ActionType, DataCenterInfo, InstanceInfo, InstanceStatus, LeaseInfo, Port, UnknownStatus};
pub use registration::RegistrationError;
