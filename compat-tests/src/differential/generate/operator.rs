//! What operators ask for: overrides in force, groups. Not the pages: Java's break off in the middle on odd registrations, and
//! ours are others on purpose.

use super::Dice;
use crate::differential::request::Request;
use crate::differential::step::Operation;

impl Dice<'_> {
    pub(super) fn operator(&mut self) -> Operation {
        let request = match self.rng.u32(0..3) {
            0 => Request::new("GET", "/eureka/serverinfo/statusoverrides").header("accept", self.accept()),
            // Of a group that no instance names: Spring's server knows no groups, so nothing may come of it.
            _ => {
                let value = self.one_of(&["ENABLED", "DISABLED"]);
                Request::new("PUT", format!("/eureka/asg/~t~-nobody/status?value={value}"))
                    .header("accept", self.accept())
            }
        };
        Operation::plain(request)
    }
}
