//! What the compact form leaves out below the level of fields.

use crate::detail::Detail;

/// Of Amazon's metadata, only what a balancer needs.
const AMAZON_KEYS: [&str; 5] = ["instance-id", "public-ipv4", "public-hostname", "local-ipv4", "availability-zone"];

/// Whether a key of Amazon's metadata is shown.
pub(crate) fn shows_amazon_key(detail: Detail, key: &str) -> bool {
    detail == Detail::Full || AMAZON_KEYS.contains(&key)
}
