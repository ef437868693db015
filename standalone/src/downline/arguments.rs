//! What can be said on the command line, and what of it is a mistake.

mod values;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::server::Call;
use super::{Order, Then, body};
use values::{drain_seconds, expiry_seconds, percent, timeout_seconds};

/// Addresses in one request.
const ADDRESSES_MAX: usize = 64;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 256;
/// Characters of an idempotency key.
const KEY_CHARS_MAX: usize = 128;
/// Seconds that an answer is waited for beyond what was asked for.
const ANSWER_WITHIN_S: u64 = 60;

const EXIT_CODES: &str = "\
Exit codes:
  0  done: the registry and every gateway (with --async: it is written down and goes on by itself)
  1  failed, refused, or no answer: the words say whether anything was changed
  2  the command line is wrong; nothing was sent
  3  partial: the registry has it, some gateway has not acknowledged yet; or the time to watch is over before the end
  4  done, and with --drain: requests are still under way there after the time given, or a gateway could not say

The token, where sync-speed wants one, comes from the variable EURUS_SYNC_SPEED_TOKEN or from --token-file.
NO_COLOR=1 switches colours off.";

const OFFLINE_USAGE: &str = "\
eurus offline <IP>... [OPTIONS]
       eurus offline --app <NAME> [IP]... [OPTIONS]";
const ONLINE_USAGE: &str = "\
eurus online <IP>... [OPTIONS]
       eurus online --app <NAME> [IP]... [OPTIONS]";

/// `eurus offline`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXIT_CODES, override_usage = OFFLINE_USAGE)]
pub struct OfflineArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Take an application's last UP instance too
    #[arg(long)]
    pub(super) force: bool,
    /// Take this share of the instances at a time, such as 25%, rounded up to whole ones, and wait between
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(super) rolling: Option<u8>,
    /// With --rolling: take the next ones only while so many others are UP
    #[arg(long, value_name = "N", requires = "rolling")]
    pub(super) min_up: Option<u32>,
    /// Answer when no gateway has a request under way on the instances any more, at most so long
    #[arg(long, value_name = "SECONDS", value_parser = drain_seconds)]
    pub(super) drain: Option<u64>,
    /// Bring the instances back by itself after this time: 90, 90s, 15m, 2h, 1d
    #[arg(long, value_name = "DURATION", value_parser = expiry_seconds)]
    pub(super) expires_after: Option<u64>,
    #[command(flatten)]
    pub(super) manner: MannerArgs,
    #[command(flatten)]
    pub(super) server: ServerArgs,
}

/// `eurus online`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXIT_CODES, override_usage = ONLINE_USAGE)]
pub struct OnlineArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) manner: MannerArgs,
    #[command(flatten)]
    pub(super) server: ServerArgs,
}

/// `eurus watch`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct WatchArgs {
    /// Id of an entry, as an offline or an online prints it, such as offline-1795329353246
    pub id: String,
    #[command(flatten)]
    pub(super) server: ServerArgs,
}

/// Which instances are meant.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct TargetArgs {
    /// Addresses with which the instances are registered
    #[arg(value_name = "IP")]
    pub(super) ips: Vec<IpAddr>,
    /// Only this application; without an address: all of it
    #[arg(long, value_name = "NAME")]
    pub(super) app: Option<String>,
    /// Only instances with this port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Option<u16>,
    /// Only this instance
    #[arg(long, value_name = "ID")]
    pub(super) instance_id: Option<String>,
}

/// How it is carried out.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct MannerArgs {
    /// Why, for the journal: at most 256 characters
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Do not wait: print the entry, which goes on by itself
    #[arg(long = "async")]
    pub(super) is_async: bool,
    /// The same key with the same order is carried out once, however often it is sent
    #[arg(long, value_name = "KEY")]
    pub(super) idempotency_key: Option<String>,
}

/// Whom to call, and how to show the answer.
#[derive(Args, Clone, Debug)]
pub(super) struct ServerArgs {
    /// sync-speed; several nodes with commas: the next is asked when one cannot be reached
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8090")]
    pub(super) url: String,
    /// File with the token, instead of the variable EURUS_SYNC_SPEED_TOKEN
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Who vouches for sync-speed's certificate, PEM [default: the system's authorities]
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
    /// Certificate that is shown to sync-speed, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) key: Option<PathBuf>,
    /// Print what sync-speed answers, as it is
    #[arg(long)]
    pub(super) json: bool,
    /// How long to wait at most [default: 60 s and what --drain says; without an end for --rolling and watch]
    #[arg(long, value_name = "DURATION", value_parser = timeout_seconds)]
    pub(super) timeout: Option<u64>,
}

impl OfflineArgs {
    pub(super) fn check(&self) -> Result<(), String> {
        self.target.check()?;
        self.manner.check()
    }

    pub(super) fn order(&self) -> Order {
        let then = match (self.manner.is_async, self.rolling) {
            (true, _) => Then::Leave,
            // It takes as long as it takes: a connection that stands open so long is cut by somebody.
            (false, Some(_)) => Then::Follow,
            (false, None) => Then::WaitForTheAnswer,
        };
        order("offline", body::offline(self), then, (&self.target, &self.manner), self.drain.unwrap_or(0))
    }
}

impl OnlineArgs {
    pub(super) fn check(&self) -> Result<(), String> {
        self.target.check()?;
        self.manner.check()
    }

    pub(super) fn order(&self) -> Order {
        let then = if self.manner.is_async { Then::Leave } else { Then::WaitForTheAnswer };
        order("online", body::online(self), then, (&self.target, &self.manner), 0)
    }
}

impl WatchArgs {
    pub(super) fn check(&self) -> Result<(), String> {
        let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match !self.id.is_empty() && self.id.len() <= 128 && self.id.chars().all(is_known) {
            true => Ok(()),
            false => Err(format!("'{}' is no id of an entry, such as offline-1795329353246", self.id.escape_debug())),
        }
    }
}

impl TargetArgs {
    fn check(&self) -> Result<(), String> {
        if self.ips.is_empty() && self.app.is_none() {
            return Err("which instances? Give the address that they are registered with, such as 10.1.2.3, or --app \
                        NAME for all of an application; --help lists what else there is"
                .to_owned());
        }
        let given = self.ips.len();
        if given > ADDRESSES_MAX {
            return Err(format!(
                "{given} addresses, one request may have {ADDRESSES_MAX}: ask for the rest afterwards"
            ));
        }
        Ok(())
    }

    fn in_words(&self) -> String {
        match (self.ips.as_slice(), &self.app) {
            ([], Some(app)) => app.escape_debug().to_string(),
            ([ip], _) => ip.to_string(),
            (ips, _) => format!("{} addresses", ips.len()),
        }
    }
}

impl MannerArgs {
    fn check(&self) -> Result<(), String> {
        if let Some(reason) = &self.reason
            && reason.chars().count() > REASON_CHARS_MAX
        {
            let given = reason.chars().count();
            return Err(format!(
                "--reason has {given} characters, at most {REASON_CHARS_MAX} are kept: say it shorter"
            ));
        }
        if let Some(key) = &self.idempotency_key
            && !((1..=KEY_CHARS_MAX).contains(&key.len()) && key.chars().all(|c| c.is_ascii_graphic()))
        {
            return Err(format!("--idempotency-key is not 1 to {KEY_CHARS_MAX} visible ASCII characters"));
        }
        Ok(())
    }
}

fn order(
    verb: &'static str,
    body: serde_json::Value,
    then: Then,
    (target, manner): (&TargetArgs, &MannerArgs),
    drain_s: u64,
) -> Order {
    let query = if then == Then::WaitForTheAnswer { "" } else { "?async=true" };
    let call = Call {
        path: format!("/{verb}{query}"),
        body,
        idempotency_key: manner.idempotency_key.clone(),
        answer_within_s: ANSWER_WITHIN_S + drain_s,
    };
    Order { call, then, what: format!("{verb} of {}", target.in_words()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_or_invisible_is_a_mistake() {
        let reason = |length: usize| MannerArgs { reason: Some("é".repeat(length)), ..MannerArgs::default() };
        assert!(reason(256).check().is_ok() && reason(257).check().is_err());
        for (key, allowed) in [("deploy-7", true), ("", false), ("a b", false), ("é", false), ("a\n", false)] {
            let manner = MannerArgs { idempotency_key: Some(key.to_owned()), ..MannerArgs::default() };
            assert_eq!(manner.check().is_ok(), allowed, "'{key}'");
        }
        let target =
            |count: usize| TargetArgs { ips: vec![IpAddr::from([10, 0, 0, 1]); count], ..TargetArgs::default() };
        assert!(target(64).check().is_ok() && target(65).check().is_err());
        assert!(target(0).check().is_err(), "whom?");
        assert!(TargetArgs { app: Some("A".to_owned()), ..target(0) }.check().is_ok());
    }
}
