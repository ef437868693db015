//! What was asked and how it was answered, counted. It names no type of the server framework.

use crate::form::Format;
use crate::limit_hits::LimitHits;
use eurus_service::counting::{Grid, Histogram, Sharded, label};

label! {
    /// The resource that a path names, without the names in it: those have no end.
    pub(crate) enum RouteKind as "route" {
        Apps = "apps",
        Delta = "delta",
        App = "app",
        Instance = "instance",
        Status = "status",
        Metadata = "metadata",
        InstanceById = "instance_by_id",
        Vip = "vip",
        SecureVip = "svip",
        Batch = "batch",
        Health = "health",
        Endpoints = "endpoints",
        Dashboard = "dashboard",
        LastLeases = "last_leases",
        AsgStatus = "asg_status",
        ServerStatus = "server_status",
        StatusOverrides = "status_overrides",
        Metrics = "metrics",
        /// A path that names nothing.
        None = "none",
    }
}

label! {
    /// HEAD counts as GET.
    pub(crate) enum MethodKind as "method" {
        Get = "GET",
        Put = "PUT",
        Post = "POST",
        Delete = "DELETE",
        Other = "other",
    }
}

label! {
    /// The first digit of a status.
    pub(crate) enum StatusClass as "status" {
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
}

label! {
    /// Statuses with which requests are refused.
    pub(crate) enum RefusedStatus as "status" {
        S400 = "400",
        S401 = "401",
        S403 = "403",
        S404 = "404",
        S405 = "405",
        S406 = "406",
        S408 = "408",
        S409 = "409",
        S413 = "413",
        S415 = "415",
        S429 = "429",
        S500 = "500",
        S503 = "503",
        Other = "other",
    }
}

label! {
    /// What is fetched.
    pub(crate) enum FetchKind as "kind" {
        Full = "full",
        Delta = "delta",
        App = "app",
        Instance = "instance",
        Vip = "vip",
        SecureVip = "svip",
    }
}

label! {
    pub(crate) enum FetchFormat as "format" {
        Json = "json",
        Xml = "xml",
        /// Refused before it was known.
        None = "none",
    }
}

label! {
    pub(crate) enum FetchResult as "result" {
        S200 = "200",
        S304 = "304",
        S403 = "403",
        S404 = "404",
        S503 = "503",
        Other = "other",
    }
}

label! {
    pub(crate) enum Encoding as "encoding" {
        Identity = "identity",
        Gzip = "gzip",
    }
}

label! {
    /// What an item of a batch wants done.
    pub(crate) enum ItemAction as "action" {
        Register = "register",
        Heartbeat = "heartbeat",
        Cancel = "cancel",
        StatusUpdate = "status_update",
        DeleteStatusOverride = "delete_status_override",
        None = "none",
    }
}

label! {
    /// What an item of a batch is answered.
    pub(crate) enum ItemStatus as "status" {
        S200 = "200",
        S404 = "404",
        S409 = "409",
        S500 = "500",
        Other = "other",
    }
}

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub(crate) route: RouteKind,
    pub(crate) method: MethodKind,
    pub(crate) format: Option<Format>,
    pub(crate) status: u16,
    pub(crate) encoding: Encoding,
    pub(crate) body_bytes: u64,
    pub(crate) duration_ns: i64,
}

/// Counters of what came over the wire, one set per thread.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    counts: Sharded<Counts>,
    batch_answers_cut: LimitHits,
}

/// See the metrics of the same names.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) durations: Grid<(RouteKind, MethodKind, StatusClass), Histogram>,
    pub(crate) refused: Grid<(RefusedStatus,)>,
    pub(crate) fetches: Grid<(FetchKind, FetchFormat, FetchResult)>,
    pub(crate) fetch_bytes: Grid<(FetchKind, Encoding)>,
    pub(crate) batch_items: Grid<(ItemAction, ItemStatus)>,
}

impl Traffic {
    pub(crate) fn counts(&self) -> &Sharded<Counts> {
        &self.counts
    }

    /// Batches whose answers lack newer instances, because they would be too large with them.
    pub(crate) fn batch_answers_cut(&self) -> &LimitHits {
        &self.batch_answers_cut
    }

    pub(crate) fn answered(&self, exchange: &Exchange) {
        let counts = self.counts.mine();
        let class = StatusClass::of(exchange.status);
        counts.durations.cell((exchange.route, exchange.method, class)).observe_ns(exchange.duration_ns);
        if exchange.status >= 400 {
            counts.refused.count((RefusedStatus::of(exchange.status),));
        }
        if exchange.method != MethodKind::Get {
            return;
        }
        if let Some(kind) = exchange.route.fetch_kind() {
            counts.fetches.count((kind, exchange.format.into(), FetchResult::of(exchange.status)));
            counts.fetch_bytes.add((kind, exchange.encoding), exchange.body_bytes);
        }
    }

    pub(crate) fn batch_item(&self, action: ItemAction, status: u16) {
        self.counts.mine().batch_items.count((action, ItemStatus::of(status)));
    }
}

impl RouteKind {
    fn fetch_kind(self) -> Option<FetchKind> {
        Some(match self {
            Self::Apps => FetchKind::Full,
            Self::Delta => FetchKind::Delta,
            Self::App => FetchKind::App,
            Self::Instance | Self::InstanceById => FetchKind::Instance,
            Self::Vip => FetchKind::Vip,
            Self::SecureVip => FetchKind::SecureVip,
            _ => return None,
        })
    }
}

impl MethodKind {
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "GET" | "HEAD" => Self::Get,
            "PUT" => Self::Put,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }
}

impl StatusClass {
    fn of(status: u16) -> Self {
        match status {
            ..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}

impl RefusedStatus {
    fn of(status: u16) -> Self {
        match status {
            400 => Self::S400,
            401 => Self::S401,
            403 => Self::S403,
            404 => Self::S404,
            405 => Self::S405,
            406 => Self::S406,
            408 => Self::S408,
            409 => Self::S409,
            413 => Self::S413,
            415 => Self::S415,
            429 => Self::S429,
            500 => Self::S500,
            503 => Self::S503,
            _ => Self::Other,
        }
    }
}

impl FetchResult {
    fn of(status: u16) -> Self {
        match status {
            200 => Self::S200,
            304 => Self::S304,
            403 => Self::S403,
            404 => Self::S404,
            503 => Self::S503,
            _ => Self::Other,
        }
    }
}

impl ItemStatus {
    fn of(status: u16) -> Self {
        match status {
            200 => Self::S200,
            404 => Self::S404,
            409 => Self::S409,
            500 => Self::S500,
            _ => Self::Other,
        }
    }
}

impl From<Option<Format>> for FetchFormat {
    fn from(format: Option<Format>) -> Self {
        match format {
            Some(Format::Json) => Self::Json,
            Some(Format::Xml) => Self::Xml,
            None => Self::None,
        }
    }
}
