//! Which layer of which node saw which change when. Pure.

use std::collections::BTreeMap;

use super::layer::Layer;

/// What a layer shows: status by instance. An instance that is missing is absent.
pub type Listing = BTreeMap<String, String>;

/// A layer began to show something else of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Since the scenario's begin, milliseconds.
    pub at_ms: i64,
    /// Whose layer.
    pub node: String,
    /// Which.
    pub layer: Layer,
    /// Of which instance.
    pub instance: String,
    /// What it showed; `None`: nothing.
    pub from: Option<String>,
    /// What it shows; `None`: nothing any more.
    pub to: Option<String>,
}

/// All changes, in the order in which they were seen.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    changes: Vec<Change>,
    shown: BTreeMap<(String, Layer), Listing>,
}

impl Timeline {
    /// Takes in what a layer shows; gives what is new about it.
    pub fn look(&mut self, at_ms: i64, node: &str, layer: Layer, listing: Listing) -> &[Change] {
        let before = self.shown.entry((node.to_owned(), layer)).or_default();
        let known = self.changes.len();
        let change = |instance: &String, from: Option<&String>, to: Option<&String>| Change {
            at_ms,
            node: node.to_owned(),
            layer,
            instance: instance.clone(),
            from: from.cloned(),
            to: to.cloned(),
        };
        for (instance, status) in &listing {
            let earlier = before.get(instance);
            if earlier != Some(status) {
                self.changes.push(change(instance, earlier, Some(status)));
            }
        }
        let gone = before.iter().filter(|(instance, _)| !listing.contains_key(*instance));
        self.changes.extend(gone.map(|(instance, status)| change(instance, Some(status), None)));
        *before = listing;
        &self.changes[known..]
    }

    /// All changes.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What a layer shows now. `None`: there is no such layer.
    pub fn listing(&self, node: &str, layer: Layer) -> Option<&Listing> {
        self.shown.get(&(node.to_owned(), layer))
    }

    /// What a layer shows now of an instance.
    pub fn shown(&self, node: &str, layer: Layer, instance: &str) -> Option<&str> {
        self.shown.get(&(node.to_owned(), layer))?.get(instance).map(String::as_str)
    }

    /// What a layer showed of an instance, from a moment on: each state with the time at which it began, the first with
    /// the moment itself.
    pub fn states(&self, node: &str, layer: Layer, instance: &str, from_ms: i64) -> Vec<(i64, Option<&str>)> {
        let mut states: Vec<(i64, Option<&str>)> = vec![(from_ms, None)];
        let of = self.changes.iter().filter(|one| one.node == node && one.layer == layer && one.instance == instance);
        for change in of {
            let state = change.to.as_deref();
            if change.at_ms < from_ms {
                states[0].1 = state;
            } else {
                states.push((change.at_ms, state));
            }
        }
        states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(entries: &[(&str, &str)]) -> Listing {
        entries.iter().map(|(id, status)| ((*id).to_owned(), (*status).to_owned())).collect()
    }

    #[test]
    fn only_what_is_new_is_a_change() {
        let mut timeline = Timeline::default();
        let layer = Layer::Store;
        assert_eq!(timeline.look(0, "r", layer, listing(&[("a", "UP"), ("b", "UP")])).len(), 2);
        assert!(timeline.look(5, "r", layer, listing(&[("a", "UP"), ("b", "UP")])).is_empty());
        let changes = timeline.look(9, "r", layer, listing(&[("a", "DOWN")]));
        assert_eq!(changes.len(), 2);
        assert_eq!((changes[0].from.as_deref(), changes[0].to.as_deref()), (Some("UP"), Some("DOWN")));
        assert_eq!((changes[1].instance.as_str(), changes[1].to.as_deref()), ("b", None));
        assert!(timeline.look(9, "s", layer, listing(&[])).is_empty(), "another node");
        assert_eq!(timeline.shown("r", layer, "a"), Some("DOWN"));
    }

    #[test]
    fn states_begin_with_what_was_there() {
        let mut timeline = Timeline::default();
        for (at_ms, entries) in [(0, vec![("a", "UP")]), (10, vec![]), (20, vec![("a", "DOWN")])] {
            timeline.look(at_ms, "r", Layer::Store, listing(&entries));
        }
        let states = |from_ms| timeline.states("r", Layer::Store, "a", from_ms);
        assert_eq!(states(5), [(5, Some("UP")), (10, None), (20, Some("DOWN"))]);
        assert_eq!(states(10), [(10, Some("UP")), (10, None), (20, Some("DOWN"))]);
        assert_eq!(states(25), [(25, Some("DOWN"))]);
    }
}
