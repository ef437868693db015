//! Many path patterns as one tree, segment by segment: what a lookup costs depends on the path, and on how many patterns fit
//! it, not on how many there are.

use std::collections::HashMap;

use super::path;
use super::path_pattern::PathPattern;
use super::segment::{Segment, Shape};

/// The place of a route: the smaller goes first.
pub(super) type Rank = u32;

/// See the module.
#[derive(Debug)]
pub(super) struct PathTree {
    literals: HashMap<Box<[u8]>, PathTree>,
    any: Option<Box<PathTree>>,
    /// Looked at one after the other.
    shaped: Vec<(Shape, PathTree)>,
    /// Routes whose pattern ends here; and those that take whatever follows. In the order of their ranks.
    ends: Vec<Rank>,
    rests: Vec<Rank>,
    /// Of all that is in it.
    least: Rank,
}

/// Not derived: nothing in it has the last of all ranks.
impl Default for PathTree {
    fn default() -> Self {
        Self {
            literals: HashMap::new(),
            any: None,
            shaped: Vec::new(),
            ends: Vec::new(),
            rests: Vec::new(),
            least: Rank::MAX,
        }
    }
}

impl PathTree {
    /// Of a route without a pattern.
    pub(super) fn add_any(&mut self, rank: Rank) {
        self.least = self.least.min(rank);
        self.rests.push(rank);
    }

    /// Ranks are added in their order.
    pub(super) fn add(&mut self, pattern: &PathPattern, rank: Rank) {
        self.put(&pattern.segments, pattern.rest.is_some(), rank);
        if pattern.takes_slash {
            let mut longer = pattern.segments.clone();
            longer.push(Segment::Literal(Box::default()));
            self.put(&longer, false, rank);
        }
    }

    fn put(&mut self, segments: &[Segment], takes_rest: bool, rank: Rank) {
        self.least = self.least.min(rank);
        let Some((first, others)) = segments.split_first() else {
            let list = if takes_rest { &mut self.rests } else { &mut self.ends };
            // Two patterns of one route may be the same.
            if list.last() != Some(&rank) {
                list.push(rank);
            }
            return;
        };
        let next = match first {
            Segment::Literal(literal) => self.literals.entry(literal.clone()).or_default(),
            Segment::Any(_) => self.any.get_or_insert_default(),
            Segment::Shaped(shape) => {
                let place = self.shaped.iter().position(|(known, _)| known.text == shape.text);
                let place = place.unwrap_or_else(|| {
                    self.shaped.push((shape.clone(), Self::default()));
                    self.shaped.len() - 1
                });
                &mut self.shaped[place].1
            }
        };
        next.put(others, takes_rest, rank);
    }

    /// The first route that fits this path and is taken, if it goes before `best`.
    pub(super) fn find(&self, path: &str, best: &mut Rank, is_taken: &dyn Fn(Rank) -> bool) {
        self.walk(Some(path.strip_prefix('/').unwrap_or(path)), best, is_taken);
    }

    /// `left`: the segments behind this place; `None`: there are none.
    fn walk(&self, left: Option<&str>, best: &mut Rank, is_taken: &dyn Fn(Rank) -> bool) {
        if self.least >= *best {
            return;
        }
        first(&self.rests, best, is_taken);
        let Some(left) = left else { return first(&self.ends, best, is_taken) };
        let (segment, behind) = match left.split_once('/') {
            Some((segment, behind)) => (segment, Some(behind)),
            None => (left, None),
        };
        let value = path::value(segment);
        if let Some(next) = self.literals.get(&*value) {
            next.walk(behind, best, is_taken);
        }
        if let Some(next) = self.any.as_ref().filter(|_| !value.is_empty()) {
            next.walk(behind, best, is_taken);
        }
        for (shape, next) in &self.shaped {
            if next.least < *best && shape.fits(&value) {
                next.walk(behind, best, is_taken);
            }
        }
    }
}

fn first(ranks: &[Rank], best: &mut Rank, is_taken: &dyn Fn(Rank) -> bool) {
    if let Some(rank) = ranks.iter().take_while(|rank| **rank < *best).find(|rank| is_taken(**rank)) {
        *best = *rank;
    }
}
