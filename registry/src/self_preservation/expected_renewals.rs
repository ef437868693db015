//! Netflix's rule: when far fewer heartbeats arrive than expected, the network is the more likely culprit than the
//! instances, and nothing is evicted. It counts heartbeats, not leases.

/// What the threshold is computed from; fixed for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expectation {
    /// Whether Netflix's rule decides.
    pub(crate) enabled: bool,
    /// Share of the expected renewals that must arrive.
    pub(crate) percent_threshold: f64,
    /// How often each client is expected to renew.
    pub(crate) client_interval_s: i64,
}

/// How many clients are expected to renew, and how many renewals a minute that means at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ExpectedRenewals {
    expectation: Expectation,
    expected_clients: i64,
    threshold: i64,
}

/// A server counts itself as the first client, so that it never starts with a threshold of zero (Spring's default).
const EXPECTED_CLIENTS_AT_START: i64 = 1;

impl ExpectedRenewals {
    pub(crate) fn new(expectation: Expectation) -> Self {
        let mut renewals = Self { expectation, expected_clients: 0, threshold: 0 };
        renewals.expect(EXPECTED_CLIENTS_AT_START);
        renewals
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // Counts of clients: far below 2^52.
    fn expect(&mut self, clients: i64) {
        self.expected_clients = clients;
        let renewals_per_minute = clients as f64 * (60.0 / self.expectation.client_interval_s as f64);
        self.threshold = (renewals_per_minute * self.expectation.percent_threshold) as i64;
    }

    /// A new instance came.
    pub(crate) fn joined(&mut self) {
        if self.expected_clients > 0 {
            self.expect(self.expected_clients + 1);
        }
    }

    /// An instance left, by its own call or by eviction: it will not renew any more.
    pub(crate) fn left(&mut self) {
        if self.expected_clients > 0 {
            self.expect(self.expected_clients - 1);
        }
    }

    /// The regular recount. While most clients seem lost the old expectation stands: the recount must not
    /// explain the loss away.
    #[allow(clippy::cast_precision_loss)] // Counts of clients: far below 2^52.
    pub(crate) fn recount(&mut self, instances: i64) {
        let enough = self.expectation.percent_threshold * self.expected_clients as f64;
        if instances as f64 > enough || !self.expectation.enabled {
            self.expect(instances);
        }
    }

    /// Whether leases may end, given the renewals of the last full minute.
    pub(crate) fn leases_expire(&self, renewals_last_minute: u32) -> bool {
        !self.expectation.enabled || (self.threshold > 0 && i64::from(renewals_last_minute) > self.threshold)
    }

    pub(crate) fn expected_clients(&self) -> i64 {
        self.expected_clients
    }

    /// The least number of renewals a minute with which leases may end.
    pub(crate) fn threshold(&self) -> i64 {
        self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(enabled: bool) -> ExpectedRenewals {
        ExpectedRenewals::new(Expectation { enabled, percent_threshold: 0.85, client_interval_s: 30 })
    }

    #[test]
    fn the_threshold_follows_the_number_of_clients() {
        // joined -> threshold: floor((1 + joined) * 2 * 0.85)
        for (joined, threshold) in [(0, 1), (1, 3), (9, 17), (21, 37), (99, 170)] {
            let mut renewals = expected(true);
            (0..joined).for_each(|_| renewals.joined());
            assert_eq!(renewals.threshold(), threshold, "{joined} joined");
            (0..joined).for_each(|_| renewals.left());
            assert_eq!(renewals.threshold(), 1);
        }
    }

    #[test]
    fn the_expectation_never_falls_below_zero_and_stays_there() {
        let mut renewals = expected(true);
        renewals.left();
        renewals.left();
        assert_eq!(renewals.threshold(), 0);
        renewals.joined();
        assert_eq!(renewals.threshold(), 0, "as in Eureka: from zero only the recount leads back");
        renewals.recount(10);
        assert_eq!(renewals.threshold(), 17);
    }

    #[test]
    fn leases_end_only_above_the_threshold() {
        let mut on = expected(true);
        (0..9).for_each(|_| on.joined());
        for (renewals, expire) in [(0, false), (17, false), (18, true)] {
            assert_eq!(on.leases_expire(renewals), expire, "{renewals} renewals");
        }
        assert!(expected(false).leases_expire(0));
        on.recount(0);
        assert!(!on.leases_expire(17), "a recount that finds most clients gone changes nothing");
    }

    #[test]
    fn a_recount_needs_most_clients_present() {
        // enabled, counted of 10 -> threshold
        for (enabled, counted, threshold) in [(true, 8, 17), (true, 9, 15), (true, 20, 34), (false, 2, 3)] {
            let mut renewals = expected(enabled);
            (0..9).for_each(|_| renewals.joined());
            renewals.recount(counted);
            assert_eq!(renewals.threshold(), threshold, "{enabled} {counted}");
        }
    }
}
