//! The rules in force, and the one question: may this request come in, and on whose behalf?

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::buckets::{Buckets, Wait};
use super::forwarding::{self, Forwarding, Origin};
use super::guesses::{Guesses, network_of};
use super::{AccessRules, Who, is_inside, token};

/// Callers that are counted apart: more than can be configured.
const CALLERS_MAX: usize = 1_024;
/// Addresses that are counted apart where nobody has credentials; those beyond share one count.
const ADDRESSES_MAX: usize = 16_384;
/// What of a request decides.
#[derive(Clone, Debug)]
pub struct Arrival<'a> {
    /// Of the connection.
    pub peer: IpAddr,
    /// What proxies added.
    pub forwarding: Forwarding<'a>,
    /// Whether a page in a browser sent it.
    pub is_from_page: bool,
    /// The credentials; a header that is no text is an empty one.
    pub authorization: Option<&'a str>,
    /// Of the certificate that was shown and verified.
    pub certificate_names: &'a [String],
    /// Whether it means to change something.
    pub is_change: bool,
}

/// Who came in.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// On whose behalf.
    pub who: Who,
    /// Whose address.
    pub address: IpAddr,
    /// Through which proxy.
    pub proxy: Option<IpAddr>,
    /// By which rules: one request, one set of rules.
    pub rules: Arc<AccessRules>,
}

/// Who was kept out, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Whose address.
    pub address: IpAddr,
    /// Through which proxy.
    pub proxy: Option<IpAddr>,
    /// The caller's name, if its credentials were right.
    pub caller: Option<String>,
    /// The reason.
    pub why: Why,
}

/// Why somebody was kept out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The address, or how the request came.
    Outside(String),
    /// The credentials.
    Credentials(String),
    /// Too many wrong credentials from this address.
    TooManyWrong(Wait),
    /// More than this caller may.
    TooFast(Wait),
}

/// See the module.
#[derive(Debug)]
pub struct Door {
    rules: ArcSwap<AccessRules>,
    guesses: Guesses,
    changes: Buckets<String>,
    changes_from: Buckets<IpAddr>,
}

impl Door {
    /// With the first rules.
    pub fn new(rules: AccessRules) -> Self {
        Self {
            rules: ArcSwap::from_pointee(rules),
            guesses: Guesses::default(),
            changes: Buckets::new(CALLERS_MAX),
            changes_from: Buckets::new(ADDRESSES_MAX),
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<AccessRules> {
        self.rules.load_full()
    }

    /// From now on these hold, for the next request of every connection.
    pub fn replace(&self, rules: AccessRules) {
        self.rules.store(Arc::new(rules));
        self.guesses.forget_owners();
    }

    /// Whether a request may come in. What it may do then is asked where it is done.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn admit(&self, arrival: &Arrival<'_>, now_us: i64) -> Result<Admitted, Denial> {
        let rules = self.rules();
        let peer = arrival.peer.to_canonical();
        let at_peer = |why| Denial { address: peer, proxy: None, caller: None, why: Why::Outside(why) };
        let origin = origin(&rules, peer, arrival).map_err(at_peer)?;
        let deny = |caller: Option<&Who>, why| Denial {
            address: origin.address,
            proxy: origin.proxy,
            caller: caller.map(Who::to_string),
            why,
        };
        if arrival.is_from_page {
            let why = "sync-speed is not called from pages in a browser (header origin)";
            return Err(deny(None, Why::Outside(why.to_owned())));
        }
        let who = self.identify(&rules, arrival, origin.address, now_us).map_err(|why| deny(None, why))?;
        if let Who::Named(caller) = &who
            && !caller.may_call_from(origin.address)
        {
            let why = format!("{} may not call from {}", caller.name, origin.address);
            return Err(deny(Some(&who), Why::Outside(why)));
        }
        if arrival.is_change {
            let counted = self.count(&rules, &who, origin.address, now_us);
            counted.map_err(|wait| deny(Some(&who), Why::TooFast(wait)))?;
        }
        Ok(Admitted { who, address: origin.address, proxy: origin.proxy, rules })
    }

    /// Of one caller, wherever it calls from; of nobody by name, for each address.
    fn count(&self, rules: &AccessRules, who: &Who, address: IpAddr, now_us: i64) -> Result<(), Wait> {
        match who {
            Who::Named(caller) => self.changes.take(caller.name.clone(), caller.rate.unwrap_or(rules.rate), now_us),
            // No configured name begins with a bracket.
            Who::TokenHolder => self.changes.take(who.to_string(), rules.rate, now_us),
            Who::Anybody => self.changes_from.take(network_of(address), rules.rate, now_us),
            Who::Service => Ok(()),
        }
    }

    fn identify(&self, rules: &AccessRules, arrival: &Arrival<'_>, address: IpAddr, now_us: i64) -> Result<Who, Why> {
        if !rules.asks_for_credentials() {
            return Ok(Who::Anybody);
        }
        let found = match arrival.authorization {
            Some(header) => token::bearer(header).and_then(|given| rules.bringer_of(&given)),
            None => rules.holder_of(arrival.certificate_names),
        };
        let owner = found.as_ref().map(Who::to_string);
        self.guesses.look(owner.as_deref(), address, now_us).map_err(Why::TooManyWrong)?;
        let wrong = |why: String| {
            self.guesses.wrong(address, now_us);
            Err(Why::Credentials(why))
        };
        match found {
            None if arrival.authorization.is_some() => wrong("the token is not the right one".to_owned()),
            None if !arrival.certificate_names.is_empty() => {
                wrong("no token, and the certificate is nobody's here".to_owned())
            }
            None => wrong("no token".to_owned()),
            Some(Who::Named(caller)) if caller.is_expired(now_us / 1_000) => {
                wrong(format!("the credentials of {} have expired (eurus.sync-speed.callers)", caller.name))
            }
            Some(who) => {
                self.guesses.right(&who.to_string(), address);
                Ok(who)
            }
        }
    }
}

fn origin(rules: &AccessRules, peer: IpAddr, arrival: &Arrival<'_>) -> Result<Origin, String> {
    let is_proxy = is_inside(&rules.trusted_proxies, peer);
    match rules.segments.check(peer) {
        // A proxy need not be allowed itself; one that is denied is no proxy any more.
        Err(super::Outside::NotAllowed(_)) if is_proxy => {}
        Err(outside) => return Err(outside.to_string()),
        Ok(()) => {}
    }
    let origin = forwarding::origin(peer, &rules.trusted_proxies, &arrival.forwarding)?;
    rules.segments.check(origin.address).map_err(|outside| outside.to_string())?;
    Ok(origin)
}

#[cfg(test)]
mod tests;
