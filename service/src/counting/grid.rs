//! One counter for each set of labels.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Labels;

/// What stands at each place of a [`Grid`].
pub trait Cell: Default {
    /// What readers get.
    type Total: Default;
    /// Adds this cell's value to those of other shards.
    fn add_to(&self, total: &mut Self::Total);
}

impl Cell for AtomicU64 {
    type Total = u64;

    fn add_to(&self, total: &mut u64) {
        *total += self.load(Ordering::Relaxed);
    }
}

/// An array with one cell for each set of labels.
#[derive(Debug)]
pub struct Grid<L, C = AtomicU64> {
    cells: Box<[C]>,
    labels: PhantomData<fn(L)>,
}

impl<L: Labels, C: Cell> Default for Grid<L, C> {
    fn default() -> Self {
        Self { cells: (0..L::COUNT).map(|_| C::default()).collect(), labels: PhantomData }
    }
}

impl<L: Labels, C: Cell> Grid<L, C> {
    /// The counter of these labels.
    pub fn cell(&self, labels: L) -> &C {
        &self.cells[labels.place()]
    }
}

impl<L: Labels> Grid<L> {
    /// One more.
    pub fn count(&self, labels: L) {
        self.add(labels, 1);
    }

    /// So many more.
    pub fn add(&self, labels: L, more: u64) {
        self.cell(labels).fetch_add(more, Ordering::Relaxed);
    }
}
