//! A route's own time-outs and limits, in its metadata.

use eurus_service::properties::{ConfigError, ItemSetting, Properties};

use super::DAY_MS;
use crate::terms::OwnTerms;

/// Takes one entry of the metadata. Others are a user's own.
pub(super) fn take(properties: &Properties, setting: &ItemSetting, terms: &mut OwnTerms) -> Result<(), ConfigError> {
    let ms = || properties.duration_ms(&setting.key, 0, 1..=DAY_MS).map(Some);
    // Spring's way to switch its own off.
    let is_off = setting.value.starts_with('-');
    match setting.uniform_name().as_str() {
        "metadata.connecttimeout" => terms.connect_timeout_ms = ms()?,
        "metadata.responsetimeout" if is_off => terms.response_timeout_ms = Some(DAY_MS),
        "metadata.responsetimeout" => terms.response_timeout_ms = ms()?,
        "metadata.wholetimeout" if is_off => terms.whole_timeout_ms = None,
        "metadata.wholetimeout" => terms.whole_timeout_ms = ms()?,
        "metadata.idletimeout" if is_off => terms.idle_timeout_ms = Some(DAY_MS),
        "metadata.idletimeout" => terms.idle_timeout_ms = ms()?,
        "metadata.triesmax" => terms.tries_max = Some(properties.number(&setting.key, 0, 1..=100)?),
        "metadata.bodybytesmax" => {
            let allowed = "bytes such as 1048576 or 1MB; 0: any number";
            let none = (setting.value == "0").then_some(0);
            terms.body_bytes_max =
                Some(none.or_else(|| bytes(&setting.value)).ok_or_else(|| setting.invalid(allowed))?);
        }
        _ => log::warn!(
            "{} has no effect: the gateway reads connect-timeout, response-timeout, whole-timeout, idle-timeout, tries-max and \
             body-bytes-max of a route's metadata",
            setting.key.escape_debug()
        ),
    }
    Ok(())
}

/// Spring's `DataSize`: `5MB`, `1024`. At least one byte.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit: u64 = match text[end..].trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    text[..end].parse::<u64>().ok()?.checked_mul(unit).filter(|bytes| *bytes > 0)
}
