//! The story's steps, in order, and its figures.

use compat_tests::Failure;
use compat_tests::load::Sample;
use compat_tests::producer::Producer;
use eurus_service::Clock;
use eurus_service::process::BoxError;
use serde_json::{Value, json};

use super::chart::{self, Mark, Row};
use super::watch::{EVERY_MS, LAYERS, Seen, Watch};
use super::{APP, CONNECTIONS, PAUSE_MS, Scene};
use crate::embedded::{SHORT_CACHE_MS, SHORT_FETCH_S};

/// The producer that leaves the rotation.
const CHOSEN: usize = 1;
const STEADY_MS: i64 = 1_500;
/// The longest way on short intervals, with room.
const LAG_BOUND_MS: i64 = 4_000;
const AFTER_MS: i64 = 2_500;

/// What happened around one change.
struct Change {
    asked_us: i64,
    answered_us: i64,
    seen: Seen,
}

pub(super) async fn tell(scene: Scene, clock: &Clock) -> Result<(), BoxError> {
    let mut timer = clock.timer("demo: story");
    let chosen = &scene.producers[CHOSEN];
    opening(&scene, chosen);
    timer.sleep_ms(STEADY_MS).await;

    say(&format!(
        "1  {} is set OUT_OF_SERVICE at the registry alone: PUT …/status?value=OUT_OF_SERVICE",
        chosen.instance_id
    ));
    let alone = change(&scene, clock, "OUT_OF_SERVICE", at_registry(&scene, "PUT", "OUT_OF_SERVICE")).await?;
    timer.sleep_ms(AFTER_MS / 2).await;
    report(&alone, Some((chosen, "last request begun on it")));

    say("2  it is brought back at the registry alone: DELETE …/status?value=UP");
    let back = change(&scene, clock, "UP", at_registry(&scene, "DELETE", "UP")).await?;
    timer.sleep_ms(STEADY_MS).await;
    report(&back, None);

    let ip = chosen.address.ip().to_string();
    say(&format!("3  it is taken offline through sync-speed: POST /offline {{\"ip\":\"{ip}\"}}"));
    let offline = change(&scene, clock, "OUT_OF_SERVICE", through_sync_speed(&scene, "offline", &ip)).await?;
    timer.sleep_ms(AFTER_MS / 2).await;
    chosen.heartbeat(&scene.http, &scene.addresses.service_url()).await?;
    timer.sleep_ms(AFTER_MS / 2).await;
    report(&offline, Some((chosen, "last request begun on it")));
    let after_answer = begun_between(chosen, offline.answered_us, clock.now_us());

    say(&format!("4  it comes back through sync-speed: POST /online {{\"ip\":\"{ip}\"}}"));
    let online = change(&scene, clock, "UP", through_sync_speed(&scene, "online", &ip)).await?;
    timer.sleep_ms(STEADY_MS).await;
    report(&online, None);

    finish(scene, clock, [alone, back, offline, online], after_answer).await
}

fn opening(scene: &Scene, chosen: &Producer) {
    say(&format!(
        "eurus demo: {} instances of {APP} behind the gateway, {CONNECTIONS} connections, {} requests/s.",
        scene.producers.len(),
        CONNECTIONS as i64 * 1_000 / PAUSE_MS,
    ));
    say(&format!(
        "Short intervals: the registry refreshes its read-only cache every {SHORT_CACHE_MS} ms, the gateway fetches every \
         {SHORT_FETCH_S} s (Netflix: 30 s and 30 s).",
    ));
    say(&format!(
        "Times are asked of each layer every {EVERY_MS} ms. The instance that comes and goes: {}\n",
        chosen.instance_id
    ));
}

/// Makes a change and watches it travel at the same time.
async fn change(
    scene: &Scene,
    clock: &Clock,
    status: &str,
    call: impl Future<Output = Result<(), Failure>>,
) -> Result<Change, BoxError> {
    let watch = Watch {
        http: scene.http.clone(),
        registry: scene.addresses.service_url(),
        gateway_admin: format!("http://{}", scene.addresses.gateway_admin),
        app: APP.to_owned(),
        instance_id: scene.producers[CHOSEN].instance_id.clone(),
        clock: clock.clone(),
    };
    watch.warm().await;
    let asked_us = clock.now_us();
    let answered = async {
        call.await?;
        Ok::<_, Failure>(clock.now_us())
    };
    let (answered_us, seen) = tokio::join!(answered, watch.until(status, clock.now_ms() + LAG_BOUND_MS));
    Ok(Change { asked_us, answered_us: answered_us?, seen })
}

async fn at_registry(scene: &Scene, method: &str, value: &str) -> Result<(), Failure> {
    let id = &scene.producers[CHOSEN].instance_id;
    let url = format!("{}apps/{APP}/{id}/status?value={value}", scene.addresses.service_url());
    let request = if method == "PUT" { scene.http.put(&url) } else { scene.http.delete(&url) };
    let answer = request.send().await?;
    Failure::unless(answer.status() == 200, || format!("{method} {url} answered {}", answer.status()))
}

async fn through_sync_speed(scene: &Scene, what: &str, ip: &str) -> Result<(), Failure> {
    let url = format!("http://{}/{what}", scene.addresses.sync_speed);
    let answer = scene.http.post(&url).json(&json!({ "ip": ip })).send().await?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    Failure::unless(status == 200 && body["state"] == "done", || format!("POST {url} answered {status}: {body}"))
}

fn report(change: &Change, last: Option<(&Producer, &str)>) {
    let after = |at_us: i64| milliseconds(at_us - change.asked_us);
    say(&format!("   {:<28} {:>9}", "answered", after(change.answered_us)));
    for (layer, seen) in LAYERS.iter().zip(change.seen) {
        say(&format!("   {layer:<28} {:>9}", seen.map_or_else(|| "not seen".to_owned(), after)));
    }
    if let Some((producer, words)) = last {
        let last_us = producer.begun_us().into_iter().max().filter(|last_us| *last_us > change.asked_us);
        say(&format!("   {words:<28} {:>9}", last_us.map_or_else(|| "before".to_owned(), after)));
    }
    say("");
}

async fn finish(scene: Scene, clock: &Clock, changes: [Change; 4], after_answer: usize) -> Result<(), BoxError> {
    let samples = scene.load.stop().await;
    let rows: Vec<Row> = scene
        .producers
        .iter()
        .map(|producer| Row { label: producer.address.ip().to_string(), begun_us: producer.begun_us() })
        .collect();
    let marks: Vec<Mark> =
        changes.iter().zip('1'..).map(|(change, letter)| Mark { letter, at_us: change.asked_us }).collect();
    say("Requests begun per producer over time:");
    say(&chart::draw(&rows, &marks, scene.started_us, clock.now_us()));

    let [alone, back, offline, _] = &changes;
    let chosen = &rows[CHOSEN];
    let still_called_us = last_begun(&chosen.begun_us, alone.answered_us, back.asked_us);
    let called_meanwhile =
        chosen.begun_us.iter().filter(|at| (alone.answered_us..=still_called_us).contains(*at)).count();
    let failed = samples.iter().filter(|sample| sample.outcome.is_err()).count();
    say("Figures:");
    say(&format!(
        "  registry alone:      still called for {} after the registry had answered ({called_meanwhile} requests)",
        milliseconds(still_called_us - alone.answered_us)
    ));
    say(&format!(
        "  through sync-speed:  answered after {}; {after_answer} requests began on it after the answer",
        milliseconds(offline.answered_us - offline.asked_us)
    ));
    say(&format!("  requests:            {} ended, {failed} failed, median {}", samples.len(), median(&samples)));
    for producer in scene.producers {
        producer.stop().await;
    }
    if after_answer > 0 || failed > 0 {
        return Err(
            format!("{after_answer} requests began after the answer and {failed} failed: both must be 0").into()
        );
    }
    Ok(())
}

/// The last request that began within a span; its start when there was none.
fn last_begun(begun_us: &[i64], from_us: i64, to_us: i64) -> i64 {
    begun_us.iter().copied().filter(|at| (from_us..=to_us).contains(at)).max().unwrap_or(from_us)
}

fn begun_between(producer: &Producer, from_us: i64, to_us: i64) -> usize {
    producer.begun_us().iter().filter(|at| **at > from_us && **at <= to_us).count()
}

fn median(samples: &[Sample]) -> String {
    let mut durations: Vec<i64> = samples.iter().map(|sample| sample.ended_us - sample.started_us).collect();
    durations.sort_unstable();
    durations.get(durations.len() / 2).map_or_else(|| "-".to_owned(), |us| milliseconds(*us))
}

fn milliseconds(us: i64) -> String {
    let ms_tenths = us / 100;
    format!("{}.{} ms", ms_tenths / 10, ms_tenths % 10)
}

#[allow(clippy::print_stdout)] // The demo's own words.
fn say(words: &str) {
    println!("{words}");
}
