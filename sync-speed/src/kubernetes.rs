//! The Kubernetes controller: pods that the cluster deletes are taken offline by their address, without a hook in the pod.
//!
//! ```text
//! list, watch ─► pod ─► pods (what is known) ─► decision ─► order ─► Downline::carry_out ─► done, or again later
//! ```
//!
//! | module | what |
//! |---|---|
//! | `pod` | what is kept of a pod |
//! | `pods` | all that are known, who holds which address, who is leaving |
//! | `decision` | what to do about a pod, and what its answer means: pure |
//! | `order` | the order itself, as any other request's |
//! | `watching` | events of the API server, with back-off |
//! | `words` | its errors, and what to do about them |
//! | `controller` | the loop |
//!
//! An order is for the registration that was there when the pod was told to go. Addresses are reused within seconds: what
//! registered afterwards, or after another pod with the address was created, is somebody else. A pod that is gone without having
//! been told to (deleted by force, or while nobody watched) is dealt with as if it had been told when it was last known there.

mod controller;
mod decision;
mod order;
mod pod;
mod pods;
mod watching;
mod words;

use std::sync::Arc;

use eurus_service::{Clock, Shutdown};
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::config::KubernetesConfig;
use crate::downline::Downline;
use crate::error::RunError;
use crate::loops::Loops;
use controller::Controller;

const NAME: &str = "the Kubernetes controller";

/// Starts the controller, where it is wanted.
///
/// # Errors
/// When the configuration does not say how to reach an API server. That it does not answer is no error: it is asked again.
pub(crate) async fn spawn(
    config: Option<&KubernetesConfig>,
    downline: &Arc<Downline>,
    clock: &Clock,
    shutdown: &Shutdown,
    loops: &mut Loops,
) -> Result<(), RunError> {
    let Some(config) = config else { return Ok(()) };
    let client = connect(config).await.map_err(|why| RunError::Config(format!("{NAME}: {why}")))?;
    let controller = Controller::new(client, config.clone(), Arc::clone(downline), clock.clone());
    loops.spawn(NAME, controller.run(clock.timer(NAME), shutdown.clone()));
    Ok(())
}

async fn connect(config: &KubernetesConfig) -> Result<Client, String> {
    let mut reached = match &config.kubeconfig {
        Some(path) => {
            let unusable = |error: &dyn std::fmt::Display| {
                format!("eurus.sync-speed.kubernetes.kubeconfig {}: {error}", path.display())
            };
            let kubeconfig = Kubeconfig::read_from(path).map_err(|error| unusable(&error))?;
            let options = KubeConfigOptions::default();
            kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| unusable(&error))?
        }
        None => kube::Config::incluster().map_err(|error| {
            format!(
                "this is no pod of a cluster ({error}); eurus.sync-speed.kubernetes.kubeconfig names a file instead"
            )
        })?,
    };
    // The loop repeats what fails, in its own time.
    reached.default_retry = false;
    Client::try_from(reached).map_err(|error| format!("the API server cannot be reached: {error}"))
}
