//! What a Java program begins with the first request for it, in seconds: nobody waits for the answer meanwhile.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::Failure;

/// The first answer of a kind loads half of a program's classes.
const FIRST_ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Whether it has begun. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Beginning(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    #[default]
    NotYet,
    Done,
    Failed(String),
}

impl Beginning {
    /// Asks for pages one after another.
    pub(crate) fn ask(&self, http: &reqwest::Client, urls: Vec<String>) {
        let (state, http) = (Arc::clone(&self.0), http.clone());
        tokio::spawn(async move {
            let mut ended = State::Done;
            for url in urls {
                if let Err(failure) = first_answer(&http, &url).await {
                    ended = State::Failed(failure.to_string());
                }
            }
            *state.lock() = ended;
        });
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// When it could not begin.
    pub(crate) fn is_done(&self) -> Result<bool, Failure> {
        match &*self.0.lock() {
            State::NotYet => Ok(false),
            State::Done => Ok(true),
            State::Failed(words) => Err(Failure::new(words.clone())),
        }
    }
}

/// Asks a Java program for something for the first time.
pub(super) async fn first_answer(http: &reqwest::Client, url: &str) -> Result<(), Failure> {
    http.get(url).timeout(FIRST_ANSWER_WITHIN).send().await?.error_for_status()?;
    Ok(())
}
