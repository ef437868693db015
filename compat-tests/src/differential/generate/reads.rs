//! Lists and instances in every form.

use super::Dice;
use crate::differential::request::{Request, encoded};
use crate::differential::step::{List, Operation};

const ACCEPTS: [&str; 12] = [
    "application/json",
    "application/json",
    "application/json",
    "application/xml",
    "application/xml",
    "application/xml",
    "*/*",
    "application/json, application/*+json",
    "application/json;charset=utf-8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/xml;q=0.5, application/json;q=0.9",
    "application/xml, application/json;q=0.5",
];
const VIPS: [&str; 4] = ["~t~-v0", "~t~-v1", "~t~-v2", "~t~-v0,~t~-v1"];
/// Neither server fetches from another region.
const REGIONS: [&str; 3] = ["?regions=us-east-1", "?regions=us-east-1,eu", "?regions="];
const SECURE_VIPS: [&str; 3] = ["~t~-s0", "~t~-s1", "~t~-s2"];

impl Dice<'_> {
    pub(super) fn read(&mut self) -> Operation {
        let place = self.place();
        let id = self.segment(&place.id());
        let app = if self.once_in(6) { place.app().to_lowercase() } else { place.app().to_owned() };
        let root = if self.once_in(12) { "/eureka/v2" } else { "/eureka" };
        let (path, list) = match self.rng.u32(0..20) {
            0..5 => (format!("{root}/apps"), Some(List::Plain)),
            5..9 => (format!("{root}/apps/delta"), Some(List::Delta)),
            9..12 => (format!("{root}/apps/{app}"), Some(List::Plain)),
            // An id in several applications: Java shows the one that its hash map happens to hold first.
            15..17 if !place.is_shared() => (format!("{root}/instances/{id}"), None),
            12..17 => (format!("{root}/apps/{app}/{id}"), None),
            17..19 => {
                let address = self.one_of(&VIPS).to_owned();
                (format!("{root}/vips/{}", encoded(&address)), Some(List::Vip { address, secure: false }))
            }
            _ => {
                let address = self.one_of(&SECURE_VIPS).to_owned();
                (format!("{root}/svips/{}", encoded(&address)), Some(List::Vip { address, secure: true }))
            }
        };
        let slash = if self.once_in(8) { "/" } else { "" };
        let method = if self.once_in(15) { "HEAD" } else { "GET" };
        let has_regions = matches!(list, Some(List::Plain | List::Delta)) && self.once_in(10);
        let regions = if has_regions { self.one_of(&REGIONS) } else { "" };
        let request = self.with_form(Request::new(method, path + slash + regions));
        Operation { request, effects: Vec::new(), list }
    }

    fn with_form(&mut self, mut request: Request) -> Request {
        if !self.once_in(6) {
            request = request.header("accept", self.one_of(&ACCEPTS));
        }
        if self.once_in(4) {
            request = request.header("x-eureka-accept", self.one_of(&["compact", "full"]));
        }
        if self.once_in(3) {
            request =
                request.header("accept-encoding", self.one_of(&["gzip", "gzip, deflate", "identity", "gzip;q=0"]));
        }
        request
    }
}
