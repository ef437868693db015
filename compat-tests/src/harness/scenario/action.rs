//! What a step does, and whom it is about.

use super::super::layer::Layer;
use super::fault::{CacheFault, LinkFault};
use super::fault_rule::FaultRule;
use super::how::How;

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The instance starts and registers.
    Start(String),
    /// Its process is gone without a word: no heartbeats, connections refused.
    Crash(String),
    /// Its heartbeats stop; it goes on answering requests.
    Silence(String),
    /// It deregisters, then its process ends.
    Shutdown(String),
    /// It deregisters and goes on answering requests.
    Cancel(String),
    /// It registers again, with a status of its own.
    Register(String, String),
    /// One heartbeat, with its own status; `true`: what a 404 means is done, it registers again.
    Heartbeat(String, String, bool),
    /// Another registry hands on what the instance said when it last registered.
    StaleReplica(String),
    /// Somebody sets its status at its registry alone.
    SetStatus(String, String),
    /// Somebody removes its override at its registry alone.
    RemoveStatus(String),
    /// `POST /offline` to a sync-speed.
    Offline(String, String, How),
    /// `POST /offline` with nothing but the address of an instance.
    OfflineAddress(String, String),
    /// `POST /online` to a sync-speed.
    Online(String, String),
    /// A node stops.
    Stop(String),
    /// A node starts again, at its address.
    Run(String),
    /// Stop and start at once; a registry is empty then.
    Restart(String),
    /// A node's process stands still.
    Pause(String),
    /// It goes on.
    Resume(String),
    /// Something happens to a cache layer.
    Cache(String, Layer, CacheFault),
    /// Something happens to a link.
    Link(String, LinkFault),
    /// A node is gone without a goodbye.
    Kill(String),
    /// From now on something happens at a point inside a node.
    Fault(FaultRule),
    /// Nothing happens at the points of a node any more.
    ClearFaults(String),
}

impl Action {
    /// The instance that it is done to, or that an order means.
    pub fn instance(&self) -> Option<&str> {
        match self {
            Self::Start(name)
            | Self::Crash(name)
            | Self::Silence(name)
            | Self::Shutdown(name)
            | Self::Cancel(name)
            | Self::Register(name, _)
            | Self::Heartbeat(name, ..)
            | Self::StaleReplica(name)
            | Self::SetStatus(name, _)
            | Self::RemoveStatus(name)
            | Self::Offline(name, ..)
            | Self::OfflineAddress(name, _)
            | Self::Online(name, _) => Some(name),
            Self::Stop(_) | Self::Run(_) | Self::Restart(_) | Self::Pause(_) | Self::Resume(_) | Self::Kill(_) => None,
            Self::Cache(..) | Self::Link(..) | Self::Fault(_) | Self::ClearFaults(_) => None,
        }
    }

    /// The sync-speed that is asked, where it is an order.
    pub fn asks(&self) -> Option<&str> {
        match self {
            Self::Offline(_, by, _) | Self::OfflineAddress(_, by) | Self::Online(_, by) => Some(by),
            _ => None,
        }
    }

    /// For reports.
    pub fn in_words(&self) -> String {
        match self {
            Self::Start(instance) => format!("start {instance}"),
            Self::Crash(instance) => format!("crash {instance}"),
            Self::Silence(instance) => format!("silence {instance}"),
            Self::Shutdown(instance) => format!("shutdown {instance}"),
            Self::Cancel(instance) => format!("cancel {instance}"),
            Self::Register(instance, status) => format!("register {instance} {status}"),
            Self::Heartbeat(instance, status, _) => format!("heartbeat {instance} {status}"),
            Self::StaleReplica(instance) => format!("stale replica of {instance}"),
            Self::SetStatus(instance, status) => format!("set {instance} {status}"),
            Self::RemoveStatus(instance) => format!("remove override of {instance}"),
            Self::Offline(instance, _, how) => format!("offline {instance}{}", how.in_words()),
            Self::OfflineAddress(instance, _) => format!("offline the address of {instance}"),
            Self::Online(instance, _) => format!("online {instance}"),
            Self::Stop(node) => format!("stop {node}"),
            Self::Run(node) => format!("run {node}"),
            Self::Restart(node) => format!("restart {node}"),
            Self::Kill(node) => format!("kill {node}"),
            Self::Pause(node) => format!("pause {node}"),
            Self::Resume(node) => format!("resume {node}"),
            Self::Fault(rule) => rule.in_words(),
            Self::ClearFaults(node) => format!("clear faults of {node}"),
            Self::Cache(node, layer, fault) => format!("{} {layer} of {node}", fault.word()),
            Self::Link(link, LinkFault::Delay(ms)) => format!("delay {link} by {ms} ms"),
            Self::Link(link, LinkFault::Slow(rate)) => format!("slow {link} to {rate} bytes a second"),
            Self::Link(link, fault) => format!("{} {link}", fault.word()),
        }
    }
}
