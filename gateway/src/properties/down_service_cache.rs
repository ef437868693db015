//! `eurus.gateway.down-service-cache.*`: how long marks live, and how many.

use eurus_service::properties::{ConfigError, Properties};

use crate::down_service_cache::{DownServiceCacheConfig, MarkLife};

pub(super) fn down_service_cache(
    properties: &Properties,
    stock: &DownServiceCacheConfig,
) -> Result<DownServiceCacheConfig, ConfigError> {
    const DAY_MS: i64 = 86_400_000;
    const MODE: &str = "eurus.gateway.down-service-cache.mode";
    let life = match properties.string(MODE).as_deref() {
        None => stock.life,
        Some("until-confirmed") => MarkLife::UntilConfirmed,
        Some("plain") => MarkLife::Plain,
        Some(_) => return Err(properties.invalid(MODE, "until-confirmed or plain")),
    };
    let number = |key: &str, default, allowed| properties.number(key, default, allowed);
    let window_ms = number("eurus.gateway.down-service-cache.window-ms", stock.window_ms, 0..=DAY_MS)?;
    // A window set longer than the stock bound takes the bound along, unless that is set too.
    let bound_default = stock.bound_ms.max(window_ms);
    Ok(DownServiceCacheConfig {
        window_ms,
        life,
        bound_ms: number("eurus.gateway.down-service-cache.bound-ms", bound_default, window_ms..=DAY_MS)?,
        marks_max: properties.number("eurus.gateway.down-service-cache.marks-max", stock.marks_max, 1..=10_000_000)?,
        numbers_max: properties.number(
            "eurus.gateway.down-service-cache.numbers-max",
            stock.numbers_max,
            1..=10_000_000,
        )?,
        numbers_kept_ms: number(
            "eurus.gateway.down-service-cache.numbers-kept-ms",
            stock.numbers_kept_ms,
            1_000..=30 * DAY_MS,
        )?,
    })
}
