//! What can be asked of a running engine.

use eurus_service::Shutdown;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::super::engine::Engine;
use super::super::layer::Layer;
use super::super::scenario::{Action, Step};
use super::standing;
use crate::Failure;
use crate::link::Fault;

/// The longest that one command lets pass.
const ADVANCE_MS_MAX: i64 = 24 * 3_600_000;

/// One command.
#[derive(Debug)]
pub(super) enum What {
    /// Nodes, instances and links with their addresses.
    Nodes,
    /// The time.
    Clock,
    /// Lets virtual time pass.
    Advance(i64),
    /// Time stands still whatever is asked, or not.
    Freeze(bool),
    /// A step, as a scenario file writes it: `{"offline": "java-service-1"}`.
    Act(String),
    /// The same with a layer, which the path names: node, layer, what happens to it.
    Disturb(String, String, String),
    /// What every layer shows.
    Layers,
    /// One layer of one node.
    Layer(String, String),
    /// Every change so far.
    Timeline,
    /// One request to an application through a gateway or a caller; through the only gateway, where none is named.
    Request(String, Option<String>),
}

/// A command and where its answer goes.
pub(super) struct Command {
    pub(super) what: What,
    pub(super) answer: oneshot::Sender<Result<Value, Refused>>,
}

/// Why a command is not carried out.
#[derive(Debug)]
pub(super) enum Refused {
    /// What was asked makes no sense.
    Wrong(String),
    /// There is no such thing.
    Absent(String),
    /// It does not fit how things stand.
    Conflict(String),
    /// Something broke.
    Failed(String),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.to_string())
    }
}

/// Takes commands one by one until the end; then stops all nodes.
pub(super) async fn carry_out(
    mut engine: Engine,
    mut inbox: mpsc::Receiver<Command>,
    stop: Shutdown,
) -> Result<(), Failure> {
    let mut is_frozen = false;
    loop {
        let command = tokio::select! {
            () = stop.wait() => break,
            command = inbox.recv() => command,
        };
        let Some(Command { what, answer }) = command else { break };
        let answered = one(&mut engine, &mut is_frozen, what).await;
        // Nobody waits for it any more: it is done all the same.
        let _ = answer.send(answered);
    }
    let world = engine.world;
    for link in world.links.values() {
        link.set("", Fault::Cut);
        link.release();
    }
    world.stop().await
}

async fn one(engine: &mut Engine, is_frozen: &mut bool, what: What) -> Result<Value, Refused> {
    match what {
        What::Nodes => Ok(engine.nodes()),
        What::Clock => Ok(clock(engine, *is_frozen)),
        What::Freeze(frozen) => {
            *is_frozen = frozen;
            Ok(clock(engine, *is_frozen))
        }
        What::Advance(_) if *is_frozen => Err(Refused::Conflict("the clock is frozen: thaw it first".to_owned())),
        What::Advance(ms) if !(0..=ADVANCE_MS_MAX).contains(&ms) => {
            Err(Refused::Wrong(format!("{ms} ms cannot pass: allowed are 0 to {ADVANCE_MS_MAX}")))
        }
        What::Advance(ms) => {
            let target_ms = engine.world.now_ms() + ms;
            engine.run_until(target_ms).await?;
            Ok(clock(engine, *is_frozen))
        }
        What::Act(step) => act(engine, *is_frozen, &step).await,
        What::Disturb(node, layer, fault) => {
            standing::layer_of(engine, &node, &layer)?;
            act(engine, *is_frozen, &json!({fault: {"node": node, "layer": layer}}).to_string()).await
        }
        What::Layers => layers(engine).await,
        What::Layer(node, layer) => {
            let layer = standing::layer_of(engine, &node, &layer)?;
            engine.look_now().await?;
            // A node that has not started shows nothing.
            Ok(engine.timeline.listing(&node, layer).map_or_else(|| json!({}), |listing| json!(listing)))
        }
        What::Timeline => {
            let change = |change: &super::super::timeline::Change| {
                json!({"at_ms": change.at_ms, "node": change.node, "layer": change.layer.name(),
                    "instance": change.instance, "from": change.from, "to": change.to})
            };
            Ok(engine.timeline.changes().iter().map(change).collect())
        }
        What::Request(app, through) => {
            let through = standing::way(engine, through)?;
            Ok(match engine.request(&through, &app).await? {
                Ok(instance) => json!({"answered_by": instance}),
                Err(why) => json!({"failed": why}),
            })
        }
    }
}

/// A step, now, if it fits.
async fn act(engine: &mut Engine, is_frozen: bool, step: &str) -> Result<Value, Refused> {
    let step = Step::of_now(&engine.scenario, step).map_err(|wrong| Refused::Wrong(wrong.to_string()))?;
    if is_frozen && matches!(step.action, Action::Offline(..) | Action::OfflineAddress(..) | Action::Online(..)) {
        return Err(Refused::Conflict("the clock is frozen, and an order may need time".to_owned()));
    }
    standing::fits(engine, &step.action)?;
    let outcome = engine.do_now(&step.action).await?;
    Ok(json!({"done": step.action.in_words(), "outcome": outcome, "at_ms": engine.world.now_ms()}))
}

fn clock(engine: &Engine, is_frozen: bool) -> Value {
    json!({"now_ms": engine.world.now_ms(), "epoch_ms": engine.world.pace.now_ms(), "frozen": is_frozen})
}

/// By node and layer: what each instance shows, after whatever the test has just done at the nodes themselves.
async fn layers(engine: &mut Engine) -> Result<Value, Refused> {
    engine.look_now().await?;
    let mut all = serde_json::Map::new();
    for node in engine.nodes()["nodes"].as_object().into_iter().flat_map(|nodes| nodes.keys()) {
        let of_node = Layer::ALL.into_iter().filter_map(|layer| {
            let listing = engine.timeline.listing(node, layer)?;
            Some((layer.name().to_owned(), json!(listing)))
        });
        all.insert(node.clone(), of_node.collect::<serde_json::Map<_, _>>().into());
    }
    Ok(all.into())
}
