use eurus_service::properties::Sources;

use super::*;

fn read(flags: &[(&str, &str)]) -> Result<RegistryConfig, ConfigError> {
    let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
    RegistryConfig::from_properties(&properties)
}

#[test]
fn nothing_said_is_the_stock() {
    assert_eq!(read(&[]).unwrap(), RegistryConfig::stock());
    assert_eq!(RegistryConfig::stock().validate(), Ok(()));
}

#[test]
fn springs_names_are_read() {
    let config = read(&[
        ("eureka.server.response-cache-update-interval-ms", "1000"),
        ("eureka.server.enable-self-preservation", "false"),
        ("eureka.server.renewal-percent-threshold", "0.5"),
        ("eurus.registry.workers", "1"),
    ])
    .unwrap();
    assert_eq!(config.response_cache_update_interval_ms, 1_000);
    assert_eq!(config.self_preservation, SelfPreservationMode::Off);
    assert!((config.renewal_percent_threshold - 0.5).abs() < f64::EPSILON);
    assert_eq!(config.workers, 1);
}

#[test]
fn self_preservation_is_chosen_by_either_key_and_never_by_two_that_differ() {
    use SelfPreservationMode::{Netflix, Off, PerApp};
    // our key, Spring's switch -> mode; None: start-up fails
    let table = [
        (None, None, Some(Netflix)),
        (None, Some("true"), Some(Netflix)),
        (None, Some("false"), Some(Off)),
        (Some("netflix"), None, Some(Netflix)),
        (Some("per-app"), None, Some(PerApp)),
        (Some("off"), None, Some(Off)),
        (Some("false"), None, Some(Off)),
        (Some("per-app"), Some("true"), Some(PerApp)),
        (Some("off"), Some("false"), Some(Off)),
        (Some("off"), Some("true"), None),
        (Some("per-app"), Some("false"), None),
        (Some("netflix"), Some("false"), None),
    ];
    for (ours, springs, expected) in table {
        let ours = ours.map(|value| (PRESERVATION_KEY, value));
        let springs = springs.map(|value| (ENABLE_PRESERVATION_KEY, value));
        let flags: Vec<_> = ours.into_iter().chain(springs).collect();
        match (read(&flags), expected) {
            (Ok(config), Some(mode)) => assert_eq!(config.self_preservation, mode, "{flags:?}"),
            (Err(error), None) => {
                let error = error.to_string();
                assert!(error.contains(PRESERVATION_KEY) && error.contains(ENABLE_PRESERVATION_KEY), "{error}");
            }
            (read, _) => panic!("{flags:?}: {read:?}"),
        }
    }
    let error = read(&[(PRESERVATION_KEY, "sometimes")]).unwrap_err().to_string();
    assert!(error.contains("'sometimes'") && error.contains("netflix, per-app or off"), "{error}");
}

#[test]
fn rate_limits_have_netflixs_names() {
    let config = read(&[
        ("eureka.server.rate-limiter-enabled", "true"),
        ("eureka.server.rate-limiter-burst-size", "20"),
        ("eureka.server.rate-limiter-registry-fetch-average-rate", "50"),
        ("eureka.server.rateLimiterFullFetchAverageRate", "5"),
        ("eureka.server.rate-limiter-privileged-clients", "one, two"),
        ("eureka.server.rate-limiter-throttle-standard-clients", "true"),
    ]);
    let expected = RateLimits {
        enabled: true,
        burst_size: 20,
        registry_fetch_average_rate: 50,
        full_fetch_average_rate: 5,
        privileged_clients: ["one".to_owned(), "two".to_owned()].into(),
        throttle_standard_clients: true,
    };
    assert_eq!(config.unwrap().rate_limits, expected);
    let error = read(&[("eureka.server.rate-limiter-burst-size", "-1")]).unwrap_err().to_string();
    assert!(error.contains("from 0 to 16777215"), "{error}");
}

#[test]
fn the_lease_duration_is_netflixs_or_exact() {
    assert_eq!(read(&[(LEASE_DURATION_KEY, "exact")]).unwrap().lease_duration, LeaseDuration::Exact);
    assert_eq!(read(&[(LEASE_DURATION_KEY, "netflix")]).unwrap().lease_duration, LeaseDuration::Netflix);
    let error = read(&[(LEASE_DURATION_KEY, "1")]).unwrap_err().to_string();
    assert!(error.contains("netflix or exact"), "{error}");
}

#[test]
fn a_stop_may_take_its_time_or_not() {
    let seconds = |flags: &[(&str, &str)]| read(flags).map(|config| config.shutdown_s);
    assert_eq!(seconds(&[(SHUTDOWN_TIMEOUT_KEY, "1500ms")]).unwrap(), 2);
    assert_eq!(seconds(&[(SHUTDOWN_KEY, "immediate"), (SHUTDOWN_TIMEOUT_KEY, "30s")]).unwrap(), 0);
    assert!(seconds(&[(SHUTDOWN_KEY, "soon")]).unwrap_err().to_string().contains("graceful or immediate"));
    assert!(seconds(&[(SHUTDOWN_TIMEOUT_KEY, "2h")]).unwrap_err().to_string().contains("3600000"));
}

#[test]
fn an_interval_of_zero_is_refused_with_its_name() {
    let mut config = RegistryConfig::stock();
    let keys: Vec<_> = config.durations_mut().iter().map(|(key, ..)| *key).collect();
    for (place, key) in keys.into_iter().enumerate() {
        let error = read(&[(key, "0")]).unwrap_err().to_string();
        assert!(error.contains(key) && error.contains("from 1 to"), "{error}");
        let mut config = RegistryConfig::stock();
        *config.durations_mut()[place].1 = 0;
        assert!(config.validate().unwrap_err().to_string().starts_with(key));
    }
}

#[test]
fn a_threshold_outside_of_zero_to_one_is_refused() {
    for threshold in [-0.1, 1.1, f64::NAN] {
        let config = RegistryConfig { renewal_percent_threshold: threshold, ..RegistryConfig::stock() };
        assert!(config.validate().is_err(), "{threshold}");
    }
}
