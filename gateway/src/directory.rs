//! The one writer of what requests see.
//!
//! Full fetch, delta, downline and upline all pass here, one at a time. Each changes the fetched copy or the marks,
//! and publishes their join as one immutable snapshot in one swap: there is no moment at which a request could see a
//! fetched copy without the marks.

mod join;
mod report;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use eurus_client::{Fetch, FetchKind, FetchListener};
use eurus_model::{Applications, InstanceInfo};
use parking_lot::Mutex;

use crate::config::{BalancingConfig, GatewayConfig, InstancesConfig};
use crate::directive::{Directive, DirectiveKind};
use crate::down_service_cache::{CacheFull, Counters, DownServiceCache, DownServiceCacheConfig, Mark, Recorded};
use crate::endpoint::Endpoint;
use crate::own_addresses::OwnAddresses;
use crate::snapshot::Snapshot;
use crate::tally::{Book, BookLimits};
use join::{Joined, Members};

/// Services, instances, endpoints: written here, read everywhere.
pub(crate) struct Directory {
    /// A plain mutex: changes are rare, quick and never wait for anything; requests do not take it.
    writer: Mutex<Writer>,
    snapshot: ArcSwap<Snapshot>,
    /// What is counted of services and instances.
    book: Book,
}

struct Writer {
    fetched: Arc<Applications>,
    received_ms: Option<i64>,
    marks: DownServiceCache,
    /// By upper-case application name.
    members: HashMap<String, Members>,
    /// Whether a fetched copy is joined with the marks. Off only to show the defect that the join mends.
    join_fetched: bool,
    calling: Calling,
    /// With the join off: instances marked since the last fetched copy, by application and id. Only these marks show.
    edited: HashSet<(String, String)>,
}

/// What decides how instances are called, and which one a request goes to.
#[derive(Default)]
pub(crate) struct Calling {
    /// Where this gateway listens itself.
    own: OwnAddresses,
    instances: InstancesConfig,
    balancing: BalancingConfig,
}

/// What became of an order.
pub(crate) struct Directed {
    /// In force, or overtaken.
    pub(crate) recorded: Recorded,
    /// The instance's endpoints that are closed now. A downline is done when all of them are quiet.
    pub(crate) closed: Vec<Arc<Endpoint>>,
}

/// The DownServiceCache at one moment.
pub(crate) struct MarksView {
    pub(crate) marks: Vec<Mark>,
    pub(crate) counters: Counters,
    pub(crate) config: DownServiceCacheConfig,
}

impl Calling {
    /// Of a gateway that listens there.
    pub(crate) fn of(config: &GatewayConfig, own: OwnAddresses) -> Self {
        Self { own, instances: config.edge.instances.clone(), balancing: config.balancing.clone() }
    }
}

impl Directory {
    /// Empty: no service is known before the first fetch.
    pub(crate) fn new(
        marks: DownServiceCacheConfig,
        join_fetched: bool,
        calling: Calling,
        counted: BookLimits,
    ) -> Self {
        let writer = Writer {
            fetched: Arc::default(),
            received_ms: None,
            marks: DownServiceCache::new(marks),
            members: HashMap::new(),
            join_fetched,
            calling,
            edited: HashSet::new(),
        };
        Self { writer: Mutex::new(writer), snapshot: ArcSwap::default(), book: Book::new(counted) }
    }

    /// What requests see now.
    pub(crate) fn snapshot(&self) -> arc_swap::Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// What is counted of services and instances.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// How many marks there are now, and what happened to marks.
    pub(crate) fn mark_counts(&self) -> (usize, usize, Counters) {
        let writer = self.writer.lock();
        (writer.marks.len(), writer.marks.config().marks_max, writer.marks.counters())
    }

    /// The marks now.
    pub(crate) fn marks(&self) -> MarksView {
        let writer = self.writer.lock();
        let marks = &writer.marks;
        MarksView {
            marks: marks.marks().cloned().collect(),
            counters: marks.counters(),
            config: marks.config().clone(),
        }
    }

    /// The instance's endpoints, also those that have left the fetched copy while requests are under way there.
    pub(crate) fn endpoints_of(&self, app: &str, id: &str) -> Vec<Arc<Endpoint>> {
        self.writer.lock().members.get(app).map(|members| members.of_instance(id)).unwrap_or_default()
    }

    /// Carries out an order. When this returns no request that looks at the new snapshot begins at a downed instance;
    /// those that looked before are waited for at [`Directed::closed`].
    pub(crate) fn direct(&self, directive: &Directive, now_ms: i64) -> Result<Directed, CacheFull> {
        let mut writer = self.writer.lock();
        let (app, id) = (directive.application.as_str(), directive.instance_id.as_str());
        let fetched = writer.fetched.get(app, id).cloned();
        let recorded = writer.marks.record(directive, fetched.as_deref(), now_ms)?;
        let is_in_force = matches!(recorded, Recorded::Applied | Recorded::DownAlready { .. });
        if is_in_force {
            if !writer.join_fetched {
                writer.edited.insert((app.to_owned(), id.to_owned()));
            }
            self.publish(&mut writer, [app.to_owned()]);
        }
        let closed = match directive.kind {
            DirectiveKind::Downline if is_in_force => {
                writer.members.get(app).map(|members| members.closed(id)).unwrap_or_default()
            }
            DirectiveKind::Downline | DirectiveKind::Upline => Vec::new(),
        };
        report::directed(directive, recorded, fetched.is_some(), self.snapshot.load().services.get(app));
        Ok(Directed { recorded, closed })
    }

    /// Takes in orders that were given while this gateway may not have been there to hear them; how many were new. Those
    /// that it knows, or that were overtaken, change nothing.
    pub(crate) fn recall(&self, directives: &[Directive], now_ms: i64) -> Result<usize, CacheFull> {
        let mut writer = self.writer.lock();
        let (mut new, mut apps, mut full) = (0, HashSet::new(), None);
        for directive in directives {
            let (app, id) = (&directive.application, &directive.instance_id);
            let fetched = writer.fetched.get(app, id).cloned();
            match writer.marks.recall(directive, fetched.as_deref(), now_ms) {
                Ok(false) => {}
                Ok(true) => {
                    log::debug!("{directive}: taken in as a live mark");
                    new += 1;
                    if !writer.join_fetched {
                        writer.edited.insert((app.clone(), id.clone()));
                    }
                    apps.insert(app.clone());
                }
                Err(error) => full = Some(error),
            }
        }
        if !apps.is_empty() {
            self.publish(&mut writer, apps);
        }
        full.map_or(Ok(new), Err)
    }

    /// Takes a fetched copy in.
    fn accept(&self, fetch: &Fetch) {
        let mut writer = self.writer.lock();
        let reviewed = writer.marks.review(fetch.started_ms, &fetch.registry);
        let mut apps: HashSet<String> = HashSet::new();
        if fetch.kind == FetchKind::Full || !writer.join_fetched || writer.received_ms.is_none() {
            apps.extend(writer.fetched.by_name.keys().cloned());
            apps.extend(fetch.registry.by_name.keys().cloned());
        } else {
            apps.extend(fetch.changed.iter().map(|(app, _)| app.to_uppercase()));
            apps.extend(reviewed.ended.iter().map(|ended| ended.mark.directive.application.clone()));
        }
        // Applications that have left the copy, and at which something was open or under way at the last look.
        apps.extend(writer.members.keys().filter(|app| !fetch.registry.by_name.contains_key(*app)).cloned());
        writer.fetched = Arc::clone(&fetch.registry);
        writer.received_ms = Some(fetch.received_ms);
        writer.edited.clear();
        self.publish(&mut writer, apps);
        report::reviewed(&reviewed, writer.marks.config());
    }

    /// Joins the named applications anew and swaps the snapshot. Endpoints that enter the rotation are opened before
    /// the swap; those that leave it are closed after: a request that finds one closed finds the new snapshot too.
    fn publish(&self, writer: &mut Writer, apps: impl IntoIterator<Item = String>) {
        let mut next = Snapshot::clone(&self.snapshot.load());
        next.received_ms = writer.received_ms;
        let mut leaving = Vec::new();
        for app in apps {
            let calling = &writer.calling;
            let known = writer.members.remove(&app);
            let mut members = known.unwrap_or_else(|| Members::new(calling.balancing.rule_of(&app)));
            let fetched = writer.fetched.by_name.get(&app);
            let joined = members.join(&app, fetched, calling, &self.book, &|fetched| writer.mark_of(&app, fetched));
            for endpoint in &joined.entering {
                endpoint.open();
            }
            leaving.extend(joined.leaving);
            match joined.service {
                Some(service) => next.services.insert(app.clone(), Arc::new(service)),
                None => next.services.remove(&app),
            };
            if !members.is_empty() {
                writer.members.insert(app, members);
            }
        }
        self.snapshot.store(Arc::new(next));
        for endpoint in &leaving {
            endpoint.close();
        }
    }
}

impl Writer {
    /// What a mark makes of a fetched instance.
    fn mark_of(&self, app: &str, fetched: &InstanceInfo) -> Option<Joined> {
        let shows = self.join_fetched || self.edited.contains(&(app.to_owned(), fetched.instance_id.clone()));
        let (mark, status) = self.marks.decide(app, fetched).filter(|_| shows)?;
        Some(Joined { status, directive: mark.directive.clone(), recorded_ms: mark.recorded_ms })
    }
}

impl FetchListener for Directory {
    fn fetched(&self, fetch: &Fetch) {
        self.accept(fetch);
    }
}
