//! The examples for platforms (docker/kubernetes, docker/systemd, docker/deploy): read as their platforms read them, and their
//! commands run against eurus itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use eurus_service::keys;
use serde_json::Value;

use crate::support::Whole;

fn example(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap()
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker").join(path)
}

fn manifests(path: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&example(path)).unwrap()
}

fn of_kind<'a>(manifests: &'a [Value], kind: &str) -> &'a Value {
    manifests.iter().find(|manifest| manifest["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn container(deployment: &Value) -> &Value {
    &deployment["spec"]["template"]["spec"]["containers"][0]
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

fn words(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// With our `eurus` where the command is looked for.
fn path_with_eurus() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_eurus")).parent().unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[test]
fn the_controllers_manifests_fit_together() {
    let all = manifests("kubernetes/sync-speed.yaml");
    let account = &of_kind(&all, "ServiceAccount")["metadata"];
    let role = of_kind(&all, "Role");
    assert_eq!(
        role["rules"],
        serde_json::json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}])
    );
    let binding = of_kind(&all, "RoleBinding");
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
    assert_eq!(binding["metadata"]["namespace"], role["metadata"]["namespace"]);
    for field in ["name", "namespace"] {
        assert_eq!(binding["subjects"][0][field], account[field]);
    }
    let deployment = of_kind(&all, "Deployment");
    assert_eq!(deployment["spec"]["template"]["spec"]["serviceAccountName"], account["name"]);
    assert_eq!(deployment["metadata"]["namespace"], account["namespace"]);
    let followed = container(deployment)["env"].as_array().unwrap().iter().find_map(|variable| {
        (variable["name"] == "EURUS_SYNC_SPEED_KUBERNETES_NAMESPACES").then(|| variable["value"].clone())
    });
    assert_eq!(followed.as_ref(), Some(&role["metadata"]["namespace"]), "it may see the pods that it follows");
    assert_eq!(of_kind(&all, "Service")["spec"]["selector"], deployment["spec"]["selector"]["matchLabels"]);
}

#[test]
fn every_variable_of_ours_is_a_setting() {
    let mut seen = 0;
    for path in ["kubernetes/sync-speed.yaml", "kubernetes/producer.yaml", "kubernetes/producer-prestop.yaml"] {
        let manifests = manifests(path);
        for variable in container(of_kind(&manifests, "Deployment"))["env"].as_array().unwrap() {
            let name = variable["name"].as_str().unwrap();
            let is_ours = name.starts_with("EURUS_");
            let is_known = keys::find_flat(&keys::flat(name)).is_some();
            assert!(is_known || !is_ours, "{path}: {name} is no setting");
            seen += usize::from(is_ours);
        }
    }
    assert!(seen > 8, "{seen}");
}

#[test]
fn the_producers_opt_in_as_the_controller_reads_it() {
    let stock = eurus_sync_speed::config::KubernetesConfig::stock();
    let all = manifests("kubernetes/producer.yaml");
    let template = &of_kind(&all, "Deployment")["spec"]["template"];
    assert_eq!(template["metadata"]["annotations"][&stock.annotation], "true");
    assert_eq!(template["metadata"]["annotations"][&stock.app_annotation], "java-service");
    let pause_s = container(of_kind(&all, "Deployment"))["lifecycle"]["preStop"]["sleep"]["seconds"].as_i64().unwrap();
    assert!(pause_s < template["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pre_stop_hook_takes_its_pod_offline() {
    let whole = Whole::start(&[]).await;
    whole.until_all_are_known().await;
    let all = manifests("kubernetes/producer-prestop.yaml");
    let hook = container(of_kind(&all, "Deployment"))["lifecycle"]["preStop"]["exec"]["command"].clone();
    let hook: Vec<&str> = hook.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let run_for = |ip: &str| {
        let mut command = Command::new(hook[0]);
        command.args(&hook[1..]).env("POD_IP", ip).env("SYNC_SPEED_URL", &whole.url);
        command.env("EURUS_SYNC_SPEED_TOKEN", "abc");
        run(command)
    };
    let stopped = run_for("127.0.0.2").await;
    let said = words(&stopped);
    assert!(stopped.status.success() && said.contains("\"state\":\"done\"") && said.contains("\"drained\""), "{said}");
    let refused = run_for("127.0.0.3").await;
    assert!(!refused.status.success() && words(&refused).contains("last-up-instance"), "{}", words(&refused));
    whole.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_units_stop_command_takes_its_service_offline() {
    let whole = Whole::start(&[("eurus.sync-speed.token", "0123456789abcdef")]).await;
    let unit = example("systemd/java-service.service");
    let stop: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix("ExecStop=")).collect();
    let [stop] = stop.as_slice() else { panic!("one ExecStop: {stop:?}") };
    let stop = stop.strip_prefix('-').expect("what fails must not keep the service from stopping");
    let credentials = tempfile::tempdir().unwrap();
    std::fs::write(credentials.path().join("sync-speed-token"), "0123456789abcdef\n").unwrap();
    let setting =
        |name: &str| unit.lines().find_map(|line| line.strip_prefix(&format!("Environment={name}="))).unwrap();
    assert!(
        setting("SERVICE_IP").parse::<std::net::IpAddr>().is_ok() && setting("SYNC_SPEED_URL").starts_with("http://")
    );
    // Nothing else in it is the shell's: systemd has none.
    let line = stop
        .replace("${SERVICE_IP}", "127.0.0.2")
        .replace("${SYNC_SPEED_URL}", &whole.url)
        .replace("${CREDENTIALS_DIRECTORY}", &credentials.path().display().to_string())
        .replace("--drain 30", "--drain 1");
    assert!(!line.contains(['$', '"', '\'', '|', ';']), "{line}");
    let arguments: Vec<String> = line.split(' ').skip(1).map(str::to_owned).collect();
    assert_eq!(line.split(' ').next(), Some("/usr/bin/eurus"));
    let until_done = async {
        loop {
            let mut command = Command::new(env!("CARGO_BIN_EXE_eurus"));
            command.args(&arguments).env_remove("EURUS_SYNC_SPEED_TOKEN");
            // Until sync-speed knows all, it is partial or refused.
            let said = words(&run(command).await);
            assert!(!said.contains("eurus: token"), "{said}");
            if said.contains(" done: 1 of 1 instances, 1 of 1 gateways") {
                return;
            }
        }
    };
    tokio::time::timeout(crate::support::EVENT_BOUND, until_done).await.expect("it is taken offline");
    whole.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_script_restarts_one_after_the_other() {
    let whole = Whole::start(&[]).await;
    whole.until_all_are_known().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("restarted");
    // The producers listen on ports of their own.
    let health = |ip: &str| whole.producers.iter().find(|one| one.address.ip().to_string() == ip).unwrap().address;
    let script = |health: String, restart: String, others_up_within_s: &str, ips: &[&str]| {
        let mut command = Command::new(file("deploy/rolling-restart"));
        command.arg("java-service").arg(health).arg(restart).args(ips);
        command.env("PATH", path_with_eurus()).env("SYNC_SPEED_URL", &whole.url).env_remove("EURUS_SYNC_SPEED_TOKEN");
        command.env("DRAIN_S", "1").env("HEALTHY_WITHIN_S", "0");
        command.env("OTHERS_UP_WITHIN_S", others_up_within_s);
        run(command)
    };
    let restart = format!("echo {{ip}} >> {}", log.display());
    for ip in ["127.0.0.2", "127.0.0.3"] {
        let url = format!("http://{}/actuator/health", health(ip).to_string().replace(ip, "{ip}"));
        let done = script(url, restart.clone(), "15", &[ip]).await;
        let said = words(&done);
        let parts = ["offline-", "the registry says OUT_OF_SERVICE", "online-", "the registry says UP", "1 of 1 done"];
        assert!(done.status.success() && parts.iter().all(|part| said.contains(part)), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "127.0.0.2\n127.0.0.3\n");

    // The first that does not go well ends it.
    let failed = script("http://{ip}:1/".to_owned(), "false".to_owned(), "15", &["127.0.0.2", "127.0.0.3"]).await;
    let said = words(&failed);
    assert!(!failed.status.success() && said.contains("127.0.0.2: the restart failed"), "{said}");
    let refused = script("http://{ip}:1/".to_owned(), restart.clone(), "0", &["127.0.0.3"]).await;
    let said = words(&refused);
    assert!(!refused.status.success() && said.contains("it was not restarted"), "the last one UP: {said}");
    let usage = script(String::new(), String::new(), "0", &[]).await;
    assert!(usage.status.code() == Some(2) && words(&usage).contains("Usage: rolling-restart"), "{}", words(&usage));
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 2);
    whole.stop().await;
}
