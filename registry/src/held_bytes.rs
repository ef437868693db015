//! How many bytes of registrations are held, counted by their coming and going.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The sum over everything that a [`Weight`] exists for.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldBytes(Arc<AtomicU64>);

/// The part of one state of one instance. It counts for as long as somebody holds that state: in the list of instances
/// or in the delta queue.
#[derive(Debug)]
pub(crate) struct Weight {
    bytes: u64,
    sum: HeldBytes,
}

impl HeldBytes {
    pub(crate) fn weigh(&self, bytes: u64) -> Weight {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Weight { bytes, sum: self.clone() }
    }

    pub(crate) fn sum(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Weight {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.sum.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_is_counted_no_longer() {
        let held = HeldBytes::default();
        let (one, two) = (held.weigh(3), held.weigh(4));
        assert_eq!((held.sum(), one.bytes(), two.bytes()), (7, 3, 4));
        drop(one);
        assert_eq!(held.sum(), 4);
    }
}
