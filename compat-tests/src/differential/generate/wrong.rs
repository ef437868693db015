//! What no client should send.

use serde_json::{Value, json};

use super::Dice;
use crate::differential::request::Request;
use crate::differential::step::{Effect, List, Operation};

impl Dice<'_> {
    pub(super) fn wrong(&mut self) -> Operation {
        match self.rng.u32(0..10) {
            0..3 => self.wrong_registration(),
            3..5 => self.wrong_body(),
            5 => self.wrong_method(),
            6 => self.wrong_batch(),
            _ => self.wrong_name(),
        }
    }

    /// A registration without something that it needs, or with something else in its place.
    fn wrong_registration(&mut self) -> Operation {
        let place = self.place();
        let body = self.registration_body(place);
        // One thing wrong at a time.
        let Effect::Register { bad_number: false, .. } = body.effect() else { return self.wrong_body() };
        let effect = body.effect();
        let mut body = body.json();
        let name = self.one_of(&["hostName", "ipAddr", "app", "dataCenterInfo", "hostName", "ipAddr"]);
        if self.once_in(2) {
            if let Some(fields) = body.as_object_mut() {
                fields.remove(name);
            }
        } else {
            body[name] = self.one_of(&[json!(""), Value::Null, json!({})]);
        }
        let request = Request::new("POST", format!("/eureka/apps/{}", place.app())).header("accept", self.accept());
        // An application's name of null is one that Java takes from nowhere; most are refused.
        Operation::about(request.body("application/json", json!({ "instance": body }).to_string()), place, effect)
    }

    fn wrong_body(&mut self) -> Operation {
        let place = self.place();
        let bodies =
            ["", "null", "{", "[]", "{}", "{\"instance\": null}", "{\"instance\": {}}", "<instance>", "<a/>", "x"];
        let types = ["application/json", "application/xml", "text/plain", "application/x-www-form-urlencoded"];
        let request = Request::new("POST", format!("/eureka/apps/{}", place.app())).header("accept", self.accept());
        let body = self.one_of(&bodies);
        if self.once_in(6) {
            return Operation::plain(Request { body: body.to_owned(), ..request });
        }
        Operation::plain(request.body(self.one_of(&types), body))
    }

    fn wrong_method(&mut self) -> Operation {
        let method = self.one_of(&["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);
        let path = self.one_of(&["/eureka/apps", "/eureka/apps/delta", "/eureka/vips/~t~-v0", "/eureka/instances/~t~"]);
        Operation::plain(Request::new(method, path).header("accept", self.accept()))
    }

    fn wrong_batch(&mut self) -> Operation {
        let bodies = ["", "null", "[]", "{}", "{\"replicationList\": null}", "{\"replicationList\": []}", "{\"a\": 1}"];
        let request = Request::new("POST", "/eureka/peerreplication/batch").header("accept", self.accept());
        Operation::plain(request.body("application/json", self.one_of(&bodies)))
    }

    /// Names that nobody has, and paths that name nothing.
    fn wrong_name(&mut self) -> Operation {
        let paths = [
            "/eureka/apps/~T~-NOBODY",
            "/eureka/apps/~T~-NOBODY/~t~",
            "/eureka/apps/~T~-A/~t~-nobody",
            "/eureka/apps/~T~-A/a%2Fb",
            "/eureka/instances/~t~-nobody",
            "/eureka/vips/~t~-nobody",
            "/eureka/svips/~t~-nobody",
            "/eureka/",
            "/eureka/nothing",
            "/eureka/apps/~T~-A/~t~/status/x",
        ];
        let path = self.one_of(&paths);
        let request = Request::new("GET", path)
            .header("accept", self.one_of(&["application/json", "application/xml", "text/html", "image/png"]));
        if path.contains("vips/") || path == "/eureka/apps/~T~-NOBODY" {
            return Operation::read(request, List::Plain);
        }
        Operation::plain(request)
    }
}
