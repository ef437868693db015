//! Whether the producer is registered, in words, once per change.

use eurus_client::{EurekaClient, FailureKind, RegistrationHealth};
use eurus_service::{Clock, Shutdown};

/// How often it is looked at.
const LOOK_MS: i64 = 200;

/// Prints each change until the shutdown.
#[allow(clippy::print_stdout)] // A command's own words.
pub(super) async fn tell(client: &EurekaClient, clock: &Clock, shutdown: &Shutdown) {
    let mut timer = clock.timer("words about the registration");
    let mut said = None;
    loop {
        let health = client.health();
        let standing = health.registration.as_ref().and_then(Standing::of);
        if let Some(standing) = standing.filter(|standing| said != Some(standing.what())) {
            println!("{}", standing.in_words(&health.registry_url));
            said = Some(standing.what());
        }
        tokio::select! {
            () = shutdown.wait() => return,
            () = timer.sleep_ms(LOOK_MS) => {}
        }
    }
}

enum Standing {
    Registered,
    /// Each URL with what happened there; what to do.
    Not {
        was_registered: bool,
        kind: FailureKind,
        tries: Vec<String>,
    },
}

impl Standing {
    /// `None` before the first answer.
    fn of(health: &RegistrationHealth) -> Option<Self> {
        match &health.away {
            Some(away) => Some(Self::Not {
                was_registered: health.last_accepted_ms.is_some(),
                kind: away.last_error.kind(),
                tries: away.last_error.tries().to_vec(),
            }),
            None => health.last_accepted_ms.map(|_| Self::Registered),
        }
    }

    /// What makes it another one: the order of the tries does not.
    fn what(&self) -> Option<(bool, FailureKind)> {
        match self {
            Self::Registered => None,
            Self::Not { was_registered, kind, .. } => Some((*was_registered, *kind)),
        }
    }

    /// The tries name their URLs, without credentials.
    fn in_words(&self, url: &str) -> String {
        match self {
            Self::Registered => format!("registered at {url}"),
            Self::Not { was_registered: false, tries, .. } => format!("cannot register at {}", tries.join("; ")),
            Self::Not { was_registered: true, tries, .. } => {
                format!("registered, but cannot renew at {}", tries.join("; "))
            }
        }
    }
}
