//! Waiting until no gateway has a request under way on the instances that were taken offline: then whoever asked can
//! stop them at once.

use std::net::SocketAddr;

use eurus_service::Timer;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};

use crate::downline::Downline;
use crate::entry::{Ack, Drain, DrainState, Entry, NodeRecord};
use crate::recovery::Left;
use crate::store::StoreError;

/// How long one question to a gateway may stay open: longer waits are several questions, so that a gateway that is gone
/// is noticed.
const ONE_QUESTION_MS: i64 = 5_000;
/// Between two tries at a gateway that could not be asked.
const TRY_AGAIN_MS: i64 = 500;
/// Questions under way for one request.
const AT_ONCE_MAX: usize = 64;

/// What is known of one gateway and one instance.
enum Known {
    None,
    /// So many requests, and so many of them upgraded connections.
    Some(u64, u64),
    Nothing(String),
}

/// Whom to ask about what.
struct Question<'a> {
    node: &'a str,
    address: SocketAddr,
    app: &'a str,
    instance_id: &'a str,
}

impl Downline {
    /// Waits, writes down what it came to, and puts it into the entry.
    pub(crate) async fn drain(&self, entry: Entry, within_ms: i64, timer: &mut Timer) -> Entry {
        let began_ms = self.clock.now_ms();
        let until_ms = began_ms.saturating_add(within_ms);
        // Whoever has not heard may begin requests still, and so may a gateway that is not known yet.
        let mut entry = match entry.is_told() {
            true => entry,
            false => self.until(entry, timer, until_ms, Entry::is_told).await,
        };
        let questions = questions(&entry.nodes);
        let asked: Vec<BoxFuture<'_, Known>> =
            questions.iter().map(|question| self.until_quiet(question, until_ms).boxed()).collect();
        let known = stream::iter(asked).buffer_unordered(AT_ONCE_MAX).collect::<Vec<Known>>();
        // Time goes on while gateways are asked: their answers come when requests end, not by our doing.
        let mut known = tokio::select! {
            known = known => known,
            () = timer.idle() => Vec::new(),
        };
        known.extend(entry.nodes.iter().filter_map(untold));
        known.extend(self.nobody_known(&entry).await);
        let drain = outcome(&known, within_ms, self.clock.now_ms().saturating_sub(began_ms));
        log::info!("{}: {}", entry.id, in_words(&drain));
        let written = self.store.drained(entry.number, &drain, self.clock.now_ms()).await;
        entry.drain = Some(drain);
        if let Err(error) = written {
            log::error!("{}: what waiting for requests came to is not in the journal: {error}", entry.id);
            if !matches!(error, StoreError::TakenOver(_)) {
                self.leave_to_recovery(Left::Drained(entry.clone()));
            }
        }
        entry
    }

    /// Applications with gateways of which none is known.
    async fn nobody_known(&self, entry: &Entry) -> Vec<Known> {
        let groups = match self.groups_of(entry).await {
            Ok(groups) => groups,
            Err(error) => return vec![Known::Nothing(format!("which gateways there are: {error}"))],
        };
        let has_none = |app: &str| !entry.nodes.iter().any(|node| node.app == app);
        let apps = groups.iter().filter(|(app, groups)| !groups.is_empty() && has_none(app));
        apps.map(|(app, _)| Known::Nothing(format!("{app}: no gateway of its groups is known"))).collect()
    }

    async fn until_quiet(&self, question: &Question<'_>, until_ms: i64) -> Known {
        let mut timer = self.clock.timer("requests under way");
        let Question { node, address, app, instance_id } = question;
        let mut known;
        loop {
            let left_ms = until_ms.saturating_sub(self.clock.now_ms());
            let asks_ms = left_ms.clamp(0, ONE_QUESTION_MS);
            let asked = self.gateways.under_way(node, *address, (app, instance_id), asks_ms);
            let answered = tokio::select! {
                answered = asked => answered,
                () = timer.idle() => return Known::None,
            };
            known = match answered {
                Ok(under_way) if under_way.under_way == 0 => return Known::None,
                Ok(under_way) => Known::Some(under_way.under_way, under_way.upgraded),
                Err(why) => {
                    log::warn!("gateway {node} cannot say what is under way on {app}/{instance_id}: {why}");
                    Known::Nothing(format!("{node}: {why}"))
                }
            };
            let now_ms = self.clock.now_ms();
            if now_ms >= until_ms {
                return known;
            }
            if matches!(known, Known::Nothing(_)) {
                timer.sleep_until_ms(until_ms.min(now_ms.saturating_add(TRY_AGAIN_MS))).await;
            }
        }
    }
}

/// A node that may still begin requests: that it has none now says nothing.
fn untold(node: &NodeRecord) -> Option<Known> {
    let why = match &node.ack {
        Ack::Superseded => "a newer order stands there".to_owned(),
        ack if ack.is_open() || ack.is_failed() => format!("was not told to stop: {ack}"),
        _ => return None,
    };
    Some(Known::Nothing(format!("{}: {why}", node.node)))
}

/// Of nodes that have taken it out of their lists.
fn questions(nodes: &[NodeRecord]) -> Vec<Question<'_>> {
    nodes
        .iter()
        .filter(|node| matches!(node.ack, Ack::Applied))
        .filter_map(|node| {
            let address = node.address?;
            Some(Question { node: &node.node, address, app: &node.app, instance_id: &node.instance_id })
        })
        .collect()
}

fn outcome(known: &[Known], within_ms: i64, waited_ms: i64) -> Drain {
    let (mut under_way, mut upgraded) = (0, 0);
    for known in known {
        if let Known::Some(requests, of_them_upgraded) = known {
            under_way += requests;
            upgraded += of_them_upgraded;
        }
    }
    let not_known: Vec<String> = known
        .iter()
        .filter_map(|known| if let Known::Nothing(why) = known { Some(why.clone()) } else { None })
        .collect();
    let state = if under_way == 0 && not_known.is_empty() { DrainState::Drained } else { DrainState::BoundReached };
    Drain { state, within_ms, under_way, upgraded, waited_ms, not_known }
}

fn in_words(drain: &Drain) -> String {
    match drain.state {
        DrainState::Waiting | DrainState::Drained => format!("drained after {} ms", drain.waited_ms),
        DrainState::BoundReached if drain.not_known.is_empty() => {
            format!("{} still under way after {} ms", requests(drain), drain.waited_ms)
        }
        DrainState::BoundReached => format!(
            "after {} ms {} are known to be under way; not known: {}",
            drain.waited_ms,
            requests(drain),
            drain.not_known.join(", ")
        ),
    }
}

fn requests(drain: &Drain) -> String {
    match drain.upgraded {
        0 => format!("{} requests", drain.under_way),
        upgraded => format!("{} requests ({upgraded} of them upgraded ones such as WebSockets)", drain.under_way),
    }
}
