//! What can go wrong, for the caller of the gateway and for who runs it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use eurus_client::ClientError;
use eurus_service::ConfigError;
use http::StatusCode;

use crate::config::ErrorDetails;

/// Whose fault a failed request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The instance, or the way to it.
    Upstream,
    /// The caller, or the way to it.
    Downstream,
    /// The gateway: what it knows, or lacks.
    Internal,
}

/// What happened to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The path names no service.
    NoRoute,
    /// Nothing was fetched from a registry yet.
    NotReady,
    /// The registry does not know the service.
    UnknownService,
    /// The service has instances, but none that may be called.
    NothingInRotation,
    /// No connection to the instance.
    ConnectFailed,
    /// No connection to the instance in time.
    ConnectTimeout,
    /// The connection broke, or what came over it is no HTTP, before the head of an answer was complete.
    BadAnswer,
    /// No head of an answer in time.
    ResponseTimeout,
    /// The caller's body broke off.
    CallerBroke,
    /// The caller's body did not go on in time.
    CallerTimeout,
    /// The request can be read in two ways, or is malformed.
    BadRequest,
    /// A stream is to carry a protocol that is not passed on.
    UnknownProtocol,
    /// There are more headers than allowed.
    TooManyHeaders,
    /// The target is longer than allowed.
    UriTooLong,
    /// The body is longer than allowed.
    BodyTooLong,
    /// Every instance that may be called has as many requests under way as it may.
    Busy,
}

impl ErrorKind {
    /// Whose fault it is.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::NotReady | Self::NothingInRotation => Source::Internal,
            Self::NoRoute | Self::UnknownService | Self::CallerBroke | Self::CallerTimeout => Source::Downstream,
            Self::BadRequest | Self::TooManyHeaders | Self::UriTooLong | Self::BodyTooLong => Source::Downstream,
            Self::UnknownProtocol => Source::Downstream,
            Self::ConnectFailed | Self::ConnectTimeout | Self::BadAnswer | Self::ResponseTimeout | Self::Busy => {
                Source::Upstream
            }
        }
    }

    /// What the caller is answered.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NoRoute | Self::UnknownService => StatusCode::NOT_FOUND,
            Self::NotReady | Self::NothingInRotation | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::ConnectFailed | Self::BadAnswer => StatusCode::BAD_GATEWAY,
            Self::ConnectTimeout | Self::ResponseTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::CallerBroke | Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::CallerTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UnknownProtocol => StatusCode::NOT_IMPLEMENTED,
            Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::BodyTooLong => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    /// What a caller is told of what is not its own doing, unless it may have the details: those name instances. `None`: they
    /// are about its request, and it may.
    fn in_public(self) -> Option<&'static str> {
        match self {
            Self::NotReady => Some("the gateway is not ready yet"),
            Self::NothingInRotation => Some("no instance may be called now"),
            Self::Busy => Some("every instance is busy"),
            Self::ConnectFailed | Self::ConnectTimeout => Some("no instance could be reached"),
            Self::BadAnswer => Some("the instance gave no valid answer"),
            Self::ResponseTimeout => Some("the instance gave no answer in time"),
            Self::NoRoute | Self::UnknownService | Self::UnknownProtocol => None,
            Self::CallerBroke | Self::CallerTimeout => None,
            Self::BadRequest | Self::TooManyHeaders | Self::UriTooLong | Self::BodyTooLong => None,
        }
    }

    /// Whether the caller's connection cannot go on: where the next request would begin is unknown, or not worth finding
    /// out.
    pub(crate) fn ends_connection(self) -> bool {
        match self {
            Self::CallerBroke | Self::CallerTimeout | Self::BadRequest => true,
            Self::TooManyHeaders | Self::UriTooLong | Self::BodyTooLong => true,
            Self::NoRoute | Self::UnknownService | Self::NotReady | Self::NothingInRotation | Self::Busy => false,
            Self::ConnectFailed | Self::ConnectTimeout | Self::BadAnswer | Self::ResponseTimeout => false,
            Self::UnknownProtocol => false,
        }
    }
}

/// Where a request may be tried again without doing harm: nothing of it was sent, or it may be repeated and nothing of an answer
/// was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Nowhere.
    No,
    /// Also where it failed: an idle connection had ended, which says nothing about a new one.
    Anywhere,
    /// At another instance.
    Elsewhere,
    /// At another instance, and it does not count: this one refused the connection at once, which nobody knew of.
    Uncounted,
}

/// A request that failed, or one try of it.
#[derive(Clone, Debug)]
pub(crate) struct RequestError {
    /// What happened.
    pub(crate) kind: ErrorKind,
    /// Whether there may be another try.
    pub(crate) retry: Retry,
    /// In a sentence.
    pub(crate) message: String,
    /// Upper-case service name.
    pub(crate) service: Option<String>,
    /// Instance id and address.
    pub(crate) instance: Option<String>,
}

impl RequestError {
    /// As callers are told of it.
    pub(crate) fn for_callers(mut self, details: ErrorDetails) -> Self {
        if details == ErrorDetails::None
            && let Some(short) = self.kind.in_public()
        {
            (self.message, self.instance) = (short.to_owned(), None);
        }
        self
    }

    /// Of a request that reached no instance.
    pub(crate) fn new(kind: ErrorKind, service: Option<&str>, message: impl Into<String>) -> Self {
        let service = service.map(str::to_owned);
        Self { kind, retry: Retry::No, message: message.into(), service, instance: None }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({:?}): {}", self.kind, self.kind.source(), self.message)
    }
}

/// Why the gateway did not start, or stopped on its own.
#[derive(Debug)]
pub enum RunError {
    /// There is no data listener.
    NoListener,
    /// TLS is configured, and nothing listens for it.
    TlsWithoutListener,
    /// Something listens for TLS that is not configured.
    ListenerWithoutTls,
    /// A listener cannot be used.
    Listener(io::Error),
    /// A data-plane thread could not be started, or ended on its own.
    Worker {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// The admin API ended on its own.
    Admin(io::Error),
    /// The registry client ended on its own.
    ClientEnded(String),
    /// It listens on all addresses, and nobody said which one to register.
    NoAdvertisedAddress(SocketAddr),
    /// The registry client's configuration cannot work.
    Client(ClientError),
    /// It is to report instances that refuse connections, and there is no sync-speed.
    NobodyToReportTo,
    /// The access log cannot be written.
    AccessLog(ConfigError),
    /// TLS with instances cannot be spoken.
    InstanceTls(ConfigError),
    /// TLS with sync-speed cannot be spoken.
    SyncSpeed(ConfigError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoListener => f.write_str("gateway: no listener for requests was given"),
            Self::TlsWithoutListener => f.write_str("gateway: TLS is configured, and no listener for it was given"),
            Self::ListenerWithoutTls => {
                f.write_str("gateway: a listener for TLS was given, and no certificate: set eurus.gateway.ssl.certificate")
            }
            Self::Listener(error) => write!(f, "gateway: its listener cannot be used: {error}"),
            Self::Worker { name, why } => write!(f, "gateway: the data-plane thread {name} failed: {why}"),
            Self::Admin(error) => write!(f, "gateway: the admin API failed: {error}"),
            Self::ClientEnded(why) => write!(f, "gateway: its registry client failed: {why}"),
            Self::NoAdvertisedAddress(bound) => write!(
                f,
                "gateway: it listens on all addresses ({bound}) and cannot know at which of them others reach it: set \
                 eureka.instance.ip-address, or eureka.client.register-with-eureka=false. Without it every gateway would \
                 register as the same instance, and only one of them would be told of downlines"
            ),
            Self::NobodyToReportTo => f.write_str(
                "gateway: eurus.gateway.report-refused=true needs eurus.gateway.sync-speed.url: to whom else should it report?",
            ),
            Self::Client(error) => write!(f, "gateway: {error}"),
            Self::AccessLog(error) => write!(f, "gateway: eurus.gateway.access-log: {error}"),
            Self::InstanceTls(error) => write!(f, "gateway: eurus.gateway.instances.tls: {error}"),
            Self::SyncSpeed(error) => write!(f, "gateway: eurus.gateway.sync-speed.url: {error}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoListener
            | Self::TlsWithoutListener
            | Self::ListenerWithoutTls
            | Self::Worker { .. }
            | Self::ClientEnded(_)
            | Self::NoAdvertisedAddress(_)
            | Self::NobodyToReportTo => None,
            Self::Listener(error) | Self::Admin(error) => Some(error),
            Self::Client(error) => Some(error),
            Self::SyncSpeed(error) | Self::AccessLog(error) | Self::InstanceTls(error) => Some(error),
        }
    }
}
