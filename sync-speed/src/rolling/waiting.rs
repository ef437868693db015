//! Why a rolling one waits: said once, and taken back when it goes on.

use eurus_service::Timer;

use super::LOOK_AGAIN_MS;
use crate::downline::Downline;
use crate::entry::{Entry, Plan};

/// Why the next share is not taken yet: said once, in the log and by the entry.
pub(super) struct Waiting<'a> {
    pub(super) entry: &'a Entry,
    pub(super) plan: &'a Plan,
    pub(super) said: Option<String>,
}

impl Waiting<'_> {
    /// # Errors
    /// When the plan's time is over.
    pub(super) async fn pause(&mut self, downline: &Downline, timer: &mut Timer, why: &str) -> Result<(), String> {
        if self.said.as_deref() != Some(why) {
            log::warn!("{}: the next share waits: {why}", self.entry.id);
            self.said = Some(why.to_owned());
            self.say(downline, Some(&format!("the next share waits: {why}"))).await;
        }
        if timer.clock().now_ms() >= self.plan.until_ms {
            return Err(format!("its time is over: {why}"));
        }
        timer.sleep_ms(LOOK_AGAIN_MS).await;
        Ok(())
    }

    pub(super) async fn is_over(&mut self, downline: &Downline) {
        if self.said.take().is_some() {
            self.say(downline, None).await;
        }
    }

    /// A journal that fails does not end the waiting: whoever looks at the entry sees what it said before.
    async fn say(&self, downline: &Downline, why: Option<&str>) {
        if let Err(error) = downline.store.say_of_open(self.entry.number, why, downline.clock.now_ms()).await {
            log::warn!("{}: why it waits is not in the journal: {error}", self.entry.id);
        }
    }
}
