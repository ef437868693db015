//! The lease of an instance, as others see it.

/// The lease as it is shown; the registry's own lease is its store's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseInfo {
    /// How often the client promises to renew, seconds.
    pub renewal_interval_s: i32,
    /// How long the lease lasts without a renewal, seconds.
    pub duration_s: i32,
    /// When the lease was created, epoch milliseconds; 0: not yet.
    pub registration_ms: i64,
    /// When it was last renewed; Eureka shows renewal time + duration (a quirk clients see).
    pub last_renewal_ms: i64,
    /// When it was cancelled, else 0.
    pub eviction_ms: i64,
    /// When the instance was first UP in this registration, else 0.
    pub service_up_ms: i64,
}

impl Default for LeaseInfo {
    fn default() -> Self {
        Self {
            renewal_interval_s: 30,
            duration_s: 90,
            registration_ms: 0,
            last_renewal_ms: 0,
            eviction_ms: 0,
            service_up_ms: 0,
        }
    }
}

impl LeaseInfo {
    /// Eureka takes an interval or a duration of zero or less for none.
    pub(crate) fn with_defaults_for_nonsense(mut self) -> Self {
        let default = Self::default();
        if self.renewal_interval_s <= 0 {
            self.renewal_interval_s = default.renewal_interval_s;
        }
        if self.duration_s <= 0 {
            self.duration_s = default.duration_s;
        }
        self
    }
}
